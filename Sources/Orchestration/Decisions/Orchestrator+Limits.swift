// Gates that follow from failures: of limits, credentials, the network and the machine.
extension Orchestrator {
    /// The first and the longest wait after a usage limit without a reset time; each refused probe
    /// doubles the wait.
    private static let unknownReset = (
        first: Duration.seconds(300), longest: Duration.seconds(3600)
    )
    /// Time between probes after the stated reset time, and after a probe without a result.
    private static let probeInterval = Duration.seconds(60)
    /// Reset times further away than this are ignored as implausible.
    private static let farthestReset = Duration.seconds(32 * 86_400)
    /// The first wait after a rate limit; each further one without a success between doubles it.
    private static let rateLimitDelay = Duration.seconds(10)
    /// Wait before the probe that finds out whether credentials are refused for good.
    private static let authenticationDelay = Duration.seconds(30)
    /// Time for which sessions start one by one once refused credentials work again.
    private static let oneByOne = Duration.seconds(60)
    /// Time between two sessions that probe the network.
    private static let networkProbeInterval = Duration.seconds(30)
    /// Time after any session's answer in which another's wait for the network closes no gate.
    private static let answerCounts = Duration.seconds(10)

    /// Closes or opens gates as the class of a session's failure asks for.
    mutating func holdStarts(after failure: Failure, of key: SessionKey) {
        let account = state.account(of: key.task)
        let isProbe = state.probes[account] == key
        if let session = state.running[key] { slowDown(after: failure, of: session) }
        if failure.kind.comesFromService { networkIsBack() }
        switch failure.kind {
        case .usageLimit: usageLimitMet(failure, account, isProbe: isProbe)
        case .rateLimit: rateLimitMet(failure, account)
        case .authentication: credentialsRefused(failure, account, isProbe: isProbe)
        case .brokenConfiguration: configurationRefused(failure, account, isProbe: isProbe)
        case .noNetwork: networkMissing(failure.message)
        case .contextWindow, .turnFailed: gotThrough(key)
        case .stateLocked: spaceStarts()
        case .shortage: shortageMet(failure)
        default: break
        }
        if isProbe, failure.kind != .brokenConfiguration { probeToldNothing(account) }
    }

    /// Postpones the next probe if the last one left the gates as they were.
    private mutating func probeToldNothing(_ account: String?) {
        let keys = [
            GateKey(.usageLimit, account), GateKey(.authentication, account), GateKey(.network),
        ]
        for key in keys {
            guard var closed = state.gates[key], let until = closed.until, until <= now.wall else {
                continue
            }
            let wait = key.gate == .usageLimit ? Self.probeInterval : Self.networkProbeInterval
            closed.until = now.wall + wait
            close(closed)
        }
    }

    private mutating func usageLimitMet(_ failure: Failure, _ account: String?, isProbe: Bool) {
        let closed = state.gates[GateKey(.usageLimit, account)]
        var next = GateClosed(
            gate: .usageLimit,
            account: account,
            until: nil,
            reason: failure.message,
            isStated: closed?.isStated,
            refusals: closed?.refusals
        )
        if isProbe { next.refusals = (closed?.refusals ?? 0) + 1 }
        let told = failure.resetsAt.flatMap { $0 <= now.wall + Self.farthestReset ? $0 : nil }
        if told != nil { next.isStated = true }
        if let told, told > now.wall {
            if closed?.isStated == true, let until = closed?.until, until >= told { return }
            next.until = told
        } else {
            // A session that began before the gate closed proves nothing new.
            guard closed == nil || isProbe else { return }
            next.until = now.wall + unknownWait(next)
        }
        close(next)
    }

    private func unknownWait(_ closed: GateClosed) -> Duration {
        if closed.isStated == true { return Self.probeInterval }
        let doublings = min(closed.refusals ?? 0, 10)
        return min(Self.unknownReset.first * (1 << doublings), Self.unknownReset.longest)
    }

    private mutating func rateLimitMet(_ failure: Failure, _ account: String?) {
        let key = GateKey(.rateLimit, account)
        guard state.gates[key] == nil else { return }
        rateLimitsInARow[account, default: 0] += 1
        let doublings = min(rateLimitsInARow[account, default: 1] - 1, 5)
        let least = now.wall + Self.rateLimitDelay * (1 << doublings)
        let told = failure.resetsAt.flatMap { $0 <= now.wall + Self.farthestReset ? $0 : nil }
        close(
            GateClosed(
                gate: .rateLimit,
                account: account,
                until: max(least, told ?? least),
                reason: failure.message
            )
        )
    }

    // MARK: - Credentials

    private mutating func credentialsRefused(
        _ failure: Failure,
        _ account: String?,
        isProbe: Bool
    ) {
        var next = GateClosed(
            gate: .authentication,
            account: account,
            until: now.wall + Self.authenticationDelay,
            reason: failure.message
        )
        if let closed = state.gates[next.key] {
            guard isProbe, closed.until != nil else { return }
            next.until = nil
            next.refusals = 1
            next.reason = "refused again: \(failure.message); log in (codex login) and run it again"
        }
        close(next)
    }

