package import Orchestration

/// The title and the text of a pull request for a task's work: its prompt, its entries, and its sessions.
///
/// The text ends with a fingerprint of itself, by which a later one replaces it only where nobody has
/// edited it.
package struct PullRequestText: Hashable, Sendable {
    /// The longest text; GitHub takes 65,536 characters.
    private static let limit = 50_000
    private static let markStart = "<!-- written by quire "

    /// The title, in one line.
    package let title: String
    /// The text in Markdown.
    package let body: String

    /// Makes the text; `record` holds the task's sessions.
    package init(
        task: String,
        prompt: String?,
        entries: [(text: String, isTicked: Bool)],
        record: TaskRecord?,
        prices: Prices?
    ) {
        let first = prompt?.split(whereSeparator: \.isNewline).first.map(String.init)
        title = first.map { "\(task): \($0)".oneLine(72) } ?? task
        var text = prompt.map { "\(MarkdownReport.escape($0.oneLine(1000)))\n\n" } ?? ""
        text += Self.list(entries)
        if let record { text += Self.work(record, prices) }
        body = Self.marked(text)
    }

    /// Indicates whether a text of Quire's is still as it was written.
    package static func isUnedited(_ text: String) -> Bool {
        let text = text.replacing("\r\n", with: "\n")
        guard let mark = text.ranges(of: markStart).last else { return false }
        // Services trim what they are given.
        let own = String(text[..<mark.lowerBound])
        return marked(own).trimmingEnd == text.trimmingEnd
    }

    private static func marked(_ text: String) -> String {
        "\(text)\(markStart)\(Fingerprint(text.trimmingEnd).text) -->\n"
    }

    private static func list(_ entries: [(text: String, isTicked: Bool)]) -> String {
        guard !entries.isEmpty else { return "" }
        var text = "### Entries\n\n"
        for (place, entry) in entries.enumerated() {
            let words = MarkdownReport.escape(entry.text.oneLine(500))
            text += "- [\(entry.isTicked ? "x" : " ")] \(words)\n"
            if text.utf8.count > limit {
                text += "- and \(Format.count(entries.count - place - 1, "entry")) more\n"
                break
            }
        }
        return text + "\n"
    }

    private static func work(_ record: TaskRecord, _ prices: Prices?) -> String {
        let ends = record.history.compactMap(\.end)
        let usage = ends.compactMap(\.usage).reduce(.zero, +)
        let estimated = ends.filter { $0.isUsagePartial ?? $0.isUsageEstimated ?? false }
            .reduce(Int64(0)) { $0.addingClamped($1.usage?.total ?? 0) }
        let words = [
            Format.count(record.sessions, "session"),
            SpentWords.tokens(usage, estimated: estimated, prices),
            Format.duration(Duration(inSeconds: record.seconds)),
        ]
        var text = "### Work\n\n\(words.joined(separator: ", "))\n\n"
        text += "| session | | ticked | tokens | time | |\n|---:|---|---:|---:|---:|---|\n"
        for session in record.history.suffix(50) {
            let ticked = session.end?.ticked.map { $0 - (session.tickedBefore ?? 0) }
            let cells = [
                "\(session.key.number)", session.role.rawValue, ticked.map { "\($0)" } ?? "-",
                Format.tokens(session.end?.usage?.total ?? 0),
                Format.duration(Duration(inSeconds: session.end?.seconds ?? 0)),
                MarkdownReport.escape((session.end?.message ?? "").oneLine(200)),
            ]
            text += "| \(cells.joined(separator: " | ")) |\n"
        }
        return text + "\n"
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
