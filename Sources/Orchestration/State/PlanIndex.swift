/// Look-ups that follow from the plan of a leg.
package struct PlanIndex: Sendable {
    /// The indices of the tasks, by their names.
    private(set) var places: [String: Int] = [:]
    /// The tasks that need each task directly.
    private(set) var dependents: [[Int]] = []
    /// The accounts that tasks draw on.
    package private(set) var accounts: [String?] = []
    /// The tasks of each account, where there are several.
    private(set) var members: [String?: [Int]] = [:]
    /// True if the plan has a budget anywhere.
    private(set) var hasBudgets = false

    init() {}

    init(_ plan: RunPlan) {
        for (place, task) in plan.tasks.enumerated() { places[task.name] = place }
        dependents = Array(repeating: [], count: plan.tasks.count)
        for (place, task) in plan.tasks.enumerated() {
            for need in task.needs {
                if let needed = places[need] { dependents[needed].append(place) }
            }
        }
        members = Dictionary(grouping: plan.tasks.indices) { plan.tasks[$0].account }
        accounts = members.keys.sorted { ($0 ?? "") < ($1 ?? "") }
        if accounts.count < 2 { members = [:] }
        hasBudgets = plan.hasBudgets
    }
}
