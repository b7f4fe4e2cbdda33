package import Autonomous
package import Manifest
package import Orchestration

/// A manifest's tasks, sorted by what a run would do with them.
package struct PlannedTasks {
    /// The tasks that would run.
    package private(set) var left: [TaskPlan] = []
    /// The number of complete tasks.
    package private(set) var complete = 0
    /// The number of tasks that failed, stalled or were damaged, and continue only with --retry-failed.
    package private(set) var failed = 0

    /// Sorts a manifest's tasks; `redone` names the tasks that begin anew.
    ///
    /// A task's checklist tells if the task is complete; where there never was one, as on another machine,
    /// the history does. A task that the run gave up stays ended, unless its list is complete now.
    package init(
        _ manifest: Manifest,
        _ history: ManifestHistory,
        in workspace: Workspace,
        redone: Set<String>
    ) {
        let plans = manifest.tasks.map(\.plan)
        let lists = history.lists
        let areComplete = plans.mapSideBySide { plan in
            Self.isComplete(plan.name, lists, in: workspace)
        }
        for (plan, isComplete) in zip(plans, areComplete) {
            let name = plan.name
            if redone.contains(name) {
                left.append(plan)
            } else if let record = history.failed[name], Self.isThere(name, in: workspace),
                !Self.isRefuted(record, isComplete: isComplete == true)
            {
                failed += 1
            } else if isComplete ?? (history.sizes[name] != nil) {
                complete += 1
            } else {
                left.append(plan)
            }
        }
    }

    private static func isRefuted(_ record: TaskRecord, isComplete: Bool) -> Bool {
        isComplete && record.outcome?.isRefutedByCompleteList(after: record.progress) == true
    }

    /// Returns true if a task's list is complete; `nil` where there never was one.
    private static func isComplete(
        _ task: String,
        _ lists: KnownLists,
        in workspace: Workspace
    ) -> Bool? {
        guard let directory = directory(of: task, in: workspace) else { return nil }
        return switch directory.checklistAsItLies(knowing: lists) {
        case .good(let progress): progress.isComplete
        case .damaged: false
        // The accepted copy of a list tells that it was here, and was deleted.
        case .missing: directory.hasCopy ? false : nil
        }
    }

    private static func directory(of task: String, in workspace: Workspace) -> TaskDirectory? {
        (try? TaskName(given: task)).map(workspace.taskDirectory)
    }

    /// Returns true if a task's directory exists, or if that can't be determined.
    private static func isThere(_ task: String, in workspace: Workspace) -> Bool {
        guard let directory = directory(of: task, in: workspace) else { return false }
        return (try? directory.exists()) ?? true
    }

    /// Words for the tasks that are not in the estimate; `nil` for none.
    package var words: String? {
        var parts: [String] = []
        if complete > 0 {
            let tasks = Format.count(complete, "task")
            parts.append("\(tasks) \(Format.word(for: complete, "is", "are")) complete")
        }
        if failed > 0 {
            let tasks = Format.count(failed, "task")
            parts.append(
                "\(tasks) failed, stalled or \(Format.word(for: failed, "was", "were")) damaged before, "
                    + "and would go on with --retry-failed alone"
            )
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
