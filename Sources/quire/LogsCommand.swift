import Application
import ArgumentParser
import Autonomous
import CodexEvents
import Foundation
import Glibc
import Orchestration
import Reporting
import RunStore

/// `quire logs`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what the agents of a task said and did.",
        discussion: """
            Reads the task's session.log: by default in words, with --raw byte for byte (on a \
            terminal and in GitHub Actions, what would steer them is written as JSON escapes). \
            With -f it goes on as the log grows, until Ctrl-C.
            """
    )

    @Argument(help: "The task's name.")
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
        let directory = look.place.taskDirectory(name)
        let output = LogOutput(isForPrograms: raw || look.json, sessions: sessions)
        let descriptor: Int32
        do {
            descriptor = try directory.openLogForReading()
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        guard descriptor >= 0 else {
            // Sessions that said nothing left no log.
            if !sessions().isEmpty { return output.finish() }
            throw Trouble(
                "\"\(directory.logPath)\" does not exist: task \"\(task)\" has had no session in this "
                    + "workspace; see quire list",
                status: ExitStatus.missing
            )
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        while !output.isClosed {
            let bytes = try file.read(upToCount: 64 * 1024) ?? Data()
            if bytes.isEmpty {
                guard follow else { break }
                usleep(200_000)
                continue
            }
            output.show([UInt8](bytes))
        }
        output.finish()
    }

    /// The task's sessions of all runs, in the order in which they began; none where the database
    /// can't tell.
    private func sessions() -> [SessionRow] {
        do {
            guard let reader = try look.reader() else { return [] }
            return try reader.runs().flatMap { try reader.sessions(of: $0.id, task: task) }
                .sorted { $0.began < $1.began }
        } catch {
            return []
        }
    }

    private func showStandardError() throws {
        do {
            let (reader, run) = try look.run(nil, in: look.reader())
            for session in try reader.sessions(of: run.id, task: task)
            where session.standardErrorBytes > 0 {
                let key = SessionKey(task: task, number: session.number)
                guard let kept = try reader.standardError(of: key, run: run.id) else { continue }
                let left = Int(session.standardErrorBytes) - kept.head.count - kept.tail.count
                Terminal.say(
                    "— session \(session.number), \(Format.count(session.standardErrorBytes, "byte"))"
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

/// A log on its way to standard output.
private final class LogOutput {
    /// The longest line that is understood whole, in bytes.
    private static let longestLine = 16 * 1024 * 1024

    private let isForPrograms: Bool
    private var decoder = EventDecoder(longestLine: longestLine)
    private var view: LogView
    /// The beginning of a line for programs, where lines are made safe.
    private var line: [UInt8] = []

    init(isForPrograms: Bool, sessions: @escaping () -> [SessionRow]) {
        self.isForPrograms = isForPrograms
        view = LogView(width: Terminal.columns, sessions: isForPrograms ? { [] } : sessions)
    }

    /// Whether nobody reads any more.
    var isClosed: Bool { StandardStream.output.failure != nil }

    /// Whether a terminal or GitHub reads what is for programs: nothing may speak to them.
    private static let isSteerable = isatty(STDOUT_FILENO) == 1 || Terminal.isReadByGitHub

    func show(_ bytes: [UInt8]) {
        if isForPrograms, Self.isSteerable {
            showRecords(bytes)
        } else if isForPrograms {
            StandardStream.output.write(raw: bytes)
        } else {
            decoder.decode(bytes.span, say)
        }
    }

    func finish() {
        if !line.isEmpty { showRecords([UInt8(ascii: "\n")]) }
        guard !isForPrograms else { return }
        decoder.finish(say)
        if let text = view.finish() { Terminal.say(text) }
    }

    private func say(_ event: CodexEvent) {
        if let text = view.text(for: event) { Terminal.say(text) }
    }

    private func showRecords(_ bytes: [UInt8]) {
        line += bytes
        while let end = line.firstIndex(of: UInt8(ascii: "\n")) {
            Terminal.say(SafeText(record: String(decoding: line[..<end], as: UTF8.self)))
            line.removeFirst(end + 1)
        }
    }
}
