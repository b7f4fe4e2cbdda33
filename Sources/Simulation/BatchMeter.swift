/// Collects the figures of a simulated batch while it is played.
package struct BatchMeter: Sendable {
    private enum Phase: Hashable {
        case absent, waiting, running, ended
    }

    /// A task's state, in one value: there may be a million tasks, and each event needs all of
    /// one's state.
    private struct Standing: Sendable {
        var phase = Phase.absent
        var slot: Int32 = 0
        /// Time when the task began to wait, and the number of starts until then.
        var waitsSince = 0.0
        var startsBefore = 0
        /// Start of the current session.
        var began = 0.0
        /// Time of completion; `nil` if not complete.
        var completed: Double?
    }

    private let workload: Workload
    private var tasks: [Standing]
    /// Index of the task that runs on each slot; -1 for none.
    private var onSlot: [Int]
    /// For each task, the tasks that need it.
    private let dependents: [[Int]]
    private var seconds: [Double]
    private var waitingIn: [Int]
    private var starts = 0
    private var laterStarts = 0
    private var directStarts = 0
    private var busySeconds = 0.0
    private(set) var tokens = 0.0
    private var idleTokens = 0.0
    private var completionTokens: [Double] = []
    private var unfinished: Int
    private var atLastCompletion: (tokens: Double, idle: Double)?
    private var lastCompletion = 0.0
    private var longestWait = (seconds: 0.0, starts: 0)
    private var falseKills = 0
    private(set) var end = 0.0
    /// Session seconds of each group by its weight, while every group has had a task waiting.
    private var contested: [Double]?
    private var isContested = true
    private var largestGap = 0.0

    init(_ workload: Workload) {
        self.workload = workload
        let count = workload.tasks.count
        tasks = Array(repeating: Standing(), count: count)
        onSlot = Array(repeating: -1, count: workload.slots)
        dependents = workload.dependents
        seconds = Array(repeating: 0, count: workload.groups.count)
        waitingIn = Array(repeating: 0, count: workload.groups.count)
        unfinished = workload.tasks.count { $0.completesAfter != nil }
    }

    mutating func arrived(_ task: Int, at time: Double) {
        // A task with needs counts as waiting only once they are complete.
        if workload.tasks[task].needs.allSatisfy({ tasks[$0].completed != nil }) {
            wait(task, at: time)
        }
    }

    mutating func began(_ dispatch: Batch.Dispatch) {
        var task = tasks[dispatch.task]
        if task.phase == .waiting { waitingIn[workload.tasks[dispatch.task].group] -= 1 }
        starts += 1
        if unfinished > 0 {
            longestWait.seconds = max(longestWait.seconds, dispatch.at - task.waitsSince)
            longestWait.starts = max(longestWait.starts, starts - 1 - task.startsBefore)
        }
        if dispatch.session > 1 {
            laterStarts += 1
            if dispatch.at - task.waitsSince < 1e-9 { directStarts += 1 }
        }
        (task.phase, task.began) = (.running, dispatch.at)
        task.slot = Int32(clamping: dispatch.slot)
        onSlot[dispatch.slot] = dispatch.task
        tasks[dispatch.task] = task
    }

    mutating func ended(_ task: Int, _ took: Double, tokens used: Double, at time: Double) {
        onSlot[Int(tasks[task].slot)] = -1
        seconds[workload.tasks[task].group] += took
        busySeconds += took
        tokens += used
        if workload.tasks[task].completesAfter == nil { idleTokens += used }
        wait(task, at: time)
    }

    mutating func taskEnded(_ task: Int, isComplete: Bool, at time: Double) {
        if tasks[task].phase == .waiting { waitingIn[workload.tasks[task].group] -= 1 }
        tasks[task].phase = .ended
        guard workload.tasks[task].completesAfter != nil else { return }
        unfinished -= 1
        if isComplete {
            tasks[task].completed = time
            completionTokens.append(tokens)
            releaseDependents(of: task, at: time)
        } else {
            falseKills += 1
        }
        guard unfinished == 0 else { return }
        atLastCompletion = (tokens, idleTokens)
        lastCompletion = time
    }

    mutating func turnEnded(at time: Double) {
        end = time
        guard workload.groups.count > 1, isContested, time > 0 else { return }
        guard !waitingIn.contains(0) else {
            isContested = false
            return
        }
        var shares = seconds
        for task in onSlot where task >= 0 {
            shares[workload.tasks[task].group] += time - tasks[task].began
        }
        for group in shares.indices { shares[group] /= workload.groups[group].weight }
        contested = shares
        let lightest = workload.groups.map(\.weight).min() ?? 1
        let gap = (shares.max() ?? 0) - (shares.min() ?? 0)
        largestGap = max(largestGap, gap * lightest)
    }

    private mutating func wait(_ task: Int, at time: Double) {
        tasks[task].phase = .waiting
        (tasks[task].waitsSince, tasks[task].startsBefore) = (time, starts)
        waitingIn[workload.tasks[task].group] += 1
    }

    private mutating func releaseDependents(of task: Int, at time: Double) {
        for dependent in dependents[task] where tasks[dependent].phase == .absent {
            arrived(dependent, at: max(time, workload.tasks[dependent].arrival))
        }
    }
}

