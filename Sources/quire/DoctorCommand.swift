import ArgumentParser
import Autonomous
import Driver
import EventLoop
import Foundation
import Glibc
import Manifest
import Orchestration
import RunStore

/// `quire doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check what a run needs: Codex, limits, disk, state.",
        discussion: "Exit status: 0 when everything is there, 69 when something is missing."
    )

    @Option(help: ArgumentHelp("The agent's program, instead of codex.", valueName: "path"))
    var agent: String?

    @OptionGroup var state: StateOptions

    /// The version that Quire's knowledge of Codex comes from.
    private static let measured = "0.163.0"

    func run() throws {
        var isWell = true
        func tell(_ mark: String, _ subject: String, _ words: String) {
            Terminal.say("\(mark) \(subject): \(words)")
            if mark == "✗" { isWell = false }
        }
        checkAgent(tell)
        checkLimits(tell)
        checkState(tell)
        tell("✓", "clock", "\(TimeZone.current.identifier), \(Date().formatted(.iso8601))")
        if !isWell { throw ExitCode(ExitStatus.missing) }
    }

    private typealias Tell = (_ mark: String, _ subject: String, _ words: String) -> Void

    private func checkAgent(_ tell: Tell) {
        let command: AgentCommand
        do {
            command = try AgentLookup.command(
                for: agent.map { .command([$0]) } ?? .codex,
                in: FileManager.default.currentDirectoryPath
            )
        } catch {
            return tell("✗", "agent", (error as? Trouble)?.message ?? "\(error)")
        }
        let version = output(of: command, ["--version"])
        guard version.status == 0 else {
            return tell(
                "✗",
                "agent",
                "\(command.executable) --version failed: \(version.words); "
                    + "reinstall the Codex CLI"
            )
        }
        tell("✓", "agent", "\(command.executable), \(version.words)")
        if !version.words.contains(Self.measured) {
            tell(
                "⚠",
                "agent",
                "Quire was measured with Codex \(Self.measured); unknown events of "
                    + "other versions are carried, not understood"
            )
        }
        let login = output(of: command, ["login", "status"])
        tell(
            login.status == 0 ? "✓" : "⚠",
            "login",
            login.status == 0
                ? login.words
                : "\(login.words); log in with: codex login (not needed with a provider of your own)"
        )
    }

    /// Runs the agent to its end, at most 20 s, on a loop of its own.
    private func output(
        of command: AgentCommand,
        _ arguments: [String]
    ) -> (status: Int32, words: String) {
        var text: [UInt8] = []
        var result: (Int32, String) = (1, "it could not be started")
        do {
            let loop = try Loop()
            var child: ChildProcess?
            let timer = try EventLoop.Timer(loop: loop) { child?.kill() }
            timer.set(loop.now + .seconds(20))
            let callbacks = ChildProcess.Callbacks(
                started: { _, _ in },
                output: { bytes in for place in bytes.indices { text.append(bytes[place]) } },
                ended: { end in
                    result = Self.words(end, text)
                    loop.stop()
                }
            )
            let environment = Terminal.environment.map { "\($0.key)=\($0.value)" }
            child = ChildProcess(loop: loop, leakLimit: .seconds(1), callbacks: callbacks) {
                ChildProcess.Launch(
                    executable: command.executable,
                    arguments: [command.executable] + command.arguments + arguments,
                    environment: environment,
                    directory: "/",
                    input: []
                )
            }
            loop.run()
            timer.close()
            loop.close()
        } catch {
            return (1, "\(error)")
        }
        return result
    }

    private static func words(_ end: ChildEnd, _ output: [UInt8]) -> (Int32, String) {
        let text = String(decoding: output.isEmpty ? end.standardError.head : output, as: UTF8.self)
        let line =
            text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "it said nothing"
        switch end.termination {
        case .exited(let status): return (status, line)
        case .signaled(let signal): return (1, "killed by \(Signals.name(signal))")
        case .notStarted(_, let doing): return (1, doing)
        }
    }

    private func checkLimits(_ tell: Tell) {
        let limit = DescriptorLimit.raise()
        let sessions = max(0, limit - 64) / 4
        tell(
            sessions >= 4 ? "✓" : "✗",
            "descriptors",
            "\(limit), enough for \(sessions) sessions at once"
        )
    }

    private func checkState(_ tell: Tell) {
        let workspace = Workspace.containing(FileManager.default.currentDirectoryPath)
        let directory = state.directory(in: workspace)
        var free = statvfs()
        if statvfs(workspace.root, &free) == 0 {
            let megabytes = Int(free.f_bavail) * Int(free.f_frsize) / 1_048_576
            tell(
                megabytes > 500 ? "✓" : "✗",
                "disk",
                "\(megabytes) MiB free under \(workspace.root)"
                    + (megabytes > 500 ? "" : "; free some space")
            )
        }
        do {
            if let reader = try StoreReader.open(directory: directory) {
                tell("✓", "state", "\(directory), \(try reader.runs().count) runs recorded")
            } else {
                tell("✓", "state", "\(directory), nothing recorded yet")
            }
        } catch {
            tell("✗", "state", "\(error)")
        }
    }
}
