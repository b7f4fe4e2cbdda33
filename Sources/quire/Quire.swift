import Application
import ArgumentParser
import CodexSim
import Driver
import EventLoop
import Foundation
import Glibc
import Manifest
import Reporting
import Version

/// The command line.
@main
struct Quire: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quire",
        abstract: "Runs many autonomous Codex tasks at once, and keeps going until they are done.",
        discussion: """
            Write a manifest of tasks, look at it with "quire plan", and start it with "quire run":

              version: 1
              run: {name: port, concurrency: 8}
              tasks:
                - name: port-auth
                  prompt: Port services/auth to the new API, with tests.

            Each task takes as many Codex sessions as it needs: the first writes a checklist, the \
            others tick it one by one. Everything is recorded under .autonomous/ in the workspace; \
            the same command continues a run that was interrupted. The manual is "quire help".
            """,
        version: Version.report,
        subcommands: [
            RunCommand.self, PlanCommand.self, TaskCommand.self, ListCommand.self,
            StatusCommand.self, WatchCommand.self, AttachCommand.self, LimitsCommand.self,
            LogsCommand.self, ExplainCommand.self, SimulateCommand.self,
            AnswerCommand.self, TellCommand.self, PauseCommand.self, ResumeCommand.self,
            DrainCommand.self, StopCommand.self, SkipCommand.self, RetryCommand.self,
            SetCommand.self, AddCommand.self,
            DiffCommand.self, MergeWorkCommand.self, PullRequestCommand.self, ExportCommand.self,
            PruneCommand.self, MergeCommand.self, DoctorCommand.self, TrustCommand.self,
            SkillCommand.self,
            HelpCommand.self, VersionCommand.self, CompletionsCommand.self, InitCommand.self,
            CodexSimCommand.self, SafeDiffCommand.self,
        ]
    )

    @Flag(name: .customShort("V"), help: "Show the version, too.")
    var showsVersion = false

    func validate() throws {
        if showsVersion { throw CleanExit.message(Version.report) }
    }

    static func main() {
        do {
            try StandardDescriptors.fill()
        } catch {
            Terminal.complain("\(error); start it with its standard input, output and error open")
            Glibc.exit(ExitStatus.missing)
        }
        let words = Array(ProgramArguments.all.dropFirst())
        // The simulator parses its own arguments, and must start at once.
        if words.first == "codex-sim" {
            Glibc.exit(CodexSim.main(arguments: Array(words.dropFirst())))
        }
        if words.first == TurnHook.command { Glibc.exit(TurnHookCommand.main()) }
        Signals.takeCharge()
        ScreenTerminal.restore()
        // A closed reader, or a file size limit, then is an error of the write, not a signal.
        Signals.ignoreFailedWrites()
        var didWork = false
        let status = status(of: words, &didWork)
        Glibc.exit(Terminal.finalStatus(status, didWork: didWork))
    }

    /// Runs the command line and returns its exit status.
    private static func status(of words: [String], _ didWork: inout Bool) -> Int32 {
        do {
            try Names.check(words: ProgramArguments.bytes)
            try checkCommand(words)
            var command = try parseAsRoot(words)
            // Help needs neither a working directory nor a state directory; "run --help" is a command of the
            // parser's own.
            let commands = configuration.subcommands
            let isOwn = (commands + commands.flatMap { $0.configuration.subcommands })
                .contains { $0 == type(of: command) }
            if isOwn, !(command is any PlacelessCommand) {
                try checkWorkingDirectory()
                try Names.checkPlaces()
            }
            didWork = command is any WorkingCommand
            try command.run()
            return 0
        } catch let error as Trouble {
            Terminal.complain(error.message)
            return error.status
        } catch let code as ExitCode {
            return code.rawValue
        } catch {
            return tell(error, isTask: words.first == "task")
        }
    }

    /// Prints the parser's message (help, version, script or error) and returns the exit status.
    private static func tell(_ error: any Error, isTask: Bool) -> Int32 {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code.isSuccess {
            // Help and scripts are Quire's own text, and are printed as they are.
            if !message.isEmpty { StandardStream.output.write(raw: Array((message + "\n").utf8)) }
        } else {
            Terminal.complain(SafeText(lines: message))
        }
        // The original system's script exits with 1 after a bad call.
        return isTask && code == .validationFailure ? 1 : code.rawValue
    }
}

extension Quire {
    /// The names of all commands but hidden ones.
    static var commandNames: [String] {
        configuration.subcommands.map { $0.configuration }.filter { $0.shouldDisplay }
            .compactMap { $0.commandName }
    }

    /// Returns the command of this name, hidden ones included; `nil` if there is none.
    static func command(named name: String) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { $0.configuration.commandName == name }
    }

    /// Refuses a first word, or a second one, that is no command; the parser would report it as an unexpected
    /// argument.
    private static func checkCommand(_ words: [String]) throws {
        guard let asked = words.first, !asked.hasPrefix("-") else { return }
        guard let found = command(named: asked) else { throw noCommand(asked, among: commandNames) }
        let inner = found.configuration.subcommands.compactMap { $0.configuration.commandName }
        guard !inner.isEmpty, words.count > 1, !words[1].hasPrefix("-"), !inner.contains(words[1])
        else { return }
        throw noCommand(words[1], among: inner, of: asked + " ")
    }

    private static func noCommand(
        _ asked: String,
        among names: [String],
        of outer: String = ""
    ) -> Trouble {
        let near: SafeText? = Keys.suggestion(forPattern: asked, among: names)
            .map { "did you mean \"\(outer)\($0)\"?" }
        return Trouble(
            "there is no command \"\(outer)\(asked)\"; \(near ?? "see quire help")",
            status: ExitStatus.usage
        )
    }

    /// Checks that there is a working directory: paths and the workspace are relative to it.
    private static func checkWorkingDirectory() throws {
        guard let path = getcwd(nil, 0) else {
            let reason =
                errno == ENOENT
                ? "the current directory does not exist any more"
                : "the path of the current directory is unknown: \(String(cString: strerror(errno)))"
            throw Trouble("\(reason); go to another one (cd)", status: ExitStatus.missing)
        }
        free(path)
    }
}

/// The stand-in for Codex that `agent: simulated` starts; hidden from help.
struct CodexSimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codex-sim",
        abstract: "Plays codex, simulated.",
        shouldDisplay: false
    )
}

/// The hook that agents call at the end of a turn; no command of anybody's.
enum TurnHookCommand {
    /// The most bytes that an agent says of its turn.
    private static let longestInput = 16 << 20

    /// Answers the agent on standard output; without an answer the turn ends.
    static func main() -> Int32 {
        let input = FileHandle.standardInput
        guard let hook = TurnHook(.own), let data = try? input.read(upToCount: longestInput),
            let answer = hook.answer(to: [UInt8](data))
        else { return 0 }
        StandardStream.output.write(raw: Array((answer + "\n").utf8))
        return 0
    }
}
