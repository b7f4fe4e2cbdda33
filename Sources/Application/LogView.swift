package import Agent
import Dates
package import Orchestration
package import Reporting

/// A task's log in words: what its agents said and did, session by session.
///
/// The log itself names only threads; the sessions come from the run database, as far as it has them.
package struct LogView {
    /// The number of last lines shown of a command's output.
    private static let mostLines = 20

    private let width: Int?
    private let usesColor: Bool
    private let filter: LogFilter
    private let redactor: Redactor
    private let readSessions: () -> [SessionRecord]
    private var sessions: [SessionRecord]
    /// The number of sessions that were shown.
    private var shown = 0
    /// The session whose events are being read, if it is known.
    private var current: SessionRecord?
    /// The part of the current session that is shown.
    private var part = LogFilter.Part.whole
    /// The beginning of the current session, until something of it is shown.
    private var heading: SafeText?
    /// The session whose end was shown last, if no end of its check was.
    private var unchecked: SessionRecord?

    /// Makes a view; `width` is the terminal's columns, `nil` for no bound.
    ///
    /// `redactor` takes the secrets out of the log, and `readSessions` returns the task's sessions in the order
    /// in which they began.
    package init(
        width: Int?,
        usesColor: Bool = false,
        filter: LogFilter = LogFilter(),
        redactor: Redactor = Redactor(),
        sessions readSessions: @escaping () -> [SessionRecord]
    ) {
        (self.width, self.usesColor, self.filter) = (width, usesColor, filter)
        self.redactor = redactor
        self.readSessions = readSessions
        sessions = readSessions()
        part = filter.partOfUnknown
    }

    /// Returns the text for the log's next entry; `nil` for none.
    package mutating func text(for entry: LogEntry) -> SafeText? {
        if case .thread(let thread) = entry { return began(thread) }
        guard part == .whole || part == .failures && entry.isFailure,
            let text = words(for: entry.redacted(by: redactor))
        else { return nil }
        defer { heading = nil }
        return Self.joined([heading, text.painted(entry.isFailure ? .failure : nil, if: usesColor)])
    }

    private func words(for entry: LogEntry) -> SafeText? {
        switch entry {
        case .thread: nil
        case .message(let text): SafeText(lines: text).hanging(0, width: width)
        case .step(let mark, let texts): marked("\(mark)", texts.map(\.safe).joined())
        case .trouble(let texts): marked("! ", texts.map(\.safe).joined())
        case .command(let command, _, let result, let bytes, let end):
            ran(command, result, bytes, end)
        }
    }

    /// Returns the end of the newest session, and the sessions without a trace in the log.
    package mutating func finish() -> SafeText? {
        sessions = readSessions()
        let texts = [endOfCheck(), end()] + sessions.dropFirst(shown).map { silent($0) }
        shown = sessions.count
        return Self.joined(texts)
    }

    /// Returns the ends of sessions that are new; `nil` for none.
    ///
    /// `known` are the rows from before the log was read to its end.
    package mutating func ends(by known: [SessionRecord]) -> SafeText? {
        guard known.count >= shown else { return nil }
        sessions = known
        var texts = [endOfCheck()]
        if let current {
            guard known.contains(where: { $0.isSame(as: current) && $0.end != nil }) else {
                return Self.joined(texts)
            }
            texts.append(end())
        }
        while shown < sessions.count, sessions[shown].end != nil {
            texts.append(silent(sessions[shown]))
            shown += 1
        }
        return Self.joined(texts)
    }

    // MARK: - Sessions

    private mutating func began(_ thread: String) -> SafeText? {
        let before = end()
        if place(of: thread) == nil { sessions = readSessions() }
        // It ended since, where the log grows.
        let checked = endOfCheck()
        guard let place = place(of: thread) else {
            return Self.joined([before, checked, begin("— thread \(thread)", filter.partOfUnknown)])
        }
        let session = sessions[place]
        let earlier = sessions[shown..<place].map { silent($0) }
        shown = place + 1
        current = session
        let words: SafeText = "\(Self.heading(session)), thread \(thread)"
        return Self.joined(
            [before, checked] + earlier + [begin(words, filter.part(of: session))]
        )
    }

    /// Begins a session of which a part is shown; returns its heading, or keeps it for the first failure.
    private mutating func begin(_ words: SafeText, _ part: LogFilter.Part) -> SafeText? {
        self.part = part
        heading = part == .failures ? words : nil
        return part == .whole ? words : nil
    }

    /// Returns the index of the next session in a thread, else of a running session without a recorded
    /// thread.
    private func place(of thread: String) -> Int? {
        let rest = sessions[min(shown, sessions.count)...]
        return rest.firstIndex { $0.thread == thread }
            ?? rest.lastIndex { $0.thread == nil && $0.end == nil }
    }

    /// Returns the end of the current session; `nil` if it is still running or was shown already.
    package mutating func end() -> SafeText? {
        guard var session = current else { return nil }
        current = nil
        if session.end == nil {
            sessions = readSessions()
            session = sessions.last { $0.isSame(as: session) } ?? session
        }
        let (part, before) = (part, heading)
        (self.part, heading) = (filter.partOfUnknown, nil)
        // One of which nothing is shown so far is told if it failed.
        guard session.end != nil, part != .nothing, before == nil || session.hasFailed else {
            return nil
        }
        unchecked = session
        let words: SafeText = "— session \(session.key.number)\(Self.outcome(session))"
        return Self.joined([before, emphasized(words, session), endOfCheck()])
    }

    private func emphasized(_ words: SafeText, _ session: SessionRecord) -> SafeText {
        words.painted(session.hasFailed ? .failure : nil, if: usesColor)
    }

    /// Returns the end of the check of the session that was shown last; `nil` if there is none, or none yet.
    private mutating func endOfCheck() -> SafeText? {
        guard let session = unchecked,
            let checked = sessions.last(where: { $0.isSame(as: session) }),
            let words = Self.check(of: checked)
        else { return nil }
        unchecked = nil
        return words
    }

    private static func check(of session: SessionRecord) -> SafeText? {
        guard let check = session.check, check.result != nil else { return nil }
        return "— session \(session.key.number): \(check.words)"
    }

    /// Returns the text for a session that left nothing in the log.
    private func silent(_ session: SessionRecord) -> SafeText? {
        guard session.end != nil, filter.part(of: session) == .whole else { return nil }
        let words: SafeText = "\(Self.heading(session)):\(Self.outcome(session))"
        return Self.joined([emphasized(words, session), Self.check(of: session)])
    }

    private static func heading(_ session: SessionRecord) -> SafeText {
        let began = LocalTime.stamp(session.began)
        return "— session \(session.key.number), \(session.role.rawValue), \(began)"
    }

    private static func outcome(_ session: SessionRecord) -> SafeText {
        guard let end = session.end else { return "" }
        let time = Format.duration(Duration(inSeconds: end.seconds))
        let tokens = end.usage.map { ", \(Format.tokenCount($0.total))" } ?? ""
        let message: SafeText = end.message.map { ": \($0)" } ?? ""
        let commit = session.commit.map { ", commit \($0.prefix(12))" } ?? ""
        return " \(end.verdict.words) after \(time)\(tokens)\(commit)\(message)"
    }

    private static func joined(_ texts: [SafeText?]) -> SafeText? {
        let texts = texts.compactMap(\.self)
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    // MARK: - Steps

    private func ran(_ command: String, _ result: String, _ bytes: Int, _ end: String) -> SafeText {
        // Programs read a pipe by lines.
        let whole: SafeText =
            width == nil ? "\(command.replacing("\n", with: "\\n"))" : "\(lines: command)"
        let words = command.isEmpty ? "an unnamed command" : whole
        let head = marked("  runs ", words + "\(result)")
        let output = end.split(separator: "\n", omittingEmptySubsequences: false)
            .suffix(Self.mostLines + 1).joined(separator: "\n")
        let text = output.trimmingSuffix { $0.isWhitespace }
        guard !text.isEmpty else { return head }
        let left = bytes - output.utf8.count
        let omitted: SafeText =
            left > 200 ? "\n    … the end of \(Format.count(bytes, "byte")) of output:" : ""
        return head + omitted + "\n    " + SafeText(lines: text).hanging(4, width: width)
    }

    /// Returns a text after a mark, with its further lines indented.
    private func marked(_ mark: SafeText, _ text: SafeText) -> SafeText {
        mark + text.hanging(4, width: width)
    }
}

extension LogEntry {
    /// Returns the entry without the secrets in its texts.
    fileprivate func redacted(by redactor: Redactor) -> LogEntry {
        switch self {
        case .thread: return self
        case .message(let text): return .message(redactor.redact(text))
        case .step(let mark, let texts):
            return .step(
                redactor.redact(mark),
                texts.map { $0.redacted(by: redactor) }
            )
        case .trouble(let texts): return .trouble(texts.map { $0.redacted(by: redactor) })
        case .command(let command, let hasFailed, let result, let bytes, let end):
            let shown = redactor.redact(Array(end.utf8), isCut: end.utf8.count < bytes)
            return .command(
                redactor.redact(command),
                hasFailed: hasFailed,
                result: redactor.redact(result),
                outputBytes: bytes + shown.count - end.utf8.count,
                outputEnd: String(decoding: shown, as: UTF8.self)
            )
        }
    }
}

extension LogText {
    fileprivate func redacted(by redactor: Redactor) -> LogText {
        switch self {
        case .line(let words): .line(redactor.redact(words))
        case .lines(let words): .lines(redactor.redact(words))
        }
    }

    /// The text, made safe.
    fileprivate var safe: SafeText {
        switch self {
        case .line(let text): "\(text)"
        case .lines(let text): SafeText(lines: text)
        }
    }
}

extension SessionRecord {
    fileprivate func isSame(as other: SessionRecord) -> Bool {
        key.number == other.key.number && began == other.began
    }
}

extension String {
    fileprivate func trimmingSuffix(while drops: (Character) -> Bool) -> String {
        var result = Substring(self)
        while let last = result.last, drops(last) { result.removeLast() }
        return String(result)
    }
}
