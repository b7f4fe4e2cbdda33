package import Autonomous
import FileAccess
package import Orchestration

/// The tasks' directories held against their prompts and the journal, before a leg begins.
///
/// The directory is the truth about the work: a list that was written for another prompt, or is not
/// as it was when its task was found complete, is seen here, whatever the journal says. A task that
/// the journal calls complete and whose directory nobody touched costs two `lstat`s.
package struct DirectoryReview: Sendable {
    /// What a leg does about lists that were written for other prompts.
    package enum Policy: Hashable, Sendable {
        /// It does not begin.
        case refuse
        /// It goes on with the lists, under the new prompts, which are recorded.
        case keepLists
        /// It goes on with the lists, and the directory keeps its prompt: the original system's way.
        case ignore
    }

    /// A prompt that a directory lacks.
    struct MissingPrompt: Hashable, Sendable {
        var text: String
        /// Whether it is recorded beside a list that is complete, too.
        var isOwnList: Bool
    }

    /// Tasks whose lists were written for other prompts, in the plan's order.
    package private(set) var otherPrompts: [String] = []
    /// Complete tasks whose lists are not as they were, or are kept under other prompts, in the plan's
    /// order.
    package private(set) var changed: [String] = []
    /// Tasks that begin anew, in the plan's order: those that were asked for, and those whose
    /// directories are gone.
    package private(set) var anew: [String] = []
    /// Why tasks' directories can't be looked at, or put away.
    package private(set) var unreadable: [String] = []
    /// The prompts that are to be recorded when the directories are open, by task.
    private(set) var prompts: [String: MissingPrompt] = [:]

    /// What there is to tell of the tasks that the leg leaves out.
    package let leftOut: LeftOutReview
    /// How many tasks were looked at, those aside that are left out.
    package let count: Int
    /// Where the directories lie.
    package let workspace: Workspace
    /// What the leg does about other prompts.
    package let policy: Policy

    /// Looks at the directories of the tasks that a leg selects, and of those that it leaves out.
    ///
    /// `prompts` holds each task's prompt; a task without one, or with an empty one, is taken as it
    /// is. `state` is the fold of the run's journal so far, `redo` names the tasks that begin anew
    /// at the user's word.
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

    /// The stamp of a complete task's list and prompt, as in `TaskEnded`.
    static func stamp(_ list: String, prompt: String) -> String {
        "\(list) \(Fingerprint(prompt).text)"
    }
}

/// What was found of one task's directory.
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
        _ policy: DirectoryReview.Policy
    ) {
        // Other names are refused when the directories are opened.
        guard let directory else { return }
        if isRedone {
            beginsAnew = true
            record(prompt, isOwnList: true)
        } else {
            review(directory, prompt, known, policy)
        }
    }

    private mutating func review(
        _ directory: TaskDirectory,
        _ prompt: String,
        _ known: TaskState?,
        _ policy: DirectoryReview.Policy
    ) {
        let isComplete = known?.outcome == .complete
        if isComplete, let stamp = known?.list, let list = directory.listStamp(),
            stamp == DirectoryReview.stamp(list, prompt: prompt)
        {
            return
        }
        directory.hold()
        defer { directory.letGo() }
        let exists: Bool
        do throws(FileError) {
            exists = try directory.exists()
        } catch {
            // What is wrong with it is told when the leg opens it: its task alone fails.
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
        // So that its directory is opened, and has the new prompt from now on.
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
