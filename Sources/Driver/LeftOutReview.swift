import Autonomous
import FileAccess
package import Orchestration

/// A comparison with the journal of the directories of tasks that a leg leaves out.
///
/// The leg neither opens them nor works in them, but reports of these tasks must still be true.
package struct LeftOutReview: Sendable {
    /// The checklists that differ from the journal, in the plan's order.
    package private(set) var facts: [TaskInspected] = []
    /// The tasks among them that ended otherwise than their checklists say, in the plan's order.
    package private(set) var reopened: [String] = []

    /// Reviews the tasks' directories; `state` is the fold of the journal so far.
    init(
        of tasks: [TaskPlan],
        prompts: @Sendable (String) -> String?,
        in workspace: Workspace,
        state: RunState
    ) {
        facts = tasks.mapSideBySide { task -> TaskInspected? in
            guard let name = try? TaskName(given: task.name) else { return nil }
            return Self.fact(
                of: workspace.taskDirectory(name),
                prompt: prompts(task.name) ?? "",
                state.known(task.name)
            )
        }.compactMap(\.self)
        reopened = facts.map(\.task).filter { state.known($0)?.outcome != nil }
    }

    /// Returns the task's checklist if it differs from the journal; `nil` also if the checklist is no
    /// evidence: missing though it was never here or its task is open, written for another prompt, or not
    /// complete, of a task that ended otherwise.
    private static func fact(
        of directory: TaskDirectory,
        prompt: String,
        _ known: TaskState?
    ) -> TaskInspected? {
        let (outcome, recorded) = (known?.outcome, known?.checklist ?? .missing)
        let isComplete = outcome == .complete
        // Without a complete list, a task that ended otherwise stays ended.
        let mustBeDone = outcome != nil && !isComplete
        if mustBeDone, outcome?.isRefutedByCompleteList(after: recorded.progress) != true {
            return nil
        }
        let stamp = DirectoryReview.stamp(of: directory, prompt: prompt)
        // A complete task that has no list any more, or no plain file in its place, is not complete.
        guard isComplete || stamp != nil else { return nil }
        if isComplete, stamp != nil, known?.list == stamp { return nil }
        directory.hold()
        defer { directory.letGo() }
        if stamp != nil, !prompt.isEmpty {
            guard let match = try? directory.match(prompt: prompt), match != .other else {
                return nil
            }
        }
        let found = directory.checklistAsItLies()
        // On a machine that only has the database the list never was.
        if found == .missing, !directory.hasCopy { return nil }
        // A damaged list of an open task may be half written.
        if !isComplete, found.progress == nil { return nil }
        let isDone = found.progress?.isComplete == true
        let isNews = isComplete ? !isDone : mustBeDone ? isDone : found != recorded
        guard isNews else { return nil }
        return TaskInspected(
            task: directory.name.description,
            checklist: found,
            thread: known?.thread,
            list: isDone ? stamp : nil
        )
    }
}
