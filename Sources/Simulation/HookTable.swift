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
