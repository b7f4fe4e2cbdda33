import Application
import Autonomous
import Manifest
import Orchestration
import Reporting

/// The prompts that a task's sessions would get, word for word: the manifest's within the templates.
struct PlannedPrompts {
    /// The prompt of the session that writes the checklist.
    let initializer: String
    /// The prompt of those that carry it out; how far the checklist has come is told where there is one.
    let executor: String

    /// Makes the prompts of a task in a workspace.
    init(_ task: Manifest.Task, _ templates: PromptTemplates, in workspace: Workspace) {
        let directory = (try? TaskName(given: task.plan.name)).map(workspace.taskDirectory)
        func prompt(_ role: Role) -> String {
            templates.prompt(
                for: SessionBrief(
                    role: role,
                    description: task.prompt,
                    name: task.plan.name,
                    directory: directory?.path ?? "",
                    progress: directory?.checklistAsItLies().progress
                )
            )
        }
        (initializer, executor) = (prompt(.initializer), prompt(.executor))
    }
}
