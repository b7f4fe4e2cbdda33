import Driver
import EventLoop
import FileAccess
package import Manifest

/// Finds the account whose usage limits apply to a task's sessions.
package struct Accounts {
    private let home = CodexHome(.own)
    private let own: String

    /// Finds the run's own account: the one of sessions without variables of their own.
    package init() { own = home.path(of: [:], in: WorkingDirectory.path) }

    /// Returns a task's account, as the path of its sessions' Codex home; `nil` for the run's own account.
    package func account(of task: Manifest.Task) -> String? {
        let path = home.path(of: task.environment, in: task.directory)
        return path == own ? nil : path
    }
}
