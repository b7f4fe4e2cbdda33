// What the run's things with budgets spent, folded from the facts.
extension RunState {
    /// What a session is thought to use of which nothing is known: what Codex's sessions use in the
    /// mean.
    package static let usualUsage = TokenUsage(input: 190_000, output: 10_000)
    private static let usual = SessionMeasure(usage: usualUsage, seconds: 480)

    /// The run's clock at a moment: how long its legs have taken, since caps were last fresh.
    package func elapsed(at now: Moment) -> Duration { legClock.elapsed(at: now) }

    mutating func beginBudgets(freshCaps: Bool, at moment: Moment) {
        legClock.beginLeg(freshCaps: freshCaps, at: moment)
        ledger.beginLeg(freshCaps: freshCaps)
        var kept: [String: Ledger] = [:]
        for group in plan.groups where group.budget != nil {
            var ledger = groupLedgers[group.name] ?? Ledger()
            ledger.beginLeg(freshCaps: freshCaps)
            kept[group.name] = ledger
        }
        groupLedgers = kept
        for group in kept.keys { holdIfCommitted(group) }
    }

    /// Lets a task's group start nothing while its budget is used up, or set aside.
    ///
    /// To be called when all of a fact is folded: it changes who goes next.
    mutating func holdGroup(of place: Int) {
        if !groupLedgers.isEmpty, let group = tasks[place].plan.group { holdIfCommitted(group) }
    }

    private mutating func holdIfCommitted(_ name: String) {
        guard let ledger = groupLedgers[name],
            let budget = plan.groups.first(where: { $0.name == name })?.budget
        else { return }
        scheduler.hold(name, ledger.committed.reaches(budget) != nil, in: plan)
    }

    /// Sets aside what a task's next session is thought to need.
    mutating func reserve(for place: Int, _ session: inout Running) {
        guard hasBudgets else { return }
        let estimate = estimate(of: place)
        let reservation = Spending(
            estimate.usage,
            seconds: estimate.seconds,
            prices: plan.prices
        )
        (session.estimate, session.reservation) = (estimate.usage, reservation)
        change(place) { $0.reserve(reservation) }
    }

    /// What the task's sessions used so far, or its group's, or all, in the mean, but no more than a
    /// session of it may.
    private func estimate(of place: Int) -> SessionMeasure {
        let plan = tasks[place].plan
        let group = plan.group.flatMap { groupLedgers[$0] }
        let known = tasks[place].ledger.meanSession ?? group?.meanSession ?? ledger.meanSession
        var estimate = known ?? Self.usual
        let spending = Spending(estimate.usage, seconds: 0, prices: self.plan.prices)
        if let most = plan.sessionBudget {
            let tokens = most.tokens.map { Double($0) / max(1, spending.tokens) } ?? 1
            let cost = most.cost.map { $0 / max($0, spending.cost) } ?? 1
            estimate.usage = estimate.usage * min(1, tokens, cost)
        }
        return estimate
    }

    mutating func use(_ fact: SessionUsed) {
        guard var session = running[fact.key] else { return }
        (session.used, session.threadUsage) = (fact.usage, fact.threadUsage)
        let old = session.reservation
        session.reservation = old.atLeast(Spending(fact.usage, seconds: 0, prices: plan.prices))
        let new = session.reservation
        running[fact.key] = session
        guard hasBudgets, let place = places[fact.task] else { return }
        change(place) { $0.raise(old, to: new) }
        holdGroup(of: place)
    }

    /// Books what a session that is over used.
    mutating func settle(_ session: Running, _ fact: SessionEnded, of place: Int) {
        let usage = fact.usage ?? .zero
        let told = fact.isUsageTold ? SessionMeasure(usage: usage, seconds: fact.seconds) : nil
        let used = spending(of: fact)
        change(place) { $0.settle(session.reservation, used: used, measured: told) }
    }

    /// What a session that is over used.
    func spending(of fact: SessionEnded) -> Spending {
        Spending(fact.usage ?? .zero, seconds: fact.seconds, prices: plan.prices)
    }

    private mutating func change(_ place: Int, _ change: (inout Ledger) -> Void) {
        change(&ledger)
        change(&tasks[place].ledger)
        if !groupLedgers.isEmpty, let group = tasks[place].plan.group, groupLedgers[group] != nil {
            change(&groupLedgers[group, default: Ledger()])
        }
    }
}

/// How long the legs of a run have taken, pauses between them left out.
struct LegClock: Hashable, Sendable, Codable {
    private var before = Duration.zero
    private var began = Duration.zero
    /// The awake time of the last turn that was recorded: a leg that was killed lived at least until
    /// then.
    private(set) var last = Duration.zero

    /// A turn of the leg was recorded.
    mutating func note(_ moment: Moment) { last = moment.awake }

    /// The awake clock may be another one in the new leg.
    mutating func beginLeg(freshCaps: Bool, at moment: Moment) {
        before = freshCaps ? .zero : before + max(.zero, last - began)
        began = moment.awake
    }

    func elapsed(at now: Moment) -> Duration { before + max(.zero, now.awake - began) }

    /// The awake time at which so much has elapsed.
    func time(of elapsed: Duration) -> Duration { began + max(.zero, elapsed - before) }
}
