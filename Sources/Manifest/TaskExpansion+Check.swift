import Orchestration
import Yams

// The checks of tasks.
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
        guard let texts else { return nil }
        return CheckCommand(
            UserCommand(texts.command.text(values), timeout: texts.timeout),
            directory: texts.directory,
            environment: texts.environment.mapValues { $0.text(values) },
            checksBase: checksBase
        )
    }
}
