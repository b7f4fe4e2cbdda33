// Accounts. The gates of a single account hold everything. Where a gate may hold some tasks only (several
// accounts, or models with limits of their own), the tasks that it holds are withdrawn from the scheduler, so
// that its decisions stay as fast as they are.
extension RunState {
    /// The closed gates, and the service's limits that close them.
    package struct Gates: Sendable {
        /// The facts of the closed gates.
        package internal(set) var closed: [GateKey: GateClosed] = [:]
        /// Time at which each closed gate was last closed.
        var times: [GateKey: WallTime] = [:]
        /// The session that probes the gates of each account and model.
        package internal(set) var probes: [AccountDomain: SessionKey] = [:]
        /// Number of rate limits of each account without a success between.
        var rateLimitsInARow: [String?: Int] = [:]
        /// The newest windows of each limit, by the gate that they close.
        package internal(set) var readings: [GateKey: LimitRead] = [:]

        /// Opens all gates; the limits of the service count on.
        mutating func beginLeg() { (closed, times, probes) = ([:], [:], [:]) }

        /// Returns the percentage left of an account for a model's tasks; `nil` if no number is known.
        func left(_ domain: AccountDomain, at now: WallTime) -> Double? {
            readings.values.filter {
                $0.account == domain.account && ($0.limit == nil || $0.model == domain.model)
            }.map { $0.left(at: now) }.min()
        }
    }

    /// Returns the account whose usage a task's sessions draw on; `nil` for the run's own.
    package func account(of task: String) -> String? {
        index.places[task].flatMap { tasks[$0].account ?? tasks[$0].plan.account }
    }

    /// Returns the account and the model of a task's newest session.
    func domain(of task: String) -> AccountDomain {
        AccountDomain(account(of: task), index.places[task].flatMap { tasks[$0].modelOfNewest })
    }

    /// True if the closed gates hold everything.
    var isEverythingHeld: Bool {
        index.isDivided
            ? gates.closed.keys.contains { !$0.gate.isOfAccount } : !gates.closed.isEmpty
    }

    /// Returns the accounts that a task's next session may draw on: a thread stays with its account, unless
    /// that is lost.
    private func choices(_ place: Int) -> [String?] {
        let task = tasks[place]
        guard index.isPooled(task.plan) else { return [task.plan.account] }
        if task.nextThread != nil, let own = task.account, index.pool.contains(own),
            !gates.closed.values.contains(where: {
                $0.isLost && $0.limit == nil && $0.account == own
            })
        {
            return [own]
        }
        return index.pool
    }

    /// Returns the account for a task's next session: one that no gate holds, with the most left by the
    /// numbers, counting each running session as a percent.
    private func account(for place: Int, at now: WallTime) -> String? {
        let choices = choices(place)
        guard choices.count > 1 else { return choices.first ?? nil }
        let model = tasks[place].modelOfNext
        var busy: [String?: Int] = [:]
        for session in running.values { busy[session.start.account, default: 0] += 1 }
        func rank(_ account: String?) -> Double {
            let domain = AccountDomain(account, model)
            let isClosed = gates.closed.values.contains {
                $0.gate.isOfAccount && domain.isHeld(by: $0)
            }
            let left = gates.left(domain, at: now)?.rounded() ?? 100
            return left - Double(busy[account] ?? 0) - (isClosed ? 1000 : 0)
        }
        return choices.max { rank($0) < rank($1) } ?? nil
    }

    /// Returns a start of a task with its account; on `probed` if that is given.
    ///
    /// A thread that lies with another account is not resumed.
    func placed(
        _ start: SessionStarted,
        _ place: Int,
        probing probed: AccountDomain? = nil,
        at now: WallTime
    ) -> SessionStarted {
        guard index.isPooled(tasks[place].plan) else { return start }
        var start = start
        start.account = probed?.account ?? account(for: place, at: now)
        if start.account != tasks[place].account { start.resumes = nil }
        return start
    }

    /// Returns the start that probes the gates of an account and a model; `nil` if none of their tasks may
    /// start, or no slot is free.
    mutating func nextStart(probing domain: AccountDomain, at now: Moment) -> SessionStarted? {
        guard index.isDivided, gates.closed.keys.contains(where: \.gate.isOfAccount),
            isHeld(domain)
        else { return nextStart(at: now.wall) }
        guard running.count < leg.concurrencyLimit, let slot = slots.first else { return nil }
        let place = index.members(of: domain.account).first {
            tasks[$0].modelOfNext == domain.model && isReady($0, at: now.awake)
                && choices($0).contains(domain.account) && scheduler.hasRoom(for: $0)
        }
        return place.map {
            placed(start(of: $0, slot: slot, .rank), $0, probing: domain, at: now.wall)
        }
    }

    private func isReady(_ place: Int, at now: Duration) -> Bool {
        guard tasks[place].mayRun else { return false }
        return tasks[place].notBefore.map { $0 <= now } ?? true
    }

    /// True if a task is withdrawn from the scheduler: gates hold all accounts that it may draw on.
    func isHeld(_ place: Int) -> Bool {
        index.isDivided && !gates.closed.isEmpty && isHeld(place) { $0.gate.isOfAccount }
    }

    /// True if gates like these hold all accounts that a task may draw on.
    func isHeld(_ place: Int, by isOne: (GateClosed) -> Bool) -> Bool {
        let model = tasks[place].modelOfNext
        return choices(place).allSatisfy { account in
            let domain = AccountDomain(account, model)
            return gates.closed.values.contains { isOne($0) && domain.isHeld(by: $0) }
        }
    }

    /// Returns the closed gates that hold a task's next session, in order: none of an account while another one
    /// can be drawn on.
    package func gates(holding task: String) -> [GateClosed] {
        guard let place = place(of: task) else { return [] }
        let model = tasks[place].modelOfNext
        let accounts = isHeld(place) { $0.gate.isOfAccount } ? choices(place) : []
        return gates.closed.sorted { $0.key < $1.key }.map(\.value).filter { closed in
            !closed.gate.isOfAccount
                || accounts.contains { AccountDomain($0, model).isHeld(by: closed) }
        }
    }

    /// True if a gate holds the tasks of an account and a model.
    private func isHeld(_ domain: AccountDomain) -> Bool {
        gates.closed.values.contains { $0.gate.isOfAccount && domain.isHeld(by: $0) }
    }

    mutating func close(_ fact: GateClosed, at moment: Moment) {
        gates.closed[fact.key] = fact
        if fact.gate == .rateLimit { countRateLimit(fact) }
        gates.times[fact.key] = moment.wall
        guard fact.gate.isOfAccount, index.isDivided else { return }
        for place in index.members(of: fact.account) {
            if isHeld(place) {
                scheduler.withdraw(place)
            } else if fact.isLost {
                // A thread of a lost account goes on as a new one with another.
                enqueueIfReady(place, at: moment)
            }
        }
    }

    /// Withdraws the tasks that closed gates hold.
    mutating func withdrawHeldTasks() {
        guard index.isDivided else { return }
        for place in tasks.indices where isHeld(place) { scheduler.withdraw(place) }
    }

    mutating func open(_ key: GateKey, at moment: Moment) {
        gates.closed[key] = nil
        gates.times[key] = nil
        guard key.gate.isOfAccount, index.isDivided else { return }
        // Tasks whose delay is not over come back by themselves.
        let back = index.members(of: key.account).filter {
            !isHeld($0) && isReady($0, at: moment.awake)
        }
        for place in back.sorted(by: scheduler.waitedLonger) {
            enqueueIfReady(place, at: moment)
        }
    }
}
