package import EventLoop
import FileAccess
import Foundation

/// Codex's home directory, by Codex's own rules: `CODEX_HOME`, or else `.codex` in `HOME`.
///
/// An empty variable counts as unset. A relative path starts at Codex's working directory.
package struct CodexHome: Sendable {
    private let codexHome: String?
    private let home: String
    /// The home directory of sessions without variables of their own; `nil` if it is a relative path.
    private let usual: String?

    /// Reads the environment that sessions inherit.
    package init(_ environment: InheritedEnvironment) {
        func value(_ name: String) -> String? {
            environment.text(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        codexHome = value("CODEX_HOME")
        home = value("HOME") ?? NSHomeDirectory()
        let path = codexHome ?? home + "/.codex"
        usual = path.hasPrefix("/") ? path.resolved(in: "/") : nil
    }

    /// Returns the home directory, with links resolved, of sessions with these `own` variables and this
    /// working directory, an absolute path.
    package func path(of own: [String: String], in directory: String) -> String {
        let (ownCodexHome, ownHome) = (own["CODEX_HOME"], own["HOME"])
        if ownCodexHome == nil, ownHome == nil, let usual { return usual }
        func value(_ own: String?, _ inherited: String?) -> String? {
            own.map { $0.isEmpty ? nil : $0 } ?? inherited
        }
        let home = value(ownHome, home) ?? NSHomeDirectory()
        return (value(ownCodexHome, codexHome) ?? home + "/.codex").resolved(in: directory)
    }
}
