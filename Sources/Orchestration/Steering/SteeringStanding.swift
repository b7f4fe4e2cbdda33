/// What people have changed in a run, as far as it still holds: folded from facts.
///
/// A new leg keeps settings as long as the manifest says what it said when they were set, and ends the
/// tasks that were to be stopped. It begins without a pause and a drain; what was skipped stays so only if
/// the leg before was cut off.
package struct SteeringStanding: Hashable, Sendable {
    /// A number that a person set in place of the manifest's.
    package struct Setting: Hashable, Sendable, Codable {
        /// The number that holds.
        package var value: Int
        /// The manifest's number.
        package var instead: Int
        /// The person.
        package var by: Steerer
    }

    /// A budget that a person set in place of the manifest's.
    package struct BudgetSetting: Hashable, Sendable, Codable {
        /// The budget that holds.
        package var value: RunBudget
        /// The manifest's budget.
        package var instead: RunBudget?
        /// The person.
        package var by: Steerer
    }

    /// The greatest number of sessions at once.
    package internal(set) var concurrency: Setting?
    /// The run's budget.
    package internal(set) var budget: BudgetSetting?
    /// The priorities of tasks.
    package internal(set) var priorities: [String: Setting] = [:]
    /// The tasks that end as cancelled once nothing of them runs, with the reason.
    package internal(set) var stopping: [String: String] = [:]
    /// The tasks that were left out of the leg while it ran.
    package internal(set) var skipped: [String: Steerer] = [:]
    /// The person who paused the run; `nil` if it is not paused.
    package internal(set) var pause: Steerer?
    /// The person who had the leg end with its sessions; `nil` for nobody.
    package internal(set) var drain: Steerer?

    /// Makes the standing of a run that nobody has changed.
    init() {}

    /// Forgets what a new leg is to be told anew.
    mutating func beginLeg() {
        var next = SteeringStanding()
        next.stopping = stopping
        self = next
    }
}

// Snapshots have no dictionaries.
extension SteeringStanding: Codable {
    private enum CodingKeys: CodingKey {
        case concurrency, budget, priorities, stopping, skipped, pause, drain
    }

    private struct Entry<Value: Codable>: Codable {
        var task: String
        var value: Value

        static func all(_ values: [String: Value]) -> [Entry] {
            values.sorted { $0.key < $1.key }.map { Entry(task: $0, value: $1) }
        }

        static func values(_ entries: [Entry]) -> [String: Value] {
            Dictionary(entries.map { ($0.task, $0.value) }) { $1 }
        }
    }

    /// Writes the tasks in the order of their names.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(concurrency, forKey: .concurrency)
        try container.encodeIfPresent(budget, forKey: .budget)
        try container.encode(Entry.all(priorities), forKey: .priorities)
        try container.encode(Entry.all(stopping), forKey: .stopping)
        try container.encode(Entry.all(skipped), forKey: .skipped)
        try container.encodeIfPresent(pause, forKey: .pause)
        try container.encodeIfPresent(drain, forKey: .drain)
    }

    /// Reads what `encode(to:)` writes.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        concurrency = try container.decodeIfPresent(Setting.self, forKey: .concurrency)
        budget = try container.decodeIfPresent(BudgetSetting.self, forKey: .budget)
        priorities = Entry.values(try container.decode([Entry<Setting>].self, forKey: .priorities))
        stopping = Entry.values(try container.decode([Entry<String>].self, forKey: .stopping))
        skipped = Entry.values(try container.decode([Entry<Steerer>].self, forKey: .skipped))
        pause = try container.decodeIfPresent(Steerer.self, forKey: .pause)
        drain = try container.decodeIfPresent(Steerer.self, forKey: .drain)
    }
}
