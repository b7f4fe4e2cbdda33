import Orchestration

// The users' hooks: they take their time, fail, and are ended with the run.
extension World {
    /// Begins a hook, whose record is durable where that matters.
    mutating func begin(_ hook: HookBegan) {
        let number = processes.hooks.begin(hook)
        let time = Duration.milliseconds(Int.random(in: 1...60_000, using: &generator))
        schedule(.hookEnded(hook.key, number), after: time)
    }

    /// Hands a message over.
    mutating func notify() { begin(HookBegan(.notify)) }

    /// Ends a hook before its time.
    mutating func end(_ key: HookKey) {
        guard let fact = processes.hooks.end(key) else { return }
        schedule(.event(.hookEnded(HookEnded(fact, .stopped))), after: .milliseconds(1))
    }

    /// Returns the report of a hook that ended by itself; none if it was ended before.
    mutating func endedHook(_ key: HookKey, _ number: Int) -> [Event] {
        guard let fact = processes.hooks.end(key, number) else { return [] }
        let results = [HookResult.failed, .timedOut, .couldNotRun]
        let result =
            happens(faults.failingHooks)
            ? results.randomElement(using: &generator) ?? .failed : .passed
        return [.hookEnded(HookEnded(fact, result))]
    }
}
