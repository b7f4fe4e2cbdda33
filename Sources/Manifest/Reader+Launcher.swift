import Yams

// The launcher of sessions, their memory, and the words that are kept from readers.
extension Reader {
    /// Reads the words of a launcher; empty if there is none.
    func launcher(_ node: Node?) -> [String] {
        guard let words = strings(node, "\"launcher\""), let program = words.first else {
            return []
        }
        if program.isEmpty || program.contains("{") {
            fail(node, "\"launcher\" begins with \"\(program)\", but must begin with a program")
        }
        for word in words { checkPlaceholders(word, node) }
        return words
    }

    /// Refuses words in braces that are no placeholder, except `{{name}}`, which stands for `{name}`,
    /// and what is left to the shell: `${name}`, and words with capitals that resemble no placeholder.
    private func checkPlaceholders(_ word: String, _ node: Node?) {
        for match in word.matches(of: /([${]?){([A-Za-z_][A-Za-z0-9_-]*)}/) where match.1.isEmpty {
            let name = String(match.2)
            let near = Keys.suggestion(for: name, among: Keys.launcher)
            guard !Keys.launcher.contains(name), near != nil || name == name.lowercased() else {
                continue
            }
            let known = Keys.launcher.map { "{\($0)}" }.joined(separator: ", ")
            let advice = near.map { "; did you mean {\($0)}?" } ?? "; there are \(known)"
            fail(
                node,
                about: "{\(name)}",
                "the launcher has no {\(name)}\(advice); {{\(name)}} is the text {\(name)}"
            )
        }
    }

    /// Reads the words that nobody may see; short ones would stand everywhere.
    func redact(_ node: Node?) -> [String] {
        let words = strings(node, "\"redact\"") ?? []
        if words.contains(where: { $0.utf8.count < 4 }) {
            fail(node, "each of \"redact\" must have at least 4 bytes, or little could be read")
        }
        return words
    }

    /// Reads the memory that a session may use, in bytes.
    func memory(_ node: Node?) -> Int64? {
        guard let size = bytes(node, "\"memory\"") else { return nil }
        if size < 1 << 20 { fail(node, "\"memory\" is less than 1M, with which nothing could run") }
        return size
    }

    /// Reads a number of bytes such as `2G`, `1.5G` or `1048576`; the units are powers of 1024.
    ///
    /// `other` names the alternatives to a size here, for people.
    func bytes(_ node: Node?, _ place: String, orElse other: String = "") -> Int64? {
        guard let node else { return nil }
        let units = Quantity.byteUnits
        guard let bytes = Quantity.number(node.string ?? "", units, most: 0x1p60) else {
            if isTooLarge(node, place, most: 0x1p60, units: units, in: "1048576T") { return nil }
            fail(
                node,
                "expected a size such as 512M or 2G\(other) for \(place), found \(node.kind)"
            )
            return nil
        }
        return bytes
    }
}
