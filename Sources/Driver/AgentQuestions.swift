package import Agent
package import EventLoop
import Orchestration

/// The questions of a check-up to an agent's program, each a short run of the program.
///
/// Blocks, so it is for worker threads and for commands without a loop.
package struct AgentQuestions: Sendable {
    /// The time that an answer may take.
    private static let patience = Duration.seconds(5)
    /// The longest answer, in bytes.
    private static let longestAnswer = 64 * 1024

    private let command: AgentCommand
    private let inherited: InheritedEnvironment
    private let variables: [String: String]
    private let directory: String

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
        command.kind.checkUp(
            needs,
            variable: { variables[$0] ?? inherited.text($0) },
            ask: ask
        )
    }

    private func ask(_ arguments: [String]) -> ProgramAnswer {
        let launch = ChildProcess.Launch(
            executable: command.executable,
            arguments: [command.executable] + command.arguments + arguments,
            inherited: inherited,
            environment: variables.map { "\($0.key)=\($0.value)" },
            directory: directory,
            input: []
        )
        let end = ShortProgram(
            launch,
            patience: Self.patience,
            longestOutput: Self.longestAnswer
        ).run()
        return Self.answer(end)
    }

    private static func answer(_ end: ShortProgram.End) -> ProgramAnswer {
        switch end.refusal {
        case .isLate: return .unanswered("it did not end within \(Format.duration(patience))")
        case .saysTooMuch:
            return .unanswered("it said more than \(Format.count(longestAnswer, "byte"))")
        case nil: break
        }
        let errors = String(decoding: end.standardError.head, as: UTF8.self)
        let error = StandardErrorWords.telling(errors)
        switch end.termination {
        case .exited(0):
            let text = String(decoding: end.output, as: UTF8.self)
            guard text.allSatisfy(\.isWhitespace) else { return .said(text) }
            return error.map(ProgramAnswer.said) ?? .silent
        case .exited: return .failed(error ?? "it said nothing")
        case .signaled(let signal): return .failed("killed by \(Signals.name(signal))")
        case .notStarted(_, let doing): return .failed(doing)
        }
    }
}
