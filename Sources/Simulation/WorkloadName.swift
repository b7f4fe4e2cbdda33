import Glibc
import Orchestration

/// The synthetic workloads.
///
/// Sources: TraceLab's measurements of real coding agents (CC BY 4.0). "trace" is fitted to their
/// steps per session, "heavydur" to their request times; each of the others varies one thing. The
/// tasks of "same" and "alike" are of one size, or nearly so, as those of one batch often are.
package enum WorkloadName: String, Hashable, Sendable, CaseIterable {
    case light, bimodal, pareto, trace, heavydur, hardtail, noisy, grow, stall, treadmill, small
    case groups, adversary, dag, arrivals, flood, calm
    case same12, same40, same200, alike12, alike, alike100, light40, pareto40, bimodal40

    /// The distribution of the tasks' sizes, in sessions.
    private enum Sizes: Hashable {
        case same, alike, light, bimodal, pareto, short, flood, trace
    }

    private struct Part {
        var weight: Double
        var share: Double
        var sizes: Sizes
    }

    /// Draws the workload; the seed determines everything.
    ///
    /// `tasks` and `slots` are at least 1; `nil` for the workload's own. An earlier run has the same
    /// tasks with as much work, which they do in other sessions.
    package func draw(
        seed: Int,
        tasks: Int? = nil,
        slots: Int? = nil,
        isEarlier: Bool = false
    ) -> Workload {
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)) &* 1000 &+ number)
        let kinds = kinds(count: tasks ?? usual.tasks, using: &random)
        let earlierSeed = isEarlier ? UInt64(bitPattern: Int64(seed)) ^ 0x4541_524C_4945_5200 : nil
        var drawn = kinds.enumerated().map { place, kind in
            task(place, kind, of: kinds.count, earlierSeed: earlierSeed, using: &random)
        }
        let slots = slots ?? usual.slots
        setArrivals(&drawn, slots: slots, using: &random)
        if self == .dag { setNeeds(&drawn, using: &random) }
        return Workload(
            name: rawValue,
            seed: seed,
            slots: slots,
            groups: parts.map { Workload.Group(weight: $0.weight) },
            tasks: drawn
        )
    }

    private var number: UInt64 {
        rawValue.utf8.reduce(7) { ($0 * 31 + UInt64($1)) % 100_003 }
    }

    /// The workload's own number of tasks and of slots.
    private var usual: (tasks: Int, slots: Int) {
        switch self {
        case .same12, .alike12: (12, 4)
        case .same40, .alike, .light40, .pareto40, .bimodal40: (40, 8)
        case .small: (48, 8)
        case .alike100: (100, 16)
        case .same200: (200, 16)
        case .groups: (1200, 16)
        case .arrivals, .adversary: (2000, 16)
        case .flood: (3000, 16)
        default: (1000, 16)
        }
    }

    private var parts: [Part] {
        switch self {
        case .groups:
            [
                Part(weight: 4, share: 0.15, sizes: .pareto),
                Part(weight: 2, share: 0.15, sizes: .light),
                Part(weight: 1, share: 0.10, sizes: .bimodal),
                Part(weight: 1, share: 0.60, sizes: .trace),
            ]
        case .adversary:
            [
                Part(weight: 1, share: 0.05, sizes: .light),
                Part(weight: 1, share: 0.05, sizes: .light),
                Part(weight: 1, share: 0.05, sizes: .pareto),
                Part(weight: 1, share: 0.85, sizes: .short),
            ]
        case .same12, .same40, .same200: [Part(weight: 1, share: 1, sizes: .same)]
        case .alike12, .alike, .alike100: [Part(weight: 1, share: 1, sizes: .alike)]
        case .light, .light40: [Part(weight: 1, share: 1, sizes: .light)]
        case .bimodal, .bimodal40: [Part(weight: 1, share: 1, sizes: .bimodal)]
        case .pareto, .pareto40: [Part(weight: 1, share: 1, sizes: .pareto)]
        case .flood: [Part(weight: 1, share: 1, sizes: .flood)]
        default: [Part(weight: 1, share: 1, sizes: .trace)]
        }
    }

    /// The group of each task.
    private func kinds(count: Int, using random: inout SplitMix64) -> [Int] {
        guard parts.count > 1 else { return Array(repeating: 0, count: count) }
        return parts.enumerated().flatMap { group, part in
            Array(repeating: group, count: max(1, Int((part.share * Double(count)).rounded())))
        }.shuffled(using: &random)
    }

    private func task(
        _ place: Int,
        _ group: Int,
        of count: Int,
        earlierSeed: UInt64?,
        using random: inout SplitMix64
    ) -> Workload.Task {
        let work = max(0.15, size(parts[group].sizes, place, of: count, using: &random))
        let model = sessionModel(using: &random)
        var drawn = model.draw(work: work, using: &random)
        if let earlierSeed {
            var other = SplitMix64(seed: earlierSeed &+ UInt64(place))
            drawn = model.draw(work: work, using: &other)
        }
        return Workload.Task(
            id: place,
            group: group,
            maxSessions: model.cap,
            sessions: drawn.sessions,
            completesAfter: drawn.completesAfter,
            size: work + 0.6
        )
    }

    private func size(
        _ sizes: Sizes,
        _ place: Int,
        of count: Int,
        using random: inout SplitMix64
    ) -> Double {
        switch sizes {
        case .same: 5
        case .alike: random.lognormal(log(5), 0.2)
        case .light: random.lognormal(log(5), 0.5)
        case .bimodal: random.uniform() < 0.8 ? random.uniform(0.5, 2.5) : random.uniform(15, 30)
        case .pareto: min(80, 0.8 * pow(1 - random.uniform(), -1 / 1.25))
        case .short: random.uniform(0.3, 1.2)
        case .flood: place < floodSize(count) ? random.uniform(15, 30) : random.uniform(0.3, 2)
        case .trace: min(80, random.lognormal(log(2), 1.78))
        }
    }

    private func sessionModel(using random: inout SplitMix64) -> SessionModel {
        var model = SessionModel()
        let (stalls, crashes) =
            switch self {
            case .stall: (0.20, 0.05)
            case .calm, .same12, .same40, .same200: (0, 0)
            default: (0.03, 0.01)
            }
        let chance = random.uniform()
        if chance < stalls {
            model.stallsAt = random.uniform(0.1, 0.95)
        } else if chance < stalls + crashes {
            model.alwaysCrashes = true
        }
        switch self {
        case .hardtail where random.uniform() < 0.4: model.tailHardness = 8
        case .noisy: (model.forgottenTicks, model.earlyTicks) = (0.35, 0.15)
        case .grow: model.growth = 0.8
        case .heavydur: (model.medianMinutes, model.spread) = (3.5, 1.6)
        case .treadmill: model.isTreadmill = random.uniform() < 0.1
        default: break
        }
        return model
    }

    /// Number of large tasks that are present from the beginning.
    private func floodSize(_ count: Int) -> Int { min(100, count / 2) }

    private func setArrivals(
        _ tasks: inout [Workload.Task],
        slots: Int,
        using random: inout SplitMix64
    ) {
        guard self == .arrivals || self == .flood else { return }
        let first = self == .flood ? floodSize(tasks.count) : 0
        guard first < tasks.count else { return }
        let seconds = tasks[first...].reduce(0) { sum, task in
            sum + task.sessions.reduce(0) { $0 + $1.seconds }
        }
        let load = self == .flood ? 0.97 : 0.9
        let rate = load * Double(slots) * Double(tasks.count - first) / seconds
        var now = 0.0
        for place in first..<tasks.count {
            now += random.exponential(rate: rate)
            tasks[place].arrival = (now * 1000).rounded() / 1000
        }
    }

    /// Sets needs in six layers; most tasks beyond the first need one or two of the layer before.
    private func setNeeds(_ tasks: inout [Workload.Task], using random: inout SplitMix64) {
        let order = Array(tasks.indices).shuffled(using: &random)
        let layers = (0..<6).map { layer in
            order[(order.count * layer / 6)..<(order.count * (layer + 1) / 6)]
        }
        for layer in 1..<6 {
            let before = layers[layer - 1].filter { tasks[$0].completesAfter != nil }
            for task in layers[layer] where random.uniform() < 0.7 {
                let count = Int.random(in: 1...2, using: &random)
                let needs = (0..<count).compactMap { _ in before.randomElement(using: &random) }
                tasks[task].needs = Set(needs).sorted()
            }
        }
    }
}
