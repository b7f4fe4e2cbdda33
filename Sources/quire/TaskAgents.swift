import Driver
import Manifest
import Orchestration

/// The agents of a manifest's tasks: a session is to run the one that its own `PATH` finds.
struct TaskAgents {
    /// The agent of all tasks that have none of their own.
    let common: AgentCommand
    /// The agents of tasks that set a `PATH`, by the tasks' names.
    let own: [String: AgentCommand]

    /// Looks the agents of those tasks of a manifest up that a leg carries out.
    ///
    /// - Throws: `Trouble` with status 69 when one is not there, or can't be run.
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
        // Nobody needs one in Quire's own PATH where each task has its own.
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