    /// Number of sessions that must find an account's configuration broken before it is given up:
    /// one of them may have failed for a task's own arguments.
    private static let brokenConfigurations = 3

    /// Holds the account until another task's session has probed it: the broken configuration may
    /// be the task's own, or everybody's.
    private mutating func configurationRefused(
        _ failure: Failure,
        _ account: String?,
        isProbe: Bool
    ) {
        var next = GateClosed(
            gate: .authentication,
            account: account,
            until: now.wall,
            reason: failure.message,
            refusals: 1
        )
        if let closed = state.gates[next.key] {
            guard isProbe, closed.until != nil else { return }
            next.refusals = (closed.refusals ?? 0) + 1
        }
        if next.refusals ?? 0 >= Self.brokenConfigurations {
            next.until = nil
            next.reason =
                "\(failure.message); correct the agent's configuration, and run it again with "
                + "--retry-failed"
        }
        close(next)
    }

    /// Lets the sessions of an account start one by one, for a while.
    mutating func loginWorks(_ account: String?) {
        let key = GateKey(.authentication, account)
        guard let closed = state.gates[key], closed.startsOneByOne != true else { return }
        close(
            GateClosed(
                gate: .authentication,
                account: account,
                until: now.wall + Self.oneByOne,
                reason: "the account works again: one start at a time for a while",
                startsOneByOne: true
            )
        )
    }

    /// True if work is left, but only work that needs credentials refused for good.
    var lacksLogin: Bool {
        let lost = state.gates.values.filter { $0.gate == .authentication && $0.until == nil }
        guard !lost.isEmpty, state.unfinished > 0 else { return false }
        let accounts = Set(lost.map(\.account))
        return state.tasks.allSatisfy {
            !$0.isOpen || $0.pendingNeeds > 0 || accounts.contains($0.plan.account)
        }
    }

    // MARK: - Network

    mutating func sessionActive(_ key: SessionKey) {
        watch.noteActivity(key, at: now.awake)
        if watch.hasAnswer(key) { networkIsBack() }
    }

    mutating func sessionAnswered(_ key: SessionKey) {
        watch.noteAnswer(key, at: now.awake)
        gotThrough(key)
    }

    mutating func sessionWaitsForNetwork(_ key: SessionKey) {
        watch.noteNetworkWaiting(key)
        if let lastAnswer, now.awake - lastAnswer < Self.answerCounts { return }
        guard state.gates[GateKey(.network)] == nil else { return }
        let reason = "the network is down: session \(key.number) of \"\(key.task)\" waits for it"
        close(GateClosed(gate: .network, until: nil, reason: reason))
    }

    private mutating func networkMissing(_ reason: String) {
        let closed = state.gates[GateKey(.network)]
        if let until = closed?.until, until > now.wall { return }
        close(
            GateClosed(
                gate: .network,
                until: now.wall + Self.networkProbeInterval,
                reason: reason
            )
        )
    }

    /// Leaves the network to probes if no waiting session is left that would report.
    mutating func probeNetworkIfUnwatched() {
        guard var closed = state.gates[GateKey(.network)], closed.until == nil,
            !watch.anyWaitsForNetwork
        else { return }
        closed.until = now.wall + Self.networkProbeInterval
        close(closed)
    }

    mutating func networkIsBack() {
        lastAnswer = now.awake
        open(GateKey(.network))
    }

    // MARK: - The machine

    /// The first and the longest wait after a shortage, and the time in all for which shortages
    /// cost no retry.
    private static let shortageDelay = (
        first: Duration.seconds(1), longest: Duration.seconds(60), free: Duration.seconds(3600)
    )

    private mutating func shortageMet(_ failure: Failure) {
        // Other starts that were under way meanwhile prove nothing new.
        guard state.gates[GateKey(.shortage)] == nil else { return }
        let times = shortage?.times ?? 0
        shortage = (shortage?.since ?? now.awake, times + 1)
        let delay = min(
            Self.shortageDelay.first * (1 << min(times, 10)),
            Self.shortageDelay.longest
        )
        close(GateClosed(gate: .shortage, until: now.wall + delay, reason: failure.message))
    }

    /// True once shortages have lasted so long that they cost retries: nobody waits for ever.
    var isShortageOld: Bool {
        shortage.map { now.awake - $0.since >= Self.shortageDelay.free } ?? false
    }

    // MARK: - Codex's own state

    /// Least time between starts after Codex found its own state locked, and how long that holds.
    private static let spacing = (between: Duration.milliseconds(250), lasts: Duration.seconds(60))

    /// Spaces starts for a while: many agents at once compete for Codex's databases.
    private mutating func spaceStarts() { spacedUntil = now.awake + Self.spacing.lasts }

    /// Awake time from which the next session may start; `nil` if starts need no spacing now.
    var spacedStart: Duration? {
        guard let spacedUntil, let lastStart, lastStart < spacedUntil else { return nil }
        let next = lastStart + Self.spacing.between
        return now.awake < min(next, spacedUntil) ? next : nil
    }

    /// True if the last start was too short a while ago.
    var isSpaced: Bool { spacedUntil != nil && spacedStart != nil }
}
