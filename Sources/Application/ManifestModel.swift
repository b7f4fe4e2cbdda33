package import Manifest
package import Orchestration
package import Simulation

/// A model of the work in a manifest's tasks, for simulations and estimates.
///
/// A task's size comes from its sessions in earlier runs, else from its size hint, else from the sessions of
/// other tasks, else from a default. A session's tokens come from the task's own earlier sessions, else from
/// its group's, else from the run's, else from the amount that is set aside for a session.
package struct ManifestModel {
    /// The number of tasks whose figures come from each source.
    struct Basis: Hashable, Encodable {
        /// Session counts: from the task's own earlier sessions, a hint, other tasks, or the default.
        var earlierRuns = 0
        var sizeHints = 0
        var otherTasks = 0
        var guesses = 0
        /// Tokens of a session: from the task's own earlier sessions, its group's, the run's, or the default.
        var tokensOfTask = 0
        var tokensOfGroup = 0
        var tokensOfRun = 0
        var tokenGuesses = 0
    }

    /// Assumed session count of a task without history, hint or tasks to compare it with.
    static let usualSize = 5.0

    /// The manifest's plan, without limits on the time of sessions.
    package let plan: RunPlan
    /// The sources of the model's figures.
    private(set) var basis = Basis()
    private let manifest: Manifest
    private var tasks: [(model: SessionModel, work: Double, mix: Workload.TokenMix)] = []

    /// Makes the model of a manifest from the history of its earlier runs.
    package init(_ manifest: Manifest, _ history: ManifestHistory) {
        self.manifest = manifest
        var plan = manifest.plan.onVirtualTime
        Accounts(of: manifest).fill(&plan, of: manifest)
        self.plan = plan
        let ofRun = history.usage(of: history.usage.keys)
        let groups = Dictionary(grouping: plan.tasks, by: \.group).mapValues { tasks in
            history.usage(of: tasks.lazy.map(\.name))
        }
        for task in plan.tasks {
            var model = SessionModel()
            if let minutes = history.medianMinutes { model.medianMinutes = minutes }
            let ofGroup = task.group == nil ? nil : groups[task.group] ?? nil
            let usage = usage(history.usage[task.name], ofGroup, ofRun)
            model.tokensPerSession = usage.perSession
            let size = size(of: task, history)
            // Without a cap, a bound far above the size.
            model.cap = task.maxSessions > 0 ? task.maxSessions : max(1000, Int(clamping: 4 * size))
            let work = model.work(ofSessions: size)
            tasks.append((model, work, Workload.TokenMix(usage.tokens)))
        }
    }

    private mutating func size(of task: TaskPlan, _ history: ManifestHistory) -> Double {
        if let size = history.sizes[task.name] {
            basis.earlierRuns += 1
            return size
        }
        if let size = task.size {
            basis.sizeHints += 1
            return size
        }
        if let size = history.meanSize {
            basis.otherTasks += 1
            return size
        }
        basis.guesses += 1
        return Self.usualSize
    }

    private mutating func usage(
        _ own: ManifestHistory.Usage?,
        _ ofGroup: ManifestHistory.Usage?,
        _ ofRun: ManifestHistory.Usage?
    ) -> ManifestHistory.Usage {
        if let own {
            basis.tokensOfTask += 1
            return own
        }
        if let ofGroup {
            basis.tokensOfGroup += 1
            return ofGroup
        }
        if let ofRun {
            basis.tokensOfRun += 1
            return ofRun
        }
        basis.tokenGuesses += 1
        return ManifestHistory.Usage(sessions: 1, tokens: RunState.usualUsage)
    }

    /// Draws a workload; all randomness comes from the seed.
    package func workload(seed: Int) -> Workload {
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
        let groups = Self.groups(of: manifest)
        let places = Dictionary(
            plan.tasks.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let tasks = zip(plan.tasks, tasks).enumerated().map { number, pair in
            let (task, known) = pair
            let drawn = known.model.draw(work: known.work, using: &random)
            return Workload.Task(
                id: number,
                group: groups.firstIndex { $0.name == task.group } ?? 0,
                weight: task.weight,
                maxSessions: known.model.cap,
                needs: task.needs.compactMap { places[$0] },
                sessions: drawn.sessions,
                completesAfter: drawn.completesAfter,
                size: task.size,
                name: task.name,
                mix: known.mix
            )
        }
        return Workload(
            name: manifest.name,
            seed: seed,
            slots: manifest.concurrency,
            groups: groups,
            tasks: tasks
        )
    }

    /// Returns the groups that have tasks; tasks without a group share one without a name.
    private static func groups(of manifest: Manifest) -> [Workload.Group] {
        let used = Set(manifest.tasks.map(\.plan.group))
        let named = manifest.groups.filter { used.contains($0.name) }
            .map { Workload.Group(weight: $0.weight, name: $0.name) }
        return used.contains(nil) ? named + [Workload.Group(weight: 1)] : named
    }
}

extension Workload.TokenMix {
    /// Makes the mix of token classes from a usage.
    fileprivate init(_ usage: TokenUsage) {
        let all = Double(max(1, usage.total))
        self.init(input: Double(usage.input) / all, cachedInput: Double(usage.cachedInput) / all)
    }
}

extension RunPlan {
    /// The same plan for virtual sessions, whose lengths are drawn and never count as hanging.
    fileprivate var onVirtualTime: RunPlan {
        var plan = self
        // Virtual sessions use no resources of this machine.
        plan.admission = nil
        for task in plan.tasks.indices {
            plan.tasks[task].sessionTimeout = .seconds(1_000_000_000)
            plan.tasks[task].idleTimeout = .seconds(1_000_000_000)
        }
        return plan
    }
}
