import Autonomous
import FileAccess
package import Orchestration

/// The directories of the tasks that a leg leaves out, held against the journal.
///
/// The leg opens none of them and does nothing for them, but what it tells of them is so.
package struct LeftOutReview: Sendable {
    /// The lists that are not as the journal has them, in the plan's order.
    package private(set) var facts: [TaskInspected] = []
    /// The complete tasks among them with work left, in the plan's order.
    package private(set) var reopened: [String] = []

    /// Looks at the tasks' directories; `state` is the fold of the journal so far.
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
        reopened = facts.map(\.task).filter { state.known($0)?.outcome == .complete }
    }

    /// The task's list where it is not as the journal has it; `nil` where it is, and where it tells
    /// nothing: it is not there, was written for another prompt, or its task ended without it.
    private static func fact(
        of directory: TaskDirectory,
        prompt: String,
        _ known: TaskState?
    ) -> TaskInspected? {
        guard [nil, .complete].contains(known?.outcome), let list = directory.listStamp() else {
            return nil
        }
        let stamp = DirectoryReview.stamp(list, prompt: prompt)
        let isComplete = known?.outcome == .complete
        if isComplete, known?.list == stamp { return nil }
        directory.hold()
        defer { directory.letGo() }
        if !prompt.isEmpty {
            guard let match = try? directory.match(prompt: prompt), match != .other else {
                return nil
            }
        }
        let found = directory.checklistAsItLies()
        // A list that is being written may be anything.
        if !isComplete, found.progress == nil { return nil }
        let isDone = found.progress?.isComplete == true
        guard isComplete ? !isDone : found != known?.checklist ?? .missing else { return nil }
        return TaskInspected(
            task: directory.name.description,
            checklist: found,
            thread: known?.thread,
            list: isDone ? stamp : nil
        )
    }
}
