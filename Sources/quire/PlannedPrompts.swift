import Application
import Autonomous
import Manifest
import Orchestration
import Reporting

/// The prompts of a task's sessions, word for word but for secrets: the manifest's prompt within the templates.
struct PlannedPrompts {
    /// The prompt of the session that writes the checklist.
    let initializer: String
    /// The prompt of the sessions that work on the checklist; includes its progress if there is one.
    let executor: String

    /// Makes the prompts of a task in a workspace.
    init(
        _ task: Manifest.Task,
        _ templates: PromptTemplates,
        _ company: Company,
        in workspace: Workspace
    ) {
        let directory = (try? TaskName(given: task.plan.name)).map(workspace.taskDirectory)
        func prompt(_ role: Role) -> String {
            let prompt = templates.prompt(
                for: SessionBrief(
                    role: role,
                    description: task.prompt,
                    name: task.plan.name,
                    directory: directory?.path ?? "",
                    progress: directory?.checklistAsItLies().progress,
                    company: company
                )
            )
            return Terminal.redactor.redact(prompt)
        }
        (initializer, executor) = (prompt(.initializer), prompt(.executor))
    }
}
