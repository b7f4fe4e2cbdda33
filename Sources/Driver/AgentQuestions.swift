package import Agent
package import EventLoop
import Orchestration
import Reporting

/// The questions of a check-up to an agent's program, each a short run of the program.
///
/// Blocks, so it is for worker threads and for commands without a loop.
package struct AgentQuestions: Sendable {
    /// The time that an answer may take.
    private static let patience = Duration.seconds(5)
    /// The time that an answer may take where a launcher has to reach a machine first.
    private static let launchedPatience = Duration.seconds(60)
    /// The longest answer, in bytes.
    private static let longestAnswer = 64 * 1024

    private let command: AgentCommand
    private let inherited: InheritedEnvironment
    private let variables: [String: String]
    private let directory: String
    /// The launcher that leads to the program; `nil` for this machine.
    var launched: LaunchedPlace?

    /// Makes the questions to a program in a directory, with `variables` in its environment.
    package init(
        _ command: AgentCommand,
        inherited: InheritedEnvironment,
        adding variables: [String: String] = [:],
        in directory: String
    ) {
        self.command = command
        self.inherited = inherited.without(variables.keys)
        (self.variables, self.directory) = (variables, directory)
    }

    /// Checks the program for what sessions need.
    package func checkUp(_ needs: CheckUpNeeds) -> CheckUp {
        command.kind.checkUp(needs, at: place)
    }

    /// Asks the program for its abilities alone.
    func abilities() -> AgentAbilities { command.kind.abilities(at: place) }

    private var place: AgentPlace {
        AgentPlace(
            ask: { run([command.executable] + command.arguments + $0) },
            shell: { run(["/bin/sh", "-c", $0]) }
        )
    }

    private func run(_ words: [String]) -> ProgramAnswer {
        guard let launched else {
            return answer(end(words[0], words, patience: Self.patience))
        }
        let shell = LaunchedCommand()
        let call = launched.call(
            of: shell.words(of: words.shellCommand),
            in: directory,
            adding: variables
        )
        let end = end(
            call.executable,
            call.arguments,
            Array(call.preamble.utf8),
            patience: Self.launchedPatience
        )
        return answer(end, of: shell)
    }

    private func end(
        _ executable: String,
        _ arguments: [String],
        _ input: [UInt8] = [],
        patience: Duration
    ) -> ShortProgram.End {
        let launch = ChildProcess.Launch(
            executable: executable,
            arguments: arguments,
            inherited: inherited,
            environment: variables.map { "\($0.key)=\($0.value)" },
            directory: directory,
            input: input
        )
        return ShortProgram(launch, patience: patience, longestOutput: Self.longestAnswer).run()
    }

    private func answer(_ end: ShortProgram.End) -> ProgramAnswer {
        switch end.refusal {
        case .isLate:
            return .unanswered("it did not end within \(Format.duration(Self.patience))")
        case .saysTooMuch: return .unanswered("it " + Self.tooLong)
        case nil: break
        }
        return Self.answer(
            end.termination,
            said: String(decoding: end.output, as: UTF8.self),
            error: String(decoding: end.standardError.head, as: UTF8.self)
        )
    }

    /// Returns the answer that a shell brought back, in which both outputs of the program are one.
    private func answer(_ end: ShortProgram.End, of shell: LaunchedCommand) -> ProgramAnswer {
        // Whose words these are, nobody knows.
        if end.refusal == .saysTooMuch { return .unreached(Self.tooLong) }
        let told = shell.end(
            LoggedCommand.End(
                termination: end.termination,
                output: end.output,
                beginning: end.output,
                isLate: end.refusal == .isLate
            ),
            limit: Self.launchedPatience
        )
        if let reason = told.notRun {
            let words = StandardErrorWords.telling(
                String(decoding: end.standardError.head, as: UTF8.self)
            )
            return .unreached([reason, words].compactMap(\.self).joined(separator: ": "))
        }
        if told.said.isLate {
            return .unanswered("it did not end within \(Format.duration(Self.launchedPatience))")
        }
        let text = String(decoding: told.said.output, as: UTF8.self)
        return Self.answer(told.said.termination, said: text, error: text)
    }

    private static let tooLong = "said more than \(Format.count(longestAnswer, "byte"))"

    private static func answer(
        _ termination: ChildEnd.Termination,
        said text: String,
        error: String
    ) -> ProgramAnswer {
        let error = StandardErrorWords.telling(error)
        switch termination {
        case .exited(0):
            guard text.allSatisfy(\.isWhitespace) else { return .said(text) }
            return error.map(ProgramAnswer.said) ?? .silent
        case .exited: return .failed(error ?? "it said nothing")
        case .signaled(let signal): return .failed("killed by \(Signals.name(signal))")
        case .notStarted(_, let doing): return .failed(doing)
        }
    }
}
