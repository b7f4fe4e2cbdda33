/// What people have changed in a run, as far as it still holds: folded from facts.
///
/// A new leg keeps settings as long as the manifest says what it said when they were set, and ends the
/// tasks that were to be stopped. It begins without a pause and a drain; what was skipped stays so only if
/// the leg before was cut off.
package struct SteeringStanding: Hashable, Sendable, Codable {
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
