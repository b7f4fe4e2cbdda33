import ArgumentParser
import CodexSim
import EventLoop
import Glibc
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
            the same command continues a run that was interrupted.
            """,
        version: Version.report,
        subcommands: [
            RunCommand.self, PlanCommand.self, TaskCommand.self, ListCommand.self,
            StatusCommand.self, LogsCommand.self, ExplainCommand.self, SimulateCommand.self,
            MergeCommand.self, DoctorCommand.self, CodexSimCommand.self,
        ]
    )

    static func main() {
        do {
            try StandardDescriptors.fill()
        } catch {
            Terminal.complain("\(error); a program needs it in place of what is closed")
            Glibc.exit(ExitStatus.missing)
        }
        let words = Array(ProgramArguments.all.dropFirst())
        // The simulator has arguments of its own, and must start at once.
        if words.first == "codex-sim" {
            Glibc.exit(CodexSim.main(arguments: Array(words.dropFirst())))
        }
        Signals.takeCharge()
        do {
            try Names.check(words: ProgramArguments.bytes)
            var command = try parseAsRoot(words)
            try Names.checkPlaces()
            try command.run()
        } catch let error as Trouble {
            Terminal.complain(error.message)
            Glibc.exit(error.status)
        } catch {
            // The original system's script answers a bad call with 1.
            let isTask = words.first == "task" && exitCode(for: error) == ExitCode.validationFailure
            if isTask {
                Terminal.complain(fullMessage(for: error))
                Glibc.exit(1)
            }
            exit(withError: error)
        }
    }
}

/// A reason to give up, and the status to leave with.
struct Trouble: Error {
    /// What, where, and what to do.
    var message: String
    /// The exit status.
    var status: Int32

    init(_ message: String, status: Int32) {
        self.message = message
        self.status = status
    }
}

/// Shows itself in no help: the stand-in for Codex that `agent: simulated` starts.
struct CodexSimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codex-sim",
        abstract: "Plays codex, simulated.",
        shouldDisplay: false
    )
}
