package import Agent
import CodexEvents
import Dates
import FileAccess
import Foundation
import Orchestration

/// Codex's home directory, by Codex's own rules: `CODEX_HOME`, or else `.codex` in `HOME`.
///
/// An empty variable counts as unset. A relative path starts at Codex's working directory. The directory is
/// the account, and holds a rollout file for each thread.
package struct CodexHome: AgentRecords {
    private let codexHome: String?
    private let home: String
    /// The home directory of sessions without variables of their own; `nil` if it is a relative path.
    private let usual: String?

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
        guard let file = rollout(of: thread, in: account(of: own, in: directory)),
            let end = Self.end(of: file)
        else { return .unknown }
        if let total = Rollout.usage(inEnd: end) { return .total(total) }
        return end.count < Rollout.tailSize ? .none : .unknown
    }

    private func rollout(of thread: String, in home: String) -> String? {
        guard let creation = Rollout.creation(of: thread) else { return nil }
        // The directory is named for the local day, in the time zone of whatever machine wrote it.
        for days in [0, -1, 1] {
            let day = (creation + .seconds(days * 86_400)).date("/")
            let directory = "\(home)/sessions/\(day)"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            if let name = names.first(where: { Rollout.isFile($0, of: thread) }) {
                return "\(directory)/\(name)"
            }
        }
        return nil
    }

    private static func end(of file: String) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
        do {
            let size = try handle.seekToEnd()
            let tail = UInt64(Rollout.tailSize)
            try handle.seek(toOffset: size > tail ? size - tail : 0)
            let bytes = try handle.readToEnd() ?? Data()
            try handle.close()
            return [UInt8](bytes)
        } catch {
            // The usage is unknown now; the session itself may still report it.
            return nil
        }
    }
}
