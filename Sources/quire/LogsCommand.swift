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
            Reads the task's session.log: by default in words, with --raw byte for byte. \
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
        let path = look.place.taskDirectory(name).logPath
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Trouble(
                "\"\(path)\" does not exist: task \"\(task)\" has had no session in this "
                    + "workspace; see quire list",
                status: ExitStatus.missing
            )
        }
        var decoder = EventDecoder()
        while true {
            let bytes = try file.read(upToCount: 64 * 1024) ?? Data()
            if bytes.isEmpty {
                guard follow else { break }
                usleep(200_000)
                continue
            }
            show([UInt8](bytes), &decoder)
        }
        decoder.finish { say($0) }
    }

    private func show(_ bytes: [UInt8], _ decoder: inout EventDecoder) {
        if raw || look.json {
            let output = FileHandle(fileDescriptor: STDOUT_FILENO, closeOnDealloc: false)
            // A reader that has gone wants no more.
            do { try output.write(contentsOf: Data(bytes)) } catch { Glibc.exit(0) }
        } else {
            decoder.decode(bytes.span) { say($0) }
        }
    }

    private func say(_ event: CodexEvent) {
        guard !raw, !look.json else { return }
        switch event {
        case .threadStarted(let thread): Terminal.say("— thread \(Sanitizer.line(thread))")
        case .item(.completed, let item):
            if case .agentMessage(let text) = item.kind {
                Terminal.say(
                    text.split(separator: "\n").map { Sanitizer.line(String($0)) }
                        .joined(separator: "\n")
                )
            } else if let summary = event.summary {
                Terminal.say("  \(summary)")
            }
        case .error, .turnFailed: if let summary = event.summary { Terminal.say("! \(summary)") }
        case .undecodable(let line): Terminal.say("? \(Sanitizer.line(line.sample))")
        default: break
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
                Terminal.say("— session \(session.number), \(session.standardErrorBytes) bytes")
                show(kept.head)
                if left > 0 { Terminal.say("… \(left) bytes left out …") }
                show(kept.tail)
            }
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private func show(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            Terminal.say(Sanitizer.line(String(line)))
        }
    }
}
