/// The keys that a manifest may have at each place.
///
/// The one table that the parser, its suggestions and the test of the published schema share.
package enum Keys {
    /// At the top.
    package static let top = ["version", "run", "groups", "defaults", "tasks"]
    /// In `run`.
    package static let run = [
        "name", "concurrency", "agent", "scheduler", "prompts", "grace", "drain_timeout",
    ]
    /// In `run.prompts`.
    package static let prompts = ["initializer", "executor"]
    /// In `run.agent`, where it is not a word.
    package static let agent = ["command"]
    /// In a group.
    package static let group = ["weight", "max_concurrent"]
    /// In `defaults`.
    package static let defaults = [
        "priority", "group", "weight", "size", "directory", "max_sessions", "session_timeout",
        "idle_timeout", "stall_after", "same_failure", "retries", "sandbox", "resume", "env",
        "codex_args", "model",
    ]
    /// In a task.
    package static let task = ["name", "prompt", "prompt_file", "matrix", "needs"] + defaults
    /// In `retries`.
    package static let retries = ["limit", "delay", "max_delay"]

    /// The key that was probably meant; `nil` where none is near.
    static func suggestion(for key: String, among keys: [String]) -> String? {
        let plain = key.normalized
        if let same = keys.first(where: { $0.normalized == plain }) { return same }
        let near = keys.map { ($0, distance(plain, $0.normalized)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(1, near.0.count / 3) else { return nil }
        return near.0
    }

    /// Damerau and Levenshtein's distance, with transpositions of neighbours.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left), Array(right))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(rows[i][j + 1] + 1, row[j] + 1)
                cost = min(cost, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, rows[i - 1][j - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}

extension String {
    /// The letters and digits alone, in lower case: `maxSessions` and `max-sessions` are one.
    fileprivate var normalized: String {
        lowercased().filter { $0.isLetter || $0.isNumber }
    }
}
