import Application
import ArgumentParser
import Autonomous
import Dates
import Driver
import Foundation
import Manifest
import Orchestration
import Reporting
import RunStore

/// `quire logs`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what the agents of tasks said and did, and why sessions failed.",
        discussion: """
            Reads the tasks' session.log: by default in words and without secrets, with --raw byte for \
            byte, secrets included (on a terminal and in GitHub Actions, what would steer them is \
            written as JSON escapes). Commands are shown whole, each with its exit status, and the end \
            of what a failed one printed; in a pipe a command is one line. \
            With -f it goes on as the logs grow, until the tasks have ended or Ctrl-C; it waits for the \
            first session of a task that a run holds. Without a task, --failed shows all tasks of the \
            newest run that failed.
            """
    )

    @Argument(
        help: "The tasks' names; patterns such as 'port-*' stand for several.",
        completion: .task
    )
    var tasks: [String] = []

    @Flag(name: [.customShort("f"), .long], help: "Go on as the log grows, until the task's end.")
    var follow = false

    @Option(help: ArgumentHelp("Only the session of this number.", valueName: "n"))
    var session: Int?

    @Flag(help: "Only sessions that failed, and of others the commands that failed.")
    var failed = false

    @Option(
        help: ArgumentHelp(
            "Only sessions that ended since then, or go on: a time such as 18:30 or "
                + "'2026-11-29 18:30', or a duration such as 2h, before now.",
            valueName: "time"
        ),
        transform: { text in
            let now = SystemClock.wall
            let time = Quantity.duration(text).map { now - $0 }
            guard let time = time ?? LocalTime.instant(text, now: now) else {
                throw ValidationError(
                    "\"\(text)\" is no time such as 18:30 or 2026-11-29T18:30:00Z, and no duration such as 2h."
                )
            }
            return time
        }
    )
    var since: WallTime?

    @Flag(help: "The log as it is: Codex's JSON Lines.")
    var raw = false

    @Flag(help: "What the task's sessions wrote to standard error instead: both ends of it.")
    var stderr = false

    @OptionGroup var look: LookOptions

    private var filter: LogFilter {
        var filter = LogFilter()
        (filter.session, filter.since, filter.failedOnly) = (session, since, failed)
        return filter
    }

    private var isForPrograms: Bool { raw || look.json }

    func validate() throws {
        var chosen = filter
        // It names the tasks, where nobody does.
        if tasks.isEmpty { chosen.failedOnly = false }
        if isForPrograms, !chosen.isEmpty {
            throw ValidationError(
                "--raw and --json show a log as it is, from its beginning to its end; leave --session, --failed "
                    + "and --since out"
            )
        }
        if tasks.isEmpty, !failed {
            throw ValidationError(
                "name a task, or a pattern such as 'port-*'; quire list shows all names"
            )
        }
    }

    func run() throws {
        let named = try self.named()
        if stderr { return try named.forEach(showStandardError) }
        var shown: TaskName?
        let logs = named.map { task in
            TaskLog(
                task,
                LogOutput(
                    isForPrograms ? nil : filter,
                    redactor: task.redactor(),
                    sessions: { task.sessions() },
                    say: { text in
                        // Logs that are followed together take turns.
                        if named.count > 1, shown != task.name { Terminal.say("== \(task.name)") }
                        shown = task.name
                        Terminal.say(text)
                    }
                ),
                follows: follow
            )
        }
        try show(logs)
    }

    /// Returns the tasks that are to be shown.
    private func named() throws -> [LoggedTask] {
        var known: [String]?
        var names: [String] = []
        for text in tasks.isEmpty ? try failedTasks() : tasks {
            guard text.contains(where: { "*?[".contains($0) }) else {
                names.append(text)
                continue
            }
            let all = try known ?? knownNames()
            known = all
            let found = all.filter { $0.matches(text) }
            guard !found.isEmpty else {
                throw Trouble(
                    "no task matches \"\(text)\" in \(look.place.root); quire list shows all names",
                    status: ExitStatus.missing
                )
            }
            names += found
        }
        var seen: Set<String> = []
        return try names.filter { seen.insert($0).inserted }.map { text in
            do {
                return LoggedTask(name: try TaskName(given: text), look: look)
            } catch {
                throw Trouble("\(error)", status: ExitStatus.usage)
            }
        }
    }

    private func knownNames() throws -> [String] {
        let listed = try look.tasks(of: look.place, knowing: KnownLists()).map(\.name.description)
        do {
            return Set(listed + (try look.reader()?.taskNames() ?? [])).sorted()
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Returns the tasks of the newest run that failed.
    private func failedTasks() throws -> [String] {
        do {
            let (reader, run) = try look.run(nil, in: look.reader())
            let failed = try reader.tasks(of: run.run).filter { $0.outcome?.isFailure == true }
            if failed.isEmpty {
                Terminal.complain("no task of the newest run (\(run.run)) has failed")
            }
            return failed.map(\.name)
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Shows logs to their ends, and with `-f` their growth.
    private func show(_ logs: [TaskLog]) throws {
        for log in logs {
            if !isForPrograms {
                _ = log.task.sessions {
                    Terminal.complain("warning: numbers and ends of sessions are not shown: \($0)")
                }
            }
            let name = log.task.name
            if try log.open() {
                Terminal.complain("task \"\(name)\" has had no session yet: waiting for its first")
            }
        }
        var open = logs
        while !open.isEmpty, StandardStream.output.failure == nil {
            var isQuiet = true
            for log in open {
                // One that is only read is read to its end before the next.
                var step = try log.step()
                while step == .news, !follow, StandardStream.output.failure == nil {
                    step = try log.step()
                }
                if step == .news { isQuiet = false }
                guard step == .over else { continue }
                open.removeAll { $0 === log }
                try end(log)
            }
            if isQuiet, !open.isEmpty { usleep(200_000) }
        }
        for log in open { log.finish() }
    }

    /// Shows the end of a log, and how its task ended.
    private func end(_ log: TaskLog) throws {
        let task = log.task
        // Sessions without output leave no log.
        guard log.isOpen || !task.sessions().isEmpty else {
            let path = look.place.taskDirectory(task.name).logPath
            throw Trouble(
                "\"\(path)\" does not exist: task \"\(task.name)\" has had no session in this "
                    + "workspace; see quire list",
                status: ExitStatus.missing
            )
        }
        log.finish()
        if let session, let newest = task.sessions().last,
            !task.sessions().contains(where: { $0.key.number == session })
        {
            throw Trouble(
                "task \"\(task.name)\" has had no session \(session); its newest is \(newest.key.number)",
                status: ExitStatus.missing
            )
        }
        guard !isForPrograms, session == nil, let ending = task.ending() else { return }
        Terminal.say(ending.words.painted(ending.paint, if: Terminal.usesColor))
    }

    private func showStandardError(of task: LoggedTask) throws {
        do {
            let (reader, run) = try look.run(nil, in: look.reader())
            for session in try reader.sessions(of: run.run, task: "\(task.name)")
            where session.standardErrorBytes > 0 && filter.shows(session) {
                guard let kept = try reader.standardError(of: session.key, run: run.run) else {
                    continue
                }
                let left = Int(session.standardErrorBytes) - kept.head.count - kept.tail.count
                let size = Format.count(session.standardErrorBytes, "byte")
                let name: SafeText = tasks == ["\(task.name)"] ? "" : "\(task.name), "
                Terminal.say("— \(name)session \(session.key.number), \(size)")
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
