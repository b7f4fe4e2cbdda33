import Agent
import Application
import Glibc
import Manifest
import Orchestration
import Reporting

/// The output of a task's log to standard output.
final class LogOutput {
    private let isForPrograms: Bool
    private let say: (SafeText) -> Void
    private var reader = LogOutput.makeReader()
    private var view: LogView
    /// The unfinished line in `showRecords`.
    private var line: [UInt8] = []

    /// Makes the output; without a filter it is for programs, byte for byte, and `say` receives what people
    /// read.
    init(
        _ filter: LogFilter?,
        redactor: @autoclosure () -> Redactor,
        sessions: @escaping () -> [SessionRecord],
        say: @escaping (SafeText) -> Void
    ) {
        isForPrograms = filter == nil
        self.say = say
        view = LogView(
            width: Terminal.columns,
            usesColor: Terminal.usesColor,
            filter: filter ?? LogFilter(),
            redactor: filter == nil ? Redactor() : redactor(),
            sessions: filter == nil ? { [] } : sessions
        )
    }

    /// Makes the reader of Codex's logs: no record names its agent, and all agents write as Codex does.
    private static func makeReader() -> any LogReader { Manifest.Agent.codex.kind.logReader() }

    /// True if a terminal or GitHub reads the raw output: nothing in it may steer them.
    private static let isSteerable = isatty(STDOUT_FILENO) == 1 || Terminal.isReadByGitHub

    func show(_ bytes: [UInt8]) {
        if isForPrograms, Self.isSteerable {
            showRecords(bytes)
        } else if isForPrograms {
            StandardStream.output.write(raw: bytes)
        } else {
            reader.read(bytes.span, tell)
        }
    }

    /// Shows the ends of sessions, from rows that were read before the log was read to its end.
    func tellEnds(by sessions: [SessionRecord]) {
        guard !isForPrograms, let text = view.ends(by: sessions) else { return }
        say(text)
    }

    /// Switches to the log of a task that was begun anew.
    func beginAnew() {
        endLines()
        reader = Self.makeReader()
        guard !isForPrograms else { return }
        if let text = view.end() { say(text) }
        say("— the task was begun anew, and has a new log")
    }

    /// Treats an unfinished line as whole.
    private func endLines() {
        if !line.isEmpty { showRecords([UInt8(ascii: "\n")]) }
        if !isForPrograms { reader.finish(tell) }
    }

    func finish() {
        endLines()
        guard !isForPrograms else { return }
        if let text = view.finish() { say(text) }
    }

    private func tell(_ entry: LogEntry) {
        if let text = view.text(for: entry) { say(text) }
    }

    private func showRecords(_ bytes: [UInt8]) {
        line += bytes
        while let end = line.firstIndex(of: UInt8(ascii: "\n")) {
            Terminal.say(SafeText(record: String(decoding: line[..<end], as: UTF8.self)))
            line.removeFirst(end + 1)
        }
    }
}
