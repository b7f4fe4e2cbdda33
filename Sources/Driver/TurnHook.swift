import Autonomous
import Codec
package import EventLoop
import Orchestration
import Reporting

/// Quire's answer to an agent that is about to end its turn: the check's words, while the check fails.
///
/// Whatever is amiss, the turn ends: the check that Quire runs after the session has the last word.
package struct TurnHook {
    /// The most failures that an agent is told of within a session.
    static let mostRounds = 3

    /// The answer of a hook that lets the turn go on.
    private struct Answer: Encodable {
        var decision = "block"
        var reason: String
    }

    /// The first word of the command line that asks for the answer.
    package static let command = SessionCheck.command

    private let check: SessionCheck
    private let directory: TaskDirectory
    private let environment: InheritedEnvironment

    /// Makes the hook of a process with an environment; `nil` if that has no check.
    package init?(_ environment: InheritedEnvironment) {
        guard let json = environment.text(SessionCheck.variable),
            let check = try? FactDecoder.decode(SessionCheck.self, from: json),
            let name = try? TaskName(given: check.task)
        else { return nil }
        self.check = check
        directory = Workspace(root: check.workspace).taskDirectory(name)
        self.environment = environment
    }

    /// Returns the answer to what the agent says of its turn, both in JSON; `nil` to let the turn end.
    ///
    /// Blocks while the check runs.
    package func answer(to input: [UInt8]) -> String? {
        guard let round = round(input), round < Self.mostRounds, isClaimed else { return nil }
        let end = run().redacted(by: redactor)
        let termination = Termination(end.said.termination)
        // A check that is slow, or could not run, is told once the session has ended.
        guard CheckResult(termination, isLate: end.said.isLate) == .failed else { return nil }
        do {
            // Without that, the turn might never end.
            try directory.note(failedRounds: round + 1, of: check.session)
        } catch {
            return nil
        }
        let prompt = RoundPrompt(
            words: end.words(limit: .milliseconds(check.limit), setting: "verify: timeout")
                + end.tellingWords,
            output: end.safeOutput(in: nil),
            left: Self.mostRounds - round - 1
        )
        return try? FactEncoder.json(Answer(reason: prompt.text))
    }

    /// Returns the number of failures that the agent was told of in this session; `nil` if that is not known.
    private func round(_ input: [UInt8]) -> Int? {
        guard let tape = try? JSONTape(input), tape.tokens[0].kind == .object,
            let value = tape.lastValue(of: "stop_hook_active", in: 0)
        else { return nil }
        guard tape.tokens[value].kind == .yes else { return 0 }
        return try? directory.failedRounds(of: check.session)
    }

    /// True if the session leaves work that Quire would check.
    private var isClaimed: Bool {
        guard let progress = directory.checklistAsItLies().progress, !asks else { return false }
        switch CheckPlan.Occasion(rawValue: check.occasion) {
        case .completion: return progress.isComplete
        case .tick: return progress.isComplete || progress.ticked > check.ticked
        case nil: return false
        }
    }

    /// True if the agent asks a person, or nobody knows.
    private var asks: Bool {
        do {
            return try directory.question() != nil
        } catch {
            return true
        }
    }

    private var redactor: Redactor {
        let entries = environment.entries.map { String(decoding: $0, as: UTF8.self) }
        let variables = entries.compactMap { entry in
            entry.firstIndex(of: "=").map {
                (String(entry[..<$0]), String(entry[$0...].dropFirst()))
            }
        }
        let own = Dictionary(variables) { first, _ in first }
        return Redactor(environment: [own, check.environment], words: check.secrets)
    }

    private func run() -> CommandEnd {
        let variables = check.environment
        let launch = ChildProcess.Launch(
            executable: "/bin/sh",
            // Only of standard error are the ends alone kept.
            arguments: ["sh", "-c", "exec >&2; exec /bin/sh -c \"$1\"", "sh", check.command],
            inherited: environment.without([SessionCheck.variable] + variables.keys),
            environment: variables.map { "\($0.key)=\($0.value)" },
            directory: check.directory,
            input: []
        )
        let end = ShortProgram(launch, patience: .milliseconds(check.limit)).run()
        return CommandEnd(
            LoggedCommand.End(
                termination: end.termination,
                output: end.standardError.end,
                isLate: end.refusal != nil
            )
        )
    }
}
