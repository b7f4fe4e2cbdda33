/// The credentials and configuration of accounts: an account that was refused is probed, and given
/// up if the probe is refused, too.
///
/// It also ends a leg whose accounts are all lost, for whatever reason.
struct Credentials: Governor {
    /// Wait before the probe that finds out whether credentials are refused for good.
    private static let probeDelay = Duration.seconds(30)
    /// Time for which sessions start one by one once refused credentials work again.
    private static let oneByOne = Duration.seconds(60)
    /// Number of sessions that must find an account's configuration broken before it is given up:
    /// one of them may have failed for a task's own arguments.
    private static let brokenConfigurations = 3

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionAnswered(let key): turn.probeGotThrough(key, Self.accountWorks)
        case .sessionFailed(let failed):
            switch failed.treatment.reaction {
            case .credentials: credentialsRefused(failed, in: &turn)
            case .configuration: configurationRefused(failed, in: &turn)
            case .none, .usageLimit, .rateLimit, .network, .sandbox, .answered, .spacing, .shortage:
                break
            }
        default: break
        }
    }

    func ending(in turn: Turn) -> Ending? { turn.lacksAccounts && !turn.isOpening ? .unable : nil }

    private func credentialsRefused(_ failed: FailedSession, in turn: inout Turn) {
        let message = failed.failure.message
        var next = GateClosed(
            gate: .authentication,
            account: failed.account,
            until: turn.now.wall + Self.probeDelay,
            reason: message
        )
        if let closed = turn.state.gates.closed[next.key] {
            guard failed.isProbe, closed.until != nil else { return }
            next.until = nil
            next.refusals = 1
            next.reason = "refused again: \(message); log in (codex login) and run it again"
        }
        turn.close(next)
    }

    /// Holds the account until another task's session has probed it: the broken configuration may
    /// be the task's own, or everybody's.
    private func configurationRefused(_ failed: FailedSession, in turn: inout Turn) {
        let message = failed.failure.message
        var next = GateClosed(
            gate: .authentication,
            account: failed.account,
            until: turn.now.wall,
            reason: message,
            refusals: 1
        )
        if let closed = turn.state.gates.closed[next.key] {
            guard failed.isProbe, closed.until != nil else { return }
            next.refusals = (closed.refusals ?? 0) + 1
        }
        if next.refusals ?? 0 >= Self.brokenConfigurations {
            next.until = nil
            next.reason =
                "\(message); correct the agent's configuration, and run it again with "
                + "--retry-failed"
        }
        turn.close(next)
    }

    /// Lets the sessions of an account start one by one, for a while.
    private static func accountWorks(_ turn: inout Turn, _ domain: AccountDomain) {
        let account = domain.account
        let key = GateKey(.authentication, account)
        guard let closed = turn.state.gates.closed[key], closed.startsOneByOne != true else {
            return
        }
        turn.close(
            GateClosed(
                gate: .authentication,
                account: account,
                until: turn.now.wall + oneByOne,
                reason: "the account works again: one start at a time for a while",
                startsOneByOne: true
            )
        )
    }
}
