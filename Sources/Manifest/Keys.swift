/// The keys that each part of a manifest may have.
///
/// The parser, its suggestions and the test of the published schema share this table.
package enum Keys {
    /// Keys at the top level.
    package static let top = ["version", "run", "groups", "defaults", "tasks"]
    /// Keys in `run`.
    package static let run = [
        "name", "concurrency", "tokens_per_minute", "agent", "launcher", "scheduler", "prompts",
        "grace", "drain_timeout", "budget", "prices", "admission", "worktrees", "redact",
        "check_slots", "hooks", "notify", "limits", "on_limit", "hours", "accounts",
    ]
    /// Keys in `run.budget`.
    package static let runBudget = budget + ["hard"]
    /// Keys in any other `budget`.
    package static let budget = ["tokens", "cost", "wall"]
    /// Keys in `run.prices`.
    package static let prices = ["input", "cached_input", "output"]
    /// Keys in `run.admission`.
    package static let admission = ["min_free_memory", "max_load", "min_free_disk"]
    /// Keys in `run.limits`.
    package static let limits = ["stop_at"]
    /// Keys in `run.prompts`.
    package static let prompts = ["initializer", "executor"]
    /// Keys in `run.agent`, if it is a mapping.
    package static let agent = ["command"]
    /// Placeholders of the templates in `run.prompts`.
    package static let templates = ["task_dir", "task_name"]
    /// Placeholders of the words of `run.launcher`.
    package static let launcher = ["command", "slot", "task", "session", "memory"]
    /// Keys in `run.concurrency`, if it is a mapping.
    package static let concurrency = ["min", "max"]
    /// Keys in a group.
    package static let group = ["weight", "max_concurrent", "budget"]
    /// Keys in `defaults`.
    package static let defaults = [
        "priority", "group", "weight", "size", "directory", "max_sessions", "session_timeout",
        "idle_timeout", "stall_after", "grow_after", "growth", "tamper_limit", "same_failure",
        "retries", "sandbox", "resume",
        "env", "codex_args", "codex_features", "hermetic", "model", "models", "verdict", "memory",
        "budget",
        "session_budget", "isolation", "base",
        "branch", "include", "setup", "commit", "artifacts", "verify", "verify_base",
        "verify_in_session", "hooks",
    ]
    /// Keys in a task.
    package static let task = ["name", "prompt", "prompt_file", "matrix", "needs"] + defaults
    /// Keys in `setup`, if it is a mapping.
    package static let command = ["command", "timeout"]
    /// Keys in `verify`, if it is a mapping.
    package static let check = ["command", "timeout", "directory", "environment", "on"]
    /// Keys in a hook, if it is a mapping.
    package static let hook = ["command", "timeout", "directory"]
    /// Keys in `run.notify`, if it is a mapping.
    package static let notify = hook + ["on"]
    /// Keys in `commit`, if it is a mapping.
    package static let commit = ["author", "subject", "max_file"]
    /// Placeholders of `branch`.
    package static let branch = ["run", "task"]
    /// Keys in `stall_after`, if it is a mapping.
    package static let stall = ["sessions", "tokens", "time"]
    /// Keys in `retries`.
    package static let retries = ["limit", "delay", "max_delay"]

    /// Returns the key that was probably meant; `nil` if none is similar.
    static func suggestion(for key: String, among keys: [String]) -> String? {
        // A text longer than any name was not meant as one.
        guard key.utf8.count <= 200 else { return nil }
        let plain = key.normalized
        if let same = keys.first(where: { $0.normalized == plain }) { return same }
        let near = keys.map { ($0, distance(plain, $0.normalized)) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(1, near.0.count / 3) else { return nil }
        return near.0
    }

    /// Returns a name that the pattern was probably meant to match; `nil` if none is similar.
    package static func suggestion(forPattern pattern: String, among names: [String]) -> String? {
        let literal = pattern.filter { !"*?[]".contains($0) }
        // A pattern that ends in a star resembles the beginnings of names.
        return suggestion(for: literal, among: names)
            ?? names.first { name in
                suggestion(for: literal, among: [String(name.prefix(literal.count))]) != nil
            }
    }

    /// Returns the Damerau–Levenshtein distance: edits, with transpositions of neighbours.
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
