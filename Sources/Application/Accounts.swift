import Driver
import EventLoop
import FileAccess
package import Manifest

/// The accounts whose usage sessions draw on.
package struct Accounts {
    private let home = CodexHome(.own)
    private let own: String

    /// Finds the account of sessions without variables of their own.
    package init() { own = home.path(of: [:], in: WorkingDirectory.path) }

    /// A task's account: the home directory of Codex that its sessions have; `nil` where it is the
    /// run's own.
    package func account(of task: Manifest.Task) -> String? {
        let path = home.path(of: task.environment, in: task.directory)
        return path == own ? nil : path
    }
}