extension BatchMeter {
    /// Returns the figures; see `BatchFigures`.
    package func figures(policy: String) -> BatchFigures {
        let done = workload.tasks.filter { tasks[$0.id].completed != nil }
        let flows = done.map { (tasks[$0.id].completed ?? 0) - $0.arrival }.sorted()
        let slowdowns = done.map { task in
            ((tasks[task.id].completed ?? 0) - task.arrival) / max(task.work, 1e-9)
        }.sorted()
        let useful = workload.tasks.reduce(0) { sum, task in
            sum
                + (task.completesAfter.map { task.sessions.prefix($0) } ?? [])
                .reduce(0) { $0 + $1.tokens }
        }
        let atLast = atLastCompletion ?? (tokens, idleTokens)
        return BatchFigures(
            policy: policy,
            completed: flows.count,
            sessions: starts,
            tokens: tokens,
            mean: flows.mean,
            p50: flows.percentile(50),
            p99: flows.percentile(99),
            largest: flows.last ?? 0,
            makespan: lastCompletion,
            end: end,
            slowdownMean: slowdowns.mean,
            slowdownP99: slowdowns.percentile(99),
            latenessP99: lateness(of: done)?.percentile(99),
            longestWait: longestWait.seconds,
            longestWaitStarts: longestWait.starts,
            utilisation: busySeconds / max(1e-9, Double(workload.slots) * end),
            doneAtQuarter: share(of: useful / 4),
            doneAtHalf: share(of: useful / 2),
            jain: contested.map(Self.jain) ?? 1,
            largestGap: largestGap,
            waste: atLast.tokens > 0 ? atLast.idle / atLast.tokens : 0,
            wasteAtEnd: tokens > 0 ? idleTokens / tokens : 0,
            falseKills: falseKills,
            continuity: Double(directStarts) / Double(max(1, laterStarts))
        )
    }

    /// Returns completion times as multiples of those under ideal sharing, sorted; `nil` if
    /// computing them would take too long.
    private func lateness(of done: [Workload.Task]) -> [Double]? {
        guard workload.tasks.count * workload.groups.count <= 10_000_000 else { return nil }
        let ideal = FluidSharing(workload).completions
        return done.map { task in
            let shared = (ideal[task.id] ?? .infinity) - task.arrival
            return ((tasks[task.id].completed ?? 0) - task.arrival) / max(shared, 1e-9)
        }.sorted()
    }

    /// Returns the share of tasks complete after a number of tokens.
    private func share(of budget: Double) -> Double {
        let all = workload.tasks.count { $0.completesAfter != nil }
        return Double(completionTokens.count { $0 <= budget }) / Double(max(1, all))
    }

    /// Jain's fairness index (Jain, Chiu and Hawe, 1984): 1 if all shares are equal.
    private static func jain(_ shares: [Double]) -> Double {
        let (sum, squares) = (shares.reduce(0, +), shares.reduce(0) { $0 + $1 * $1 })
        return squares > 0 ? sum * sum / (Double(shares.count) * squares) : 1
    }
}

extension [Double] {
    /// The mean; 0 if empty.
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

    /// Returns a percentile of sorted numbers, interpolated; 0 if empty.
    func percentile(_ percent: Double) -> Double {
        guard !isEmpty else { return 0 }
        let place = percent / 100 * Double(count - 1)
        let (low, high) = (Int(place), Swift.min(Int(place) + 1, count - 1))
        return self[low] + (self[high] - self[low]) * (place - Double(low))
    }
}
