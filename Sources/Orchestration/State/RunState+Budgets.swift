// The spending of the run, its groups and its tasks, folded from the facts.
extension RunState {
    /// Usage expected of a session when nothing is known: the mean of Codex's sessions.
    package static let usualUsage = TokenUsage(input: 190_000, output: 10_000)
    private static let usual = SessionMeasure(usage: usualUsage, seconds: 480)

    /// Returns the time that the run's legs have taken until `now`, since caps were last fresh.
    package func elapsed(at now: Moment) -> Duration { spending.clock.elapsed(at: now) }

    mutating func beginBudgets(freshCaps: Bool, at moment: Moment) {
        spending.clock.beginLeg(freshCaps: freshCaps, at: moment)
        spending.ledger.beginLeg(freshCaps: freshCaps)
        var kept: [String: Ledger] = [:]
        for group in plan.groups where group.budget != nil {
            var ledger = spending.groups[group.name] ?? Ledger()
            ledger.beginLeg(freshCaps: freshCaps)
            kept[group.name] = ledger
        }
        spending.groups = kept
        for group in kept.keys { holdIfCommitted(group) }
    }

    /// Holds the starts of a task's group while its budget is used up or reserved.
    ///
    /// To be called when a fact is completely folded, since it changes which task goes next.
    mutating func holdGroup(of place: Int) {
        if !spending.groups.isEmpty, let group = tasks[place].plan.group { holdIfCommitted(group) }
    }

    private mutating func holdIfCommitted(_ name: String) {
        guard let ledger = spending.groups[name],
            let budget = plan.groups.first(where: { $0.name == name })?.budget
        else { return }
        scheduler.hold(name, ledger.committed.reaches(budget) != nil, in: plan)
    }

    /// Reserves the amount that a task's next session is expected to need.
    mutating func reserve(for place: Int, _ session: inout Running) {
        guard index.hasBudgets else { return }
        let estimate = estimate(of: place)
        let reservation = Spending(
            estimate.usage,
            seconds: estimate.seconds,
            prices: plan.prices
        )
        (session.estimate, session.reservation) = (estimate.usage, reservation)
        change(place) { $0.reserve(reservation) }
    }

    /// Returns the mean usage of the task's sessions so far, else of its group's, else of all; at
    /// most the budget of a session.
    private func estimate(of place: Int) -> SessionMeasure {
        let plan = tasks[place].plan
        let group = plan.group.flatMap { self.spending.groups[$0] }
        let known =
            tasks[place].ledger.meanSession ?? group?.meanSession
            ?? self.spending.ledger.meanSession
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
        guard index.hasBudgets, let place = index.places[fact.task] else { return }
        change(place) { $0.raise(old, to: new) }
        holdGroup(of: place)
    }

    /// Books the usage of an ended session.
    mutating func settle(_ session: Running, _ fact: SessionEnded, of place: Int) {
        let usage = fact.usage ?? .zero
        let told = fact.isUsageTold ? SessionMeasure(usage: usage, seconds: fact.seconds) : nil
        let used = spending(of: fact)
        change(place) { $0.settle(session.reservation, used: used, measured: told) }
    }

    /// Returns the spending of an ended session.
    func spending(of fact: SessionEnded) -> Spending {
        Spending(fact.usage ?? .zero, seconds: fact.seconds, prices: plan.prices)
    }

    private mutating func change(_ place: Int, _ change: (inout Ledger) -> Void) {
        change(&spending.ledger)
        change(&tasks[place].ledger)
        if !spending.groups.isEmpty, let group = tasks[place].plan.group,
            spending.groups[group] != nil
        {
            change(&spending.groups[group, default: Ledger()])
        }
    }
}

/// The spending of a run and its groups, and the limits on it that a new leg must know.
package struct RunSpending: Sendable {
    /// The spending and reservations of the run.
    package internal(set) var ledger = Ledger()
    /// The spending and reservations of each group that has a budget.
    package internal(set) var groups: [String: Ledger] = [:]
    var clock = LegClock()
    /// The tokens of the minute; `nil` without such a limit.
    var bucket: TokenBucket?
}

/// The time that the legs of a run have taken, without the pauses between them.
struct LegClock: Hashable, Sendable, Codable {
    private var before = Duration.zero
    private var began = Duration.zero
    /// Awake time of the last recorded turn: a leg that was killed lived at least until then.
    private(set) var last = Duration.zero

    /// Notes a recorded turn of the leg.
    mutating func note(_ moment: Moment) { last = moment.awake }

    /// Begins a leg, whose awake time may count from another start.
    mutating func beginLeg(freshCaps: Bool, at moment: Moment) {
        before = freshCaps ? .zero : before + max(.zero, last - began)
        began = moment.awake
    }

    func elapsed(at now: Moment) -> Duration { before + max(.zero, now.awake - began) }

    /// Returns the awake time at which so much has elapsed.
    func time(of elapsed: Duration) -> Duration { began + max(.zero, elapsed - before) }
}
