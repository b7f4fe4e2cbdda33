package import Orchestration

/// Codex's own record of a thread, a file of JSON Lines that grows while the thread works.
///
/// Only the rollout shows a session's usage before its turn is complete, and after a kill. Its path is
/// `$CODEX_HOME/sessions/YYYY/MM/DD/rollout-…-THREAD.jsonl`, by the day of the thread's first session.
/// It is no published interface: unreadable parts are ignored.
package enum Rollout {
    /// Bytes at a file's end that contain the newest count, as a rule.
    package static let tailSize = 256 * 1024

    /// Returns the time of a thread's creation; `nil` if the id contains none.
    ///
    /// The id is a UUID of version 7: it begins with the milliseconds since 1970.
    package static func creation(of thread: String) -> WallTime? {
        let digits = thread.filter { $0 != "-" }
        guard digits.utf8.count == 32, digits.dropFirst(12).first == "7" else { return nil }
        return Int64(digits.prefix(12), radix: 16).map(WallTime.init(millisecondsSinceEpoch:))
    }

    /// Indicates whether a file is a thread's rollout.
    package static func isFile(_ name: String, of thread: String) -> Bool {
        name.hasPrefix("rollout-") && name.hasSuffix("-\(thread).jsonl")
    }

    /// Returns the thread's total from the last count in the end of its file; `nil` for none.
    package static func usage(inEnd bytes: [UInt8]) -> TokenUsage? {
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed()
        where line.contains("\"token_count\"") {
            guard let value = JSONLine(Array(line)).parse(),
                let payload = value["payload"], payload["type"]?.string == "token_count",
                let total = payload["info"]?["total_token_usage"]
            else { continue }
            return ToldUsage(total).usage
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(_ text: StaticString) -> Bool {
        let words = Array(text.description.utf8)
        guard count >= words.count else { return false }
        return (startIndex...(endIndex - words.count)).contains { place in
            self[place] == words[0] && self[place...].starts(with: words)
        }
    }
}
