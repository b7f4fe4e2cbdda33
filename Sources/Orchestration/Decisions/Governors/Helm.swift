/// The hand of people on the run: pauses, drains, tasks that are to be stopped, and settings.
///
/// What people changed is in `RunState.steering`; that a new leg has taken it over is of the leg alone.
struct Helm: Governor {
    private var isNew = false

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        guard case .legBegan(let before) = occurrence else { return }
        isNew = true
        takeOver(before, in: &turn)
    }

    mutating func act(in turn: inout Turn) {
        guard isNew else { return }
        isNew = false
        // Nothing of them runs any more, whatever the last leg saw.
        for name in turn.state.steering.stopping.keys.sorted() { turn.cancelIfIdle(name) }
    }

    func holdsStarts(in turn: Turn) -> Bool { turn.state.steering.drain != nil }

    func ending(in turn: Turn) -> Ending? { turn.state.steering.drain == nil ? nil : .drained }

    /// True for a run that is paused: a person will go on with it.
    func willLetStart(in turn: Turn) -> Bool { turn.state.steering.pause != nil }

    /// Records again what the last leg was changed to, as far as it still holds.
    private func takeOver(_ before: EarlierLeg, in turn: inout Turn) {
        let old = before.steering
        if let set = old.concurrency, set.instead == turn.state.plan.concurrency {
            turn.setConcurrency(set.value, by: set.by, isKept: true)
        }
        if let set = old.budget, set.instead == turn.state.plan.budget {
            var fact = Steered(.set, by: set.by)
            (fact.budget, fact.isKept) = (set.value, true)
            turn.record(.steered(fact))
        }
        takeOverPriorities(old.priorities, in: &turn)
        guard before.ending == nil else { return }
        for (person, names) in Self.grouped(old.skipped, by: { $0 }) {
            let open = names.compactMap { turn.state.place(of: $0) }
                .filter { turn.state.tasks[$0].isOpen }
            guard !open.isEmpty else { continue }
            // Others that need them may be open again.
            let all = turn.withDependents(open) { $0.isOpen }
            let left = all.map { turn.state.tasks[$0].plan.name }
            var fact = Steered(.skip, by: person, tasks: left)
            fact.isKept = true
            turn.record(.steered(fact))
        }
        if let person = old.pause {
            turn.warn(
                "the run was paused by \(person.words); it was started again, and goes on: to pause it, "
                    + "quire pause"
            )
        }
    }

    private func takeOverPriorities(
        _ old: [String: SteeringStanding.Setting],
        in turn: inout Turn
    ) {
        let kept = old.filter { turn.state.task($0)?.plan.priority == $1.instead }
        for (setting, names) in Self.grouped(kept, by: { $0 })
        where turn.state.scheduler.hasRoom(forPriority: setting.value) {
            var fact = Steered(.set, by: setting.by, tasks: names)
            (fact.priority, fact.isKept) = (setting.value, true)
            turn.record(.steered(fact))
        }
    }

    /// Returns names with equal values together, in the order of the names.
    private static func grouped<Value, Key: Hashable>(
        _ values: [String: Value],
        by key: (Value) -> Key
    ) -> [(Key, [String])] {
        var groups: [(Key, [String])] = []
        var places: [Key: Int] = [:]
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            let key = key(value)
            if let place = places[key] {
                groups[place].1.append(name)
            } else {
                places[key] = groups.count
                groups.append((key, [name]))
            }
        }
        return groups
    }
}
