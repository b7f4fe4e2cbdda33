package import Autonomous
package import Orchestration
package import RunStore

/// The difference between a task's directory and the journal.
///
/// The directory is the truth about the work. A command that only reads reports what the next leg will find,
/// so that `list`, `status`, `explain` and `run` agree.
package struct DirectoryNews {
    /// The progress of the checklist on disk; `nil` if it is missing or damaged.
    package let progress: Progress?
    /// The reason why a task has not ended as the journal says, or why one that asks a person goes on;
    /// `nil` otherwise.
    ///
    /// Agents' words may be in it.
    package let reopening: String?
    /// The outcome that the next leg will find for such a task: damaged, failed for an unusable
    /// directory, or `nil` for open.
    package let outcome: Outcome?

    /// The reason why a task that asks a person goes on.
    package static let answered =
        "its question is answered or withdrawn; the next run goes on with it"

    /// Compares a task's directory with the record.
    ///
    /// `stamp` is that of the file in which the recorded progress was found, `nil` if unknown: an
    /// unchanged file is not read.
    ///
    /// - Returns: `nil` if there is no difference, or if the workspace has no tasks, as on a machine that
    ///   only has the database.
    package init?(
        _ task: String,
        outcome: Outcome?,
        progress recorded: Progress?,
        stamp: String? = nil,
        in workspace: Workspace
    ) {
        guard let name = try? TaskName(given: task), workspace.hasTasks else { return nil }
        let directory = workspace.taskDirectory(name)
        if outcome == .needsYou, directory.isAnswered {
            (progress, reopening, self.outcome) = (recorded, Self.answered, nil)
            return
        }
        // A directory that could not be used may be back as it was.
        let mayBeBack =
            recorded?.isComplete == true
            && outcome?.isRefutedByCompleteList(after: recorded) == true
        if !mayBeBack, let stamp, recorded != nil, directory.isListUnchanged(since: stamp) {
            return nil
        }
        let list = directory.checklistAsItLies()
        progress = list.progress
        guard mayBeBack || progress != recorded else { return nil }
        let isComplete = progress?.isComplete == true
        if isComplete, outcome?.isRefutedByCompleteList(after: recorded) == true {
            (reopening, self.outcome) = (
                "its list is complete now; the next run takes it as it is", nil
            )
            return
        }
        guard outcome == .complete, !isComplete else {
            // The checklist is missing or damaged: a leg that continues the task reports it.
            guard progress != nil, progress != recorded else { return nil }
            (reopening, self.outcome) = (nil, outcome)
            return
        }
        (reopening, self.outcome) = Self.loss(of: list, in: directory)
    }

    /// Returns the reason why a task is no longer complete, and its outcome.
    private static func loss(
        of list: ChecklistState,
        in directory: TaskDirectory
    ) -> (String, Outcome?) {
        let exists = try? directory.exists()
        return switch list {
        case .good:
            ("its list was changed after it was complete; the next run goes on with it", nil)
        case .damaged(let words): (words, exists == nil ? .failed : .damaged)
        case .missing:
            exists ?? true
                ? ("its list was deleted after it was complete", nil)
                : ("its directory was deleted; the next run begins it anew", nil)
        }
    }
}

extension TaskDirectory {
    /// True if the directory is there, and no question in it waits for an answer.
    fileprivate var isAnswered: Bool {
        do {
            return try exists() && question() == nil
        } catch {
            return false
        }
    }
}

extension TaskRecord {
    /// Returns the record, updated from the task's directory.
    package func asLies(in workspace: Workspace) -> TaskRecord {
        let news = DirectoryNews(
            name,
            outcome: outcome,
            progress: progress,
            stamp: stamp,
            in: workspace
        )
        guard let news else { return self }
        var task = self
        task.progress = news.progress
        if let words = news.reopening { (task.outcome, task.reason) = (news.outcome, words) }
        return task
    }
}

extension StoreReader {
    /// Returns the checklists as the runs last read them.
    package func knownLists() throws(StoreError) -> KnownLists {
        var known = KnownLists()
        for list in try seenLists() { known.add(list.task, stamp: list.stamp, list.progress) }
        return known
    }
}
