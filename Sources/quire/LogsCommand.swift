import Agent
import Application
import ArgumentParser
import Autonomous
import FileAccess
import Foundation
import Glibc
import Manifest
import Orchestration
import Reporting
import RunStore

/// `quire logs`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what the agents of a task said and did.",
        discussion: """
            Reads the task's session.log: by default in words and without secrets, with --raw byte for \
            byte, secrets included (on a terminal and in GitHub Actions, what would steer them is \
            written as JSON escapes). \
            With -f it goes on as the log grows, until Ctrl-C, also where the task is begun anew; it \
            waits for the first session of a task that a run holds.
            """
    )

    @Argument(help: "The task's name.", completion: .task)
    var task: String

    @Flag(name: [.customShort("f"), .long], help: "Go on as the log grows.")
    var follow = false

    @Flag(help: "The log as it is: Codex's JSON Lines.")
    var raw = false

    @Flag(help: "What the task's sessions wrote to standard error instead: both ends of it.")
    var stderr = false

    @OptionGroup var look: LookOptions

    func run() throws {
        let name: TaskName
        do {
            name = try TaskName(given: task)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.usage)
        }
        if stderr { return try showStandardError() }
        let place = look.place
        let directory = place.taskDirectory(name)
        let isForPrograms = raw || look.json
        let output = LogOutput(
            isForPrograms: isForPrograms,
            redactor: isForPrograms ? Redactor() : redactor()
        ) { sessions() }
        if !isForPrograms {
            _ = sessions {
                Terminal.complain("warning: numbers and ends of sessions are not shown: \($0)")
            }
        }
        let log = GrowingLog(of: name, in: place)
        do {
            if try !log.open(), follow, try isHeldByRun() {
                Terminal.complain("task \"\(task)\" has had no session yet: waiting for its first")
            }
            try show(log, output)
        } catch let error as FileError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        // Sessions without output leave no log.
        guard log.isOpen || !sessions().isEmpty else {
            throw Trouble(
                "\"\(directory.logPath)\" does not exist: task \"\(task)\" has had no session in this "
                    + "workspace; see quire list",
                status: ExitStatus.missing
            )
        }
        output.finish()
    }

    /// Shows the log to its end, and with `-f` its growth.
    private func show(_ log: GrowingLog, _ output: LogOutput) throws {
        var silence = 0
        while !output.isClosed {
            let bytes = try log.read()
            if !bytes.isEmpty {
                output.show(bytes)
                silence = 0
                continue
            }
            guard follow, try silence % 5 > 0 || hasMore(log, output) else { return }
            silence += 1
            usleep(200_000)
        }
    }

    /// At the end of the log, shows the ends of sessions, and the log that replaced it, if any.
    ///
    /// - Returns: false if there is nothing to wait for.
    private func hasMore(_ log: GrowingLog, _ output: LogOutput) throws -> Bool {
        // A session's output is in the log before its end is in the database.
        let known = sessions()
        let rest = try log.read()
        guard rest.isEmpty else {
            output.show(rest)
            return true
        }
        let isFirst = !log.isOpen
        if try log.open() {
            if !isFirst { output.beginAnew() }
            return true
        }
        // Ends of sessions are shown only after the log was read.
        if isFirst { return try isHeldByRun() }
        output.tellEnds(by: known)
        return true
    }

    /// Returns true if a living run holds the task.
    private func isHeldByRun() throws -> Bool {
        guard let reader = try look.reader() else { return false }
        defer { reader.close() }
        do {
            let directory = look.stateDirectory()
            return try reader.runs().contains { row in
                guard row.status(in: directory) == "running" else { return false }
                return try reader.tasks(of: row.run).contains { $0.name == task }
            }
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Returns the task's sessions of all runs by their beginning; none if the database can't be read:
    /// `complain` receives the reason.
    private func sessions(orElse complain: (SafeText) -> Void = { _ in }) -> [SessionRecord] {
        do {
            guard let reader = try look.reader() else { return [] }
            defer { reader.close() }
            return try reader.runs().flatMap { try reader.sessions(of: $0.run, task: task) }
                .sorted { $0.began < $1.began }
        } catch {
            complain((error as? Trouble)?.message ?? "\(error)")
            return []
        }
    }

    /// Returns the redactor of the log: that of the task's runs.
    private func redactor() -> Redactor {
        let runs = (try? look.reader())?.flatMap { reader in
            defer { reader.close() }
            return try? reader.runs().filter { run in
                try reader.tasks(of: run.run).contains { $0.name == task }
            }
        }
        return Redactor(ofRuns: (runs ?? []).map(\.run))
    }

    private func showStandardError() throws {
        do {
            let (reader, run) = try look.run(nil, in: look.reader())
            for session in try reader.sessions(of: run.run, task: task)
            where session.standardErrorBytes > 0 {
                guard let kept = try reader.standardError(of: session.key, run: run.run) else {
                    continue
                }
                let left = Int(session.standardErrorBytes) - kept.head.count - kept.tail.count
                Terminal.say(
                    "— session \(session.key.number), \(Format.count(session.standardErrorBytes, "byte"))"
                )
                show(kept.head)
                if left > 0 { Terminal.say("… \(Format.count(left, "byte")) left out …") }
                show(kept.tail)
            }
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private func show(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        Terminal.say(SafeText(lines: String(decoding: bytes, as: UTF8.self)))
    }
}

/// The output of a log to standard output.
private final class LogOutput {
    private let isForPrograms: Bool
    private var reader = LogOutput.makeReader()
    private var view: LogView
    /// The unfinished line in `showRecords`.
    private var line: [UInt8] = []

    init(
        isForPrograms: Bool,
        redactor: Redactor,
        sessions: @escaping () -> [SessionRecord]
    ) {
        self.isForPrograms = isForPrograms
        view = LogView(
            width: Terminal.columns,
            redactor: redactor,
            sessions: isForPrograms ? { [] } : sessions
        )
    }

    /// Makes the reader of Codex's logs: no record names its agent, and all agents write as Codex does.
    private static func makeReader() -> any LogReader { Manifest.Agent.codex.kind.logReader() }

    /// True if the reader of standard output has gone.
    var isClosed: Bool { StandardStream.output.failure != nil }

    /// True if a terminal or GitHub reads the raw output: nothing in it may steer them.
    private static let isSteerable = isatty(STDOUT_FILENO) == 1 || Terminal.isReadByGitHub

    func show(_ bytes: [UInt8]) {
        if isForPrograms, Self.isSteerable {
            showRecords(bytes)
        } else if isForPrograms {
            StandardStream.output.write(raw: bytes)
        } else {
            reader.read(bytes.span, say)
        }
    }

    /// Shows the ends of sessions, from rows that were read before the log was read to its end.
    func tellEnds(by sessions: [SessionRecord]) {
        guard !isForPrograms, let text = view.ends(by: sessions) else { return }
        Terminal.say(text)
    }

    /// Switches to the log of a task that was begun anew.
    func beginAnew() {
        endLines()
        reader = Self.makeReader()
        guard !isForPrograms else { return }
        if let text = view.end() { Terminal.say(text) }
        Terminal.say("— the task was begun anew, and has a new log")
    }

    /// Treats an unfinished line as whole.
    private func endLines() {
        if !line.isEmpty { showRecords([UInt8(ascii: "\n")]) }
        if !isForPrograms { reader.finish(say) }
    }

    func finish() {
        endLines()
        guard !isForPrograms else { return }
        if let text = view.finish() { Terminal.say(text) }
    }

    private func say(_ entry: LogEntry) {
        if let text = view.text(for: entry) { Terminal.say(text) }
    }

    private func showRecords(_ bytes: [UInt8]) {
        line += bytes
        while let end = line.firstIndex(of: UInt8(ascii: "\n")) {
            Terminal.say(SafeText(record: String(decoding: line[..<end], as: UTF8.self)))
            line.removeFirst(end + 1)
        }
    }
}
