import Orchestration

/// The hooks that run.
struct HookTable: Sendable {
    private var running: [HookKey: (fact: HookBegan, number: Int)] = [:]
    private var count = 0

    /// The tasks whose hooks run.
    var tasks: Set<String> { Set(running.keys.compactMap(\.task)) }

    /// Begins a hook; returns the number by which its end is known.
    mutating func begin(_ fact: HookBegan) -> Int {
        count += 1
        running[fact.key] = (fact, count)
        return count
    }

    /// Ends a hook, or, with a number, only the one that began so; returns `nil` if it does not run.
    mutating func end(_ key: HookKey, _ number: Int? = nil) -> HookBegan? {
        guard let hook = running[key], number == nil || hook.number == number else { return nil }
        running[key] = nil
        return hook.fact
    }
}

// The users' hooks: they take their time, fail, and are ended with the run.
extension World {
    /// Begins a hook, whose record is durable where that matters.
    mutating func begin(_ hook: HookBegan) {
        let number = hooks.begin(hook)
        let time = Duration.milliseconds(Int.random(in: 1...60_000, using: &generator))
        schedule(.hookEnded(hook.key, number), after: time)
    }

    /// Hands a message over.
    mutating func notify() { begin(HookBegan(.notify)) }

    /// Ends a hook before its time.
    mutating func end(_ key: HookKey) {
        guard let fact = hooks.end(key) else { return }
        schedule(.event(.hookEnded(HookEnded(fact, .stopped))), after: .milliseconds(1))
    }

    /// Returns the report of a hook that ended by itself; none if it was ended before.
    mutating func endedHook(_ key: HookKey, _ number: Int) -> [Event] {
        guard let fact = hooks.end(key, number) else { return [] }
        let results = [HookResult.failed, .timedOut, .couldNotRun]
        let result =
            happens(faults.failingHooks)
            ? results.randomElement(using: &generator) ?? .failed : .passed
        return [.hookEnded(HookEnded(fact, result))]
    }
}
