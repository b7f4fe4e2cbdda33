import Agent
package import EventLoop
package import Orchestration

/// The questions to an agent's program for the limits of accounts.
///
/// Blocks for some seconds, so it is for worker threads and for commands without a loop.
package struct LimitQuestions: Sendable {
    /// The time that an answer may take: it comes from the service.
    private static let patience = Duration.seconds(8)
    private static let longestAnswer = 1 << 20
    /// Gives the program its input, and keeps it waiting until it ends or is killed, with its group.
    private static let shell = "{ cat; exec sleep 60; } | { \"$@\"; kill -9 0; }"

    private let command: AgentCommand
    private let inherited: InheritedEnvironment
    private let records: any AgentRecords

    /// Makes the questions to a program.
    package init(_ command: AgentCommand, inherited: InheritedEnvironment) {
        (self.command, self.inherited) = (command, inherited)
        records = command.kind.records(inheriting: inherited.text)
    }

    /// Returns an account's limits, as the program tells them; none if it has no login, or does not answer.
    ///
    /// `account` is its directory, and `name` what facts call it.
    package func limits(of account: String, as name: String?) -> [LimitRead] {
        guard let question = command.kind.limitQuestion, question.isAsked(account) else {
            return []
        }
        let own = records.variables(of: account)
        let launch = ChildProcess.Launch(
            executable: "/bin/sh",
            arguments: ["sh", "-c", Self.shell, "sh", command.executable] + command.arguments
                + question.arguments,
            inherited: inherited.without(own.keys),
            environment: own.map { "\($0.key)=\($0.value)" },
            directory: "/",
            input: Array(question.input.utf8)
        )
        var program = ShortProgram(
            launch,
            patience: Self.patience,
            longestOutput: Self.longestAnswer
        )
        program.isEnough = { question.answer($0, SystemClock.wall) != nil }
        let limits = question.answer(program.run().output, SystemClock.wall) ?? []
        return limits.map { limit in
            var limit = limit
            limit.account = name
            return limit
        }
    }
}
