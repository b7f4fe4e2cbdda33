package import EventLoop
import FileAccess
import Foundation

/// Codex's home directory, found as Codex finds it: `CODEX_HOME`, or else `.codex` in `HOME`.
///
/// A variable that is empty counts as unset. A relative path is taken from the directory that Codex
/// works in.
package struct CodexHome: Sendable {
    private let codexHome: String?
    private let home: String
    /// The home directory without variables of a session's own, where it is the same everywhere.
    private let usual: String?

    /// Reads what sessions inherit.
    package init(_ environment: InheritedEnvironment) {
        func value(_ name: String) -> String? {
            environment.text(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        codexHome = value("CODEX_HOME")
        home = value("HOME") ?? NSHomeDirectory()
        let path = codexHome ?? home + "/.codex"
        usual = path.hasPrefix("/") ? path.resolved(in: "/") : nil
    }

    /// The home directory, without links, of sessions with these variables of their `own` that work in
    /// an absolute directory.
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
