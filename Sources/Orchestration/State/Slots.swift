/// The slots for sessions; the smallest free one goes first.
///
/// A slot may stand for a machine, by the `{slot}` of a launcher. A slot that loses its sessions
/// rests, longer each time in a row, and goes after slots that lose none: the slot of a machine
/// that is gone would be free at once for ever, and take the sessions of all tasks.
struct Slots: Hashable, Sendable, Codable {
    private struct Free: Comparable, Hashable, Codable {
        var losses: Int
        var slot: Int

        static func < (left: Free, right: Free) -> Bool {
            (left.losses, left.slot) < (right.losses, right.slot)
        }
    }

    private struct Rest: Comparable, Hashable, Codable {
        var until: Duration
        var slot: Int

        static func < (left: Rest, right: Rest) -> Bool {
            (left.until, left.slot) < (right.until, right.slot)
        }
    }

    private var free = BinaryHeap<Free>()
    private var resting = BinaryHeap<Rest>()
    /// Number of sessions that each slot has lost in a row.
    private var losses: [Int]

    /// Makes free slots, numbered from 0.
    init(_ count: Int = 0) {
        let count = min(RunPlan.slotsLimit, max(0, count))
        losses = Array(repeating: 0, count: count)
        for slot in 0..<count { free.push(Free(losses: 0, slot: slot)) }
    }

    /// Adds free slots until there are so many.
    mutating func grow(to count: Int) {
        while losses.count < min(RunPlan.slotsLimit, count) {
            free.push(Free(losses: 0, slot: losses.count))
            losses.append(0)
        }
    }

    /// The slot for the next session; `nil` if none is free and rested.
    var first: Int? { free.first?.slot }

    /// Takes the given slot if it is the first one.
    mutating func take(_ slot: Int) {
        if free.first?.slot == slot { _ = free.pop() }
    }

    /// Frees a slot whose session was not lost.
    mutating func giveBack(_ slot: Int) {
        guard losses.indices.contains(slot) else { return }
        losses[slot] = 0
        free.push(Free(losses: 0, slot: slot))
    }

    /// Rests a slot whose session was lost: as long as the delay of a task with so many retries.
    mutating func giveBackLost(_ slot: Int, retries: RetryPlan, at now: Duration) {
        guard losses.indices.contains(slot) else { return }
        losses[slot] += 1
        let rest = min(retries.delay * (1 << min(losses[slot] - 1, 30)), retries.maxDelay)
        resting.push(Rest(until: now + rest, slot: slot))
    }

    /// Frees the slots that have rested.
    mutating func wake(at now: Duration) {
        while let rest = resting.first, rest.until <= now {
            _ = resting.pop()
            free.push(Free(losses: losses[rest.slot], slot: rest.slot))
        }
    }

    /// Awake time at which the next slot has rested; `nil` if none rests.
    var nextWake: Duration? { resting.first?.until }

    /// True if another slot has lost nothing lately, so that a loss is this slot's own trouble.
    func hasSound(butOf slot: Int) -> Bool {
        losses.indices.contains { $0 != slot && losses[$0] == 0 }
    }
}
