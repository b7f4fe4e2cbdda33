// Accounts. The gates of a single account hold everything. With several accounts, the tasks of a
// closed one are withdrawn from the scheduler, so that its decisions stay as fast as they are.
extension RunState {
    /// The closed gates, and the service's limits that close them.
    package struct Gates: Sendable {
        /// The facts of the closed gates.
        package internal(set) var closed: [GateKey: GateClosed] = [:]
        /// Time at which each closed gate was last closed.
        var times: [GateKey: WallTime] = [:]
        /// The session that probes the gates of each account.
        package internal(set) var probes: [String?: SessionKey] = [:]
        /// Number of rate limits of each account without a success between.
        var rateLimitsInARow: [String?: Int] = [:]

        /// Opens all gates; the rate limits count on.
        mutating func beginLeg() { (closed, times, probes) = ([:], [:], [:]) }
    }

    /// Returns the account whose usage a task's sessions draw on; `nil` for the run's own.
    package func account(of task: String) -> String? {
        index.places[task].flatMap { tasks[$0].plan.account }
    }

    /// True if the closed gates hold everything.
    var isEverythingHeld: Bool {
        index.accounts.count < 2
            ? !gates.closed.isEmpty : gates.closed.keys.contains { !$0.gate.isOfAccount }
    }

    /// Returns the start that probes an account's gates; `nil` if none of its tasks may start, or
    /// no slot is free.
    mutating func nextStart(probing account: String?, at now: Duration) -> SessionStarted? {
        guard isHeld(account) else { return nextStart() }
        guard running.count < leg.concurrencyLimit, let slot = slots.first else { return nil }
        let place = index.members[account]?.first {
            isReady($0, at: now) && scheduler.hasRoom(for: $0)
        }
        return place.map { start(of: $0, slot: slot, .rank) }
    }

    private func isReady(_ place: Int, at now: Duration) -> Bool {
        guard tasks[place].mayRun else { return false }
        return tasks[place].notBefore.map { $0 <= now } ?? true
    }

    func isHeld(_ place: Int) -> Bool {
        index.accounts.count > 1 && !gates.closed.isEmpty && isHeld(tasks[place].plan.account)
    }

    /// True if an account's tasks are withdrawn from the scheduler.
    private func isHeld(_ account: String?) -> Bool {
        index.accounts.count > 1
            && gates.closed.keys.contains { $0.gate.isOfAccount && $0.account == account }
    }

    mutating func close(_ fact: GateClosed, at moment: Moment) {
        gates.closed[fact.key] = fact
        if fact.gate == .rateLimit { countRateLimit(fact) }
        gates.times[fact.key] = moment.wall
        if fact.gate.isOfAccount { withdrawTasks(of: fact.account) }
    }

    /// Withdraws the tasks of an account whose gates are closed, where there are several.
    mutating func withdrawTasks(of account: String?) {
        guard isHeld(account) else { return }
        for place in index.members[account] ?? [] { scheduler.withdraw(place) }
    }

    mutating func open(_ key: GateKey, at moment: Moment) {
        gates.closed[key] = nil
        gates.times[key] = nil
        guard key.gate.isOfAccount, index.accounts.count > 1, !isHeld(key.account) else { return }
        // Tasks whose delay is not over come back by themselves.
        let back = (index.members[key.account] ?? []).filter { isReady($0, at: moment.awake) }
        for place in back.sorted(by: scheduler.waitedLonger) {
            enqueueIfReady(place, at: moment)
        }
    }
}
