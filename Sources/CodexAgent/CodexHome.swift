package import Agent
import CodexEvents
import FileAccess
import Foundation
package import Orchestration

/// Codex's home directory, by Codex's own rules: `CODEX_HOME`, or else `.codex` in `HOME`.
///
/// An empty variable counts as unset. A relative path starts at Codex's working directory. The directory is
/// the account, and holds a rollout file for each thread.
package struct CodexHome: AgentRecords {
    private let codexHome: String?
    private let home: String
    /// The home directory of sessions without variables of their own; `nil` if it is a relative path.
    private let usual: String?
    private let families = ThreadFamilies()

    /// Reads the environment that sessions inherit.
    package init(_ variable: (String) -> String?) {
        func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        codexHome = value("CODEX_HOME")
        home = value("HOME") ?? NSHomeDirectory()
        let path = codexHome ?? home + "/.codex"
        usual = path.hasPrefix("/") ? path.resolved(in: "/") : nil
    }

    /// Returns the home directory, with links resolved.
    package func account(of own: [String: String], in directory: String) -> String {
        let (ownCodexHome, ownHome) = (own["CODEX_HOME"], own["HOME"])
        if ownCodexHome == nil, ownHome == nil, let usual { return usual }
        func value(_ own: String?, _ inherited: String?) -> String? {
            own.map { $0.isEmpty ? nil : $0 } ?? inherited
        }
        let home = value(ownHome, home) ?? NSHomeDirectory()
        return (value(ownCodexHome, codexHome) ?? home + "/.codex").resolved(in: directory)
    }

    package func usage(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> RecordedUsage {
        let home = account(of: own, in: directory)
        let recorded = RolloutFiles(home: home).usage(of: thread)
        switch recorded {
        case .unknown, .compressed: return recorded
        case .none, .total: break
        }
        let more = families.usageOfDescendants(of: thread, in: home)
        if case .total(let total) = recorded { return .total(total + more) }
        return more == .zero ? .none : .total(more)
    }

    package func variables(of account: String) -> [String: String] { ["CODEX_HOME": account] }

    package func limits(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> [LimitRead] {
        RolloutFiles(home: account(of: own, in: directory)).limits(of: thread).map {
            LimitRead(limit: $0.name, windows: $0.windows)
        }
    }

    /// Returns true if two home directories are one, or one has a copy of the other's login.
    package func haveOneLogin(_ account: String, _ other: String) -> Bool {
        if account == other { return true }
        func login(_ home: String) -> Data? {
            FileManager.default.contents(atPath: home + "/auth.json")
        }
        guard let one = login(account), let second = login(other) else { return false }
        return one == second
    }

    package func usageOfDescendants(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> TokenUsage {
        families.usageOfDescendants(of: thread, in: account(of: own, in: directory))
    }
}
