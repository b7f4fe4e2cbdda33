/// Look-ups that follow from the plan of a leg.
package struct PlanIndex: Sendable {
    /// The indices of the tasks, by their names.
    private(set) var places: [String: Int] = [:]
    /// The tasks that need each task directly.
    private(set) var dependents: [[Int]] = []
    /// The accounts that tasks draw on.
    package private(set) var accounts: [String?] = []
    /// The accounts that tasks without one of their own share; empty for none.
    private(set) var pool: [String] = []
    /// The accounts and models that tasks draw on.
    private(set) var domains: [AccountDomain] = []
    /// True if a gate of an account may hold some tasks and not others.
    private(set) var isDivided = false
    private var members: [String?: [Int]] = [:]
    private var pooled: [Int] = []
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
        pool = plan.accounts ?? []
        let places = Dictionary(grouping: plan.tasks.indices) { isPooled(plan.tasks[$0]) }
        (pooled, members) = (
            places[true] ?? [],
            Dictionary(grouping: places[false] ?? []) { plan.tasks[$0].account }
        )
        divide(plan)
        hasBudgets = plan.hasBudgets
    }

    /// True if a task's sessions may draw on any account of the pool.
    func isPooled(_ task: TaskPlan) -> Bool { !pool.isEmpty && task.account == nil }

    /// Returns the tasks that may draw on an account, where the run is divided.
    func members(of account: String?) -> [Int] {
        let own = members[account] ?? []
        guard !pooled.isEmpty, let account, pool.contains(account) else { return own }
        return own.isEmpty ? pooled : own + pooled
    }

    private mutating func divide(_ plan: RunPlan) {
        let shared = pooled.isEmpty ? [] : pool.map(Optional.some)
        accounts = Set(members.keys).union(shared).sorted { ($0 ?? "") < ($1 ?? "") }
        let models = Set(plan.tasks.lazy.flatMap { $0.models?.map(Optional.some) ?? [$0.model] })
            .sorted { ($0 ?? "") < ($1 ?? "") }
        domains = accounts.flatMap { account in models.map { AccountDomain(account, $0) } }
        isDivided = domains.count > 1
        if !isDivided { members = [:] }
    }
}
