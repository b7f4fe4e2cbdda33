package import Autonomous
import FileAccess
package import Orchestration

/// A comparison of the tasks' directories with their prompts and the journal, before a leg begins.
///
/// The directory is the truth about the work. Whatever the journal says, the review finds a checklist that
/// was written for another prompt, or that is no longer what its task ended with. A complete task with an
/// untouched directory costs three `lstat`s.
package struct DirectoryReview: Sendable {
    /// The ways to treat checklists that were written for other prompts.
    package enum Policy: Hashable, Sendable {
        /// The leg does not begin.
        case refuse
        /// The leg continues the checklists under the new prompts, and records those.
        case keepLists
        /// The leg continues the checklists, and directories keep their prompts, as in the original system.
        case ignore
    }

    /// A prompt to record in a task's directory.
    struct MissingPrompt: Hashable, Sendable {
        var text: String
        /// True if the prompt is recorded even beside a complete checklist.
        var isOwnList: Bool
    }

    /// Tasks whose checklists were written for other prompts, in the plan's order.
    package private(set) var otherPrompts: [String] = []
    /// Ended tasks that must be opened again, in the plan's order: the checklist changed, is kept under
    /// another prompt, or is complete although its task failed.
    package private(set) var changed: [String] = []
    /// Tasks that begin anew, in the plan's order: by request, or since their directories were deleted.
    package private(set) var anew: [String] = []
    /// The reasons why tasks' directories can't be read, or can't be archived.
    package private(set) var unreadable: [String] = []
    /// The prompts to record once the directories are open, by task.
    private(set) var prompts: [String: MissingPrompt] = [:]

    /// The review of the tasks that the leg leaves out.
    package let leftOut: LeftOutReview
    /// The number of reviewed tasks, without those that the leg leaves out.
    package let count: Int
    /// The workspace of the directories.
    package let workspace: Workspace
    /// The treatment of checklists that were written for other prompts.
    package let policy: Policy

    /// Reviews the directories of the tasks that a leg selects, and of those that it leaves out.
    ///
    /// `prompts` returns each task's prompt; without one, or with an empty one, the prompt is not compared.
    /// `state` is the fold of the run's journal so far, and `redo` names the tasks to begin anew.
    package init(
        of tasks: [TaskPlan],
        leavingOut others: [TaskPlan] = [],
        prompts: @Sendable (String) -> String?,
        in workspace: Workspace,
        state: RunState,
        redo: Set<String> = [],
        policy: Policy = .refuse
    ) {
        (self.workspace, self.policy, count) = (workspace, policy, tasks.count)
        leftOut = LeftOutReview(of: others, prompts: prompts, in: workspace, state: state)
        let findings = tasks.mapSideBySide { task in
            Finding(
                (try? TaskName(given: task.name)).map(workspace.taskDirectory),
                prompt: prompts(task.name) ?? "",
                state.known(task.name),
                isRedone: redo.contains(task.name),
                isChecked: task.check != nil,
                policy
            )
        }
        for (task, finding) in zip(tasks, findings) { take(finding, of: task.name) }
        guard !anew.isEmpty else { return }
        do throws(FileError) {
            _ = try workspace.directories.state("archive")
        } catch {
            unreadable.append(
                "earlier work can't be put away for \(anew[0]) to begin anew: \(error)"
            )
        }
    }

    private mutating func take(_ finding: Finding, of task: String) {
        if finding.hasOtherPrompt { otherPrompts.append(task) }
        if finding.isChanged { changed.append(task) }
        if finding.beginsAnew { anew.append(task) }
        if let words = finding.unreadable { unreadable.append(words) }
        if let prompt = finding.prompt { prompts[task] = prompt }
    }

    /// Returns the stamp of a complete task's checklist and prompt, as in `TaskEnded`.
    static func stamp(_ list: String, prompt: String) -> String {
        "\(list) \(Fingerprint(prompt).text)"
    }

    /// Returns this stamp for a directory as it is now; `nil` if there is no list, or it has no stamp.
    static func stamp(of directory: TaskDirectory, prompt: String) -> String? {
        directory.listStamp().map { stamp($0, prompt: prompt) }
    }
}

/// The findings for one task's directory.
private struct Finding: Sendable {
    private(set) var hasOtherPrompt = false
    private(set) var isChanged = false
    private(set) var beginsAnew = false
    private(set) var unreadable: String?
    private(set) var prompt: DirectoryReview.MissingPrompt?

    init(
        _ directory: TaskDirectory?,
        prompt: String,
        _ known: TaskState?,
        isRedone: Bool,
        isChecked: Bool,
        _ policy: DirectoryReview.Policy
    ) {
        // Invalid names are refused when the directories are opened.
        guard let directory else { return }
        if isRedone {
            beginsAnew = true
            record(prompt, isOwnList: true)
        } else {
            review(directory, prompt, known, isChecked: isChecked, policy)
        }
    }

    private mutating func review(
        _ directory: TaskDirectory,
        _ prompt: String,
        _ known: TaskState?,
        isChecked: Bool,
        _ policy: DirectoryReview.Policy
    ) {
        let isComplete = known?.outcome == .complete
        if isComplete, let stamp = known?.list,
            stamp == DirectoryReview.stamp(of: directory, prompt: prompt)
        {
            return
        }
        directory.hold()
        defer { directory.letGo() }
        let exists: Bool
        do throws(FileError) {
            exists = try directory.exists()
        } catch {
            // The leg reports the error when it opens the directory: only this task fails.
            isChanged = isComplete
            return
        }
        let wasThere = known.map { $0.sessions > 0 || $0.checklist != .missing } ?? false
        if !exists, wasThere || directory.hasCopy {
            beginsAnew = true
            return record(prompt, isOwnList: true)
        }
        if !prompt.isEmpty { compare(prompt, directory, policy) }
        if isComplete, directory.checklistAsItLies().progress?.isComplete != true {
            isChanged = true
        }
        // A list that was damaged for a moment, or that a person has completed.
        if let known, let outcome = known.outcome, outcome.isFailure,
            outcome.isRefutedByCompleteList(after: known.checklist.progress),
            directory.checklistAsItLies().progress?.isComplete == true
        {
            isChanged = true
        }
        // Entries that were added by hand may be ticked, too, but no check has seen them.
        if isComplete, isChecked, !directory.isAsKept() { isChanged = true }
        // The task's directory must be opened, so that it gets the new prompt.
        if isComplete, hasOtherPrompt, policy == .keepLists { isChanged = true }
    }

    private mutating func compare(
        _ prompt: String,
        _ directory: TaskDirectory,
        _ policy: DirectoryReview.Policy
    ) {
        do throws(FileError) {
            switch try directory.match(prompt: prompt) {
            case .same: break
            case .absent: record(prompt, isOwnList: false)
            case .other where try !directory.hasList():
                record(prompt, isOwnList: true)
            case .other:
                hasOtherPrompt = true
                if policy == .keepLists { record(prompt, isOwnList: true) }
            }
        } catch {
            unreadable = "\(error)"
        }
    }

    private mutating func record(_ prompt: String, isOwnList: Bool) {
        guard !prompt.isEmpty else { return }
        self.prompt = DirectoryReview.MissingPrompt(text: prompt, isOwnList: isOwnList)
    }
}
