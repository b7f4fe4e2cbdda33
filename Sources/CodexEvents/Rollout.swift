package import Orchestration

/// Codex's own record of a thread, a file of JSON Lines that grows while the thread works.
///
/// Only the rollout shows a session's usage before its turn is complete, and after a kill. Its path is
/// `$CODEX_HOME/sessions/YYYY/MM/DD/rollout-…-THREAD.jsonl`, by the day of the thread's first session.
/// It is no published interface: unreadable parts are ignored.
package enum Rollout {
    /// Bytes at a file's end that contain the newest count, as a rule.
    package static let tailSize = 256 * 1024
    /// Bytes at a file's end that are read if `tailSize` had no count: a line may be long.
    package static let longTailSize = 8 * 1024 * 1024
    /// Bytes at a file's beginning that name the parent of its thread, if it has one.
    package static let headSize = 4 * 1024

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

    /// Indicates whether a file is a thread's rollout that Codex has compressed.
    package static func isCompressed(_ name: String, of thread: String) -> Bool {
        name.hasSuffix(".zst") && isFile(String(name.dropLast(4)), of: thread)
    }

    /// Returns the thread of a rollout by its file's name; `nil` if the file is none.
    package static func thread(ofFile name: String) -> String? {
        guard name.hasPrefix("rollout-"), name.hasSuffix(".jsonl") else { return nil }
        return ThreadID.checked(String(name.dropLast(6).suffix(36)))
    }

    /// Returns the thread that started the thread of a rollout, from the beginning of its file; `nil` for
    /// a thread that no other started.
    ///
    /// The line is long and may be cut, so it is searched, not parsed. Source: Codex CLI 0.163.0, whose
    /// first line has `parent_thread_id` before any text of the agent's.
    package static func parent(inHead bytes: [UInt8]) -> String? {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        guard line.contains("\"session_meta\"") else { return nil }
        let text = String(decoding: line, as: UTF8.self)
        let end = text.firstRange(of: "\"base_instructions\"")?.lowerBound ?? text.endIndex
        guard let match = text[..<end].firstMatch(of: /"parent_thread_id":"([0-9A-Za-z-]{1,64})"/)
        else { return nil }
        return ThreadID.checked(String(match.1))
    }

    /// Returns the thread's total from the last count in the end of its file; `nil` for none.
    package static func usage(inEnd bytes: [UInt8]) -> TokenUsage? {
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed()
        where line.contains("\"token_count\"") || line.contains("\"token_usage_record\"") {
            guard let value = JSONLine(Array(line)).parse(), let payload = value["payload"],
                let total = total(value, payload)
            else { continue }
            return ToldUsage(total).usage
        }
        return nil
    }

    /// Returns the thread's total in a line: of an event, or of the record that newer versions write for
    /// each response.
    private static func total(
        _ line: JSONLine.Value,
        _ payload: JSONLine.Value
    ) -> JSONLine.Value? {
        if line["type"]?.string == "token_usage_record" { return payload["thread_token_usage"] }
        guard payload["type"]?.string == "token_count" else { return nil }
        return payload["info"]?["total_token_usage"]
    }
}

extension ArraySlice<UInt8> {
    func contains(_ text: StaticString) -> Bool {
        let words = Array(text.description.utf8)
        guard count >= words.count else { return false }
        return (startIndex...(endIndex - words.count)).contains { place in
            self[place] == words[0] && self[place...].starts(with: words)
        }
    }
}
