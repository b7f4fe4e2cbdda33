import Glibc
import FileAccess

/// The directory of what Quire keeps for a user, whatever the workspace.
enum UserState {
    /// Returns the directory of the user whose environment this is; `nil` if that has no place for it.
    ///
    /// The path: `$XDG_STATE_HOME/quire`, else `~/.local/state/quire` (XDG Base Directory Specification, by which
    /// relative paths are ignored).
    static func directory(_ environment: [String: String]) -> String? {
        func place(_ name: String) -> String? {
            environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        // A home that does not exist is not made.
        let home = place("HOME").flatMap { home in
            access(home, F_OK) == 0 ? home + "/.local/state" : nil
        }
        guard let base = place("XDG_STATE_HOME") ?? home else { return nil }
        return "\(base)/quire".absolute(in: "/")
    }
}
