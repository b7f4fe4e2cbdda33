import Driver
import Manifest
import Orchestration

/// The agents of a manifest's tasks: each session runs the one found in its own task's `PATH`.
struct TaskAgents {
    /// The agent of all tasks that don't set a `PATH`.
    let common: AgentCommand
    /// The agents of tasks that set a `PATH`, by the tasks' names.
    let own: [String: AgentCommand]

    /// Looks up the agents of a manifest's selected tasks.
    ///
    /// - Throws: `Trouble` with status 69 if an agent is missing or can't be run.
    init(of manifest: Manifest, selected: Set<String>, in directory: String) throws {
        let isElsewhere = !manifest.launcher.isEmpty
        var own: [String: AgentCommand] = [:]
        var known: [[[UInt8]]: AgentCommand] = [:]
        for task in manifest.tasks where !isElsewhere && selected.contains(task.plan.name) {
            guard let path = SearchPath(of: task) else { continue }
            let found =
                try known[path.directories]
                ?? AgentLookup.command(for: manifest.agent, in: directory, searching: path)
            known[path.directories] = found
            own[task.plan.name] = found
        }
        self.own = own
        // If every task has its own agent, none in Quire's own `PATH` is needed.
        if let any = own.first?.value, own.count == selected.count {
            common = any
        } else {
            common = try AgentLookup.command(
                for: manifest.agent,
                in: directory,
                isElsewhere: isElsewhere
            )
        }
    }
}
