// The hooks that must neither be forgotten nor run twice.
extension RunState {
    /// The standing of hooks, over all legs.
    package struct HookStanding: Hashable, Sendable, Codable {
        /// The ended tasks whose hooks have not begun.
        package internal(set) var due: Set<String> = []
        /// The hooks that have begun and not ended.
        package internal(set) var running: [HookBegan] = []

        /// Indicates whether a task's hook is due or runs.
        package func isOpen(_ task: String) -> Bool {
            due.contains(task) || running.contains { $0.task == task }
        }

        mutating func apply(_ fact: HookBegan) {
            if let task = fact.task { due.remove(task) }
            running.append(fact)
        }

        mutating func apply(_ fact: HookEnded) {
            running.removeAll { $0.key == fact.key }
            if fact.result == .putOff, let task = fact.task { due.insert(task) }
        }

        /// Notes that a task has ended, for which a hook runs once.
        mutating func noteEnd(of task: String, _ outcome: Outcome, _ plan: TaskHookPlan?) {
            guard let plan, let hook = outcome.hook, plan.has(hook) else { return }
            due.insert(task)
        }

        /// Notes that an ended task goes on, and nothing is to be told of its end any more.
        mutating func noteReopening(of task: String) { if !due.isEmpty { due.remove(task) } }
    }
}
