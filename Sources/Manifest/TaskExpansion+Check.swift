import Orchestration
import Yams

// The checks and hooks of tasks.
extension TaskExpansion {
    /// Makes the check of a task; `nil` for none.
    func check(
        of task: Manifest.Task,
        _ own: [String: Node],
        _ texts: CheckTexts?,
        _ values: Template.Values
    ) -> CheckCommand? {
        let checksBase = reader.checksBase(
            own["verify_base"],
            defaults["verify_base"],
            hasTree: task.tree != nil
        )
        let isInSession = reader.checksInSession(
            own["verify_in_session"],
            defaults["verify_in_session"],
            hasCheck: texts != nil
        )
        guard let texts else { return nil }
        var check = CheckCommand(
            UserCommand(texts.command.text(values), timeout: texts.timeout),
            directory: texts.directory,
            environment: texts.environment.mapValues { $0.text(values) },
            checksBase: checksBase
        )
        // A session whose check runs is silent; longer silence would end it.
        if isInSession {
            let limit = min(texts.timeout, task.plan.idleTimeout * 3 / 4)
            check.inSession = CheckCommand.InSession(on: texts.occasion, limit: limit)
        }
        return check
    }

    /// Makes a hook of a task.
    func hook(_ texts: HookTexts, _ values: Template.Values) -> HookCommand {
        let command = texts.command.shellText(values)
        return HookCommand(
            UserCommand(command, timeout: texts.timeout),
            directory: texts.directory
        )
    }
}
