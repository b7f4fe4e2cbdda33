package import Autonomous
package import Orchestration
package import RunStore

/// The way in which a task's directory is not as the journal left it.
///
/// The directory is the truth about the work. A command that only looks tells what the next leg will
/// find, so that `list`, `status`, `explain` and `run` agree.
package struct DirectoryNews {
    /// The progress of the list as it lies; `nil` where there is none in order.
    package let progress: Progress?
    /// The reason why a task that the journal calls complete is not; `nil` where it is.
    package let reopening: String?
    /// What the next leg will find such a task to be: damaged, or, as `nil`, open.
    package let outcome: Outcome?

    /// Looks at a task's directory.
    ///
    /// - Returns: `nil` where it tells nothing new: the list is as recorded, or no task lies in the
    ///   workspace, as on a machine that only has the database.
    package init?(
        _ task: String,
        outcome: Outcome?,
        progress recorded: Progress?,
        in workspace: Workspace
    ) {
        guard let name = try? TaskName(given: task), workspace.hasTasks else { return nil }
        let directory = workspace.taskDirectory(name)
        let list = directory.checklistAsItLies()
        progress = list.progress
        guard progress != recorded else { return nil }
        guard outcome == .complete, progress?.isComplete != true else {
            // One that is missing or damaged now: a leg that goes on with the task says so.
            guard progress != nil else { return nil }
            (reopening, self.outcome) = (nil, outcome)
            return
        }
        if case .damaged = list { self.outcome = .damaged } else { self.outcome = nil }
        switch list {
        case .good:
            reopening = "its list was changed after it was complete; the next run goes on with it"
        case .damaged(let words): reopening = words
        case .missing:
            reopening =
                (try? directory.exists()) ?? true
                ? "its list was deleted after it was complete"
                : "its directory was deleted; the next run begins it anew"
        }
    }
}

extension TaskRow {
    /// The row as the task's directory has it.
    package func asLies(in workspace: Workspace) -> TaskRow {
        let recorded = total.map { Progress(ticked: ticked ?? 0, total: $0) }
        let outcome = self.outcome.flatMap(Outcome.init)
        guard
            let news = DirectoryNews(name, outcome: outcome, progress: recorded, in: workspace)
        else { return self }
        var row = self
        (row.ticked, row.total) = (news.progress?.ticked, news.progress?.total)
        if let words = news.reopening {
            (row.outcome, row.reason) = (news.outcome?.rawValue, words)
        }
        return row
    }
}
