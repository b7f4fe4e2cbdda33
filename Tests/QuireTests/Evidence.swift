import TestSupport

/// What simulated agents with the directive `evidence` have noted of what they did.
enum Evidence {
    /// What must not happen, and did: a deed that was done twice, or beside another session.
    static func violations(in path: String) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        for line in text(path).split(separator: "\n") {
            let note = line.split(separator: " ")
            guard note.count == 3, note[0] != "double" else {
                found.append("two sessions at once: \(line)")
                continue
            }
            let isOfEntry = note[0] == "list" || note[0].hasPrefix("tick")
            // Every session's number is used once; an entry is ticked once whatever the session.
            let deed = note.prefix(isOfEntry ? 2 : 3).joined(separator: " ")
            if !seen.insert(deed).inserted { found.append("done twice: \(deed)") }
        }
        return found
    }

    /// How many sessions have begun.
    static func sessions(in path: String) -> Int {
        text(path).split(separator: "\n").count { $0.hasPrefix("begin ") }
    }
}
