// The changes that people make, folded into the state.
extension RunState {
    /// The changes that people made while the run ran.
    package internal(set) var steering: SteeringStanding {
        get { leg.steering }
        set { leg.steering = newValue }
    }

    mutating func apply(_ fact: Steered, at moment: Moment) {
        let names = fact.tasks ?? []
        switch fact.action {
        case .pause: steering.pause = fact.by
        case .resume: (steering.pause, steering.drain) = (nil, nil)
        case .drain: steering.drain = fact.by
        case .stop: for name in names { steering.stopping[name] = "stopped by \(fact.by.words)" }
        case .skip: for name in names { leaveOut(name, by: fact.by) }
        case .retry: for name in names { takeUp(name, at: moment) }
        case .set: set(fact, at: moment)
        case .add: add(fact)
        case .tell, .answer: break
        }
    }

    private mutating func leaveOut(_ name: String, by person: Steerer) {
        guard let place = place(of: name), tasks[place].isOpen else { return }
        setLeftOut(place, true)
        steering.skipped[name] = person
        scheduler.taskEnded(place)
        unfinished -= 1
    }

    /// Takes a task up again: one that was left out, or one that waits for a retry.
    ///
    /// One that has ended is reopened by a fact of its own.
    private mutating func takeUp(_ name: String, at moment: Moment) {
        guard let place = place(of: name), tasks[place].outcome == nil else { return }
        if steering.skipped.removeValue(forKey: name) != nil {
            setLeftOut(place, nil)
            tasks[place].isInspected = false
            unfinished += 1
        }
        tasks[place].countAfresh()
        scheduler.withdraw(place)
        scheduler.takeUp(place)
        enqueueIfReady(place, at: moment)
    }

    private mutating func setLeftOut(_ place: Int, _ isLeftOut: Bool?) {
        tasks[place].plan.isLeftOut = isLeftOut
        plan.tasks[place].isLeftOut = isLeftOut
    }

    private mutating func set(_ fact: Steered, at moment: Moment) {
        if let limit = fact.concurrency {
            let instead = steering.concurrency?.instead ?? plan.concurrency
            steering.concurrency = .init(value: limit, instead: instead, by: fact.by)
            plan.concurrency = limit
            plan.leastConcurrency = plan.leastConcurrency.map { min($0, limit) }
            leg.concurrencyLimit = limit
            slots.grow(to: limit)
            scheduler.resize(to: limit)
        }
        if let budget = fact.budget {
            let instead = steering.budget.map(\.instead) ?? plan.budget
            steering.budget = .init(value: budget, instead: instead, by: fact.by)
            plan.budget = budget
            derive()
        }
        guard let priority = fact.priority else { return }
        for name in fact.tasks ?? [] {
            guard let place = place(of: name) else { continue }
            let instead = steering.priorities[name]?.instead ?? plan.tasks[place].priority
            steering.priorities[name] = .init(value: priority, instead: instead, by: fact.by)
            plan.tasks[place].priority = priority
            tasks[place].plan.priority = priority
            scheduler.move(place, to: priority)
        }
    }

    private mutating func add(_ fact: Steered) {
        let first = tasks.count
        for group in fact.groups ?? [] where group.budget != nil {
            spending.groups[group.name] = Ledger()
        }
        plan.groups += fact.groups ?? []
        plan.tasks += fact.added ?? []
        tasks += plan.tasks[first...].map { plan in
            var task = absent.removeValue(forKey: plan.name) ?? TaskState(plan: plan)
            task.beginLeg(plan: plan, freshCaps: false)
            return task
        }
        derive()
        for place in first..<tasks.count {
            tasks[place].pendingNeeds = tasks[place].plan.needs.count { need in
                self.place(of: need).map { tasks[$0].outcome != .complete } ?? false
            }
        }
        scheduler.grow(plan, from: first)
        withdrawHeldTasks()
    }
}
