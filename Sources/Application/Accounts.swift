import Agent
import EventLoop
import FileAccess
package import Manifest

/// Finds the account whose usage limits apply to a task's sessions.
package struct Accounts {
    private let records: any AgentRecords
    private let own: String

    /// Finds the run's own account: the one of sessions without variables of their own.
    package init(of agent: Manifest.Agent) {
        records = agent.kind.records(inheriting: InheritedEnvironment.own.text)
        own = records.account(of: [:], in: WorkingDirectory.path)
    }

    /// Returns a task's account, as the path of its sessions' home; `nil` for the run's own account.
    package func account(of task: Manifest.Task) -> String? {
        let path = records.account(of: task.environment, in: task.directory)
        return path == own ? nil : path
    }
}
