/// A page of the manual for `man`, in the macros of man(7) and tbl(1).
package struct ManualPage {
    /// The name: `quire` or `quire-TOPIC`.
    package var name: String
    /// The manual's section: 1 for the program, 7 for topics.
    package var section: Int
    /// The subject in a few words.
    package var summary: String
    /// The release that the page belongs to.
    package var release: String

    /// Makes a page; see the properties.
    package init(name: String, section: Int, summary: String, release: String) {
        self.name = name
        self.section = section
        self.summary = summary
        self.release = release
    }

    /// Returns the page's source; the blocks' title is replaced by the page's name.
    package func text(of blocks: [Block]) -> String {
        let title = ".TH \(name.uppercased()) \(section) \"\" \(Self.quoted("quire " + release))"
        var lines = [
            #"'\" t"#, title + " \"The manual of Quire\"",
            // Neither words nor lines are stretched: most of what is long here is code.
            ".nh", ".ad l",
            ".SH NAME", Self.escaped(name) + #" \- "# + Self.escaped(summary), ".SH DESCRIPTION",
        ]
        for block in blocks { lines += Self.lines(of: block) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Returns the lines of a page about all topics: their names and subjects.
    package static func contents(of topics: [Topic]) -> [Block] {
        [.heading(level: 2, "Topics")]
            + [
                .table(
                    header: ["page", "about"],
                    rows: topics.map { ["**quire-\($0.name)**(7)", $0.summary] }
                )
            ]
    }

    private static func lines(of block: Block) -> [String] {
        switch block {
        case .heading(level: 1, _): return []
        case .heading(level: 2, let text): return [".SH " + quoted(text.uppercased())]
        case .heading(_, let text): return [".SS " + quoted(text)]
        case .paragraph(let text): return [".PP", spans(text)]
        case .list(let entries):
            return entries.flatMap { entry in
                let marker = entry.marker == "-" ? #"\(bu"# : quoted(entry.marker)
                return [".IP \(marker) 3", spans(entry.text)]
            }
        case .table(let header, let rows):
            guard header.count == 2 else { return table(header, rows) }
            return rows.flatMap { [".TP", spans($0[0]), spans($0[1])] }
        case .code(_, let lines):
            return [".PP", ".RS 4", ".nf"] + lines.map { "\\&" + escaped($0) } + [".fi", ".RE"]
        }
    }

    /// Returns a table of tbl(1), whose last column takes what is left of the line.
    private static func table(_ header: [String], _ rows: [[String]]) -> [String] {
        let format = header.indices.map { $0 == header.count - 1 ? "lx" : "lw(15n)" }
        let bold = header.map { _ in "lb" }
        let first = bold.joined(separator: " ")
        let others = format.joined(separator: " ") + "."
        let body = rows.flatMap { row in
            ["T{"] + Array(row.map { [spans($0)] }.joined(separator: ["T}\tT{"])) + ["T}"]
        }
        return [".PP", ".TS", first, others, header.map(escaped).joined(separator: "\t")] + body + [
            ".TE"
        ]
    }

    private static func spans(_ text: String) -> String {
        let shown = Span.spans(of: text).map(shown).joined()
        // A line that begins with a dot or an apostrophe is a request.
        return shown.hasPrefix(".") || shown.hasPrefix("'") ? "\\&" + shown : shown
    }

    private static func shown(_ span: Span) -> String {
        switch span {
        case .text(let text): return escaped(text)
        case .code(let text), .strong(let text): return #"\fB"# + escaped(text) + #"\fR"#
        case .emphasis(let text): return #"\fI"# + escaped(text) + #"\fR"#
        case .link(let text, let target):
            if let topic = span.topic {
                let page = #"\fBquire\-"# + escaped(topic) + #"\fR(7)"#
                return escaped(text == topic ? "" : text + ": ") + page
            }
            return escaped(target.hasPrefix("https:") ? "\(text) (\(target))" : text)
        }
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += #"\e"#
            case "-": escaped += #"\-"#
            case "'": escaped += #"\(aq"#
            case "`": escaped += #"\(ga"#
            case "^": escaped += #"\(ha"#
            case "~": escaped += #"\(ti"#
            case "\"": escaped += #"\(dq"#
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private static func quoted(_ text: String) -> String { "\"" + escaped(text) + "\"" }
}
