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

    /// Numbers of starts.
    private struct Starts: Sendable {
        var all = 0
        /// Starts of a task's second and later sessions, and those of them without a wait.
        var later = 0
        var direct = 0
    }

    /// What sessions have used.
    private struct Used: Sendable {
        var seconds = 0.0
        var tokens = 0.0
        /// Tokens of the tasks that are never complete.
        var idleTokens = 0.0
    }

    /// The ends of the tasks that can be complete.
    private struct Outcomes: Sendable {
        var unfinished: Int
        /// Tokens used until each completion.
        var tokens: [Double] = []
        /// Tasks given up.
        var falseKills = 0
        /// Time of the last end, and what was used until then; `nil` while tasks are unfinished.
        var last: (at: Double, used: Used)?
    }

    private let workload: Workload
    private var tasks: [Standing]
    /// Index of the task that runs on each slot; -1 for none.
    private var onSlot: [Int]
    /// For each task, the tasks that need it.
    private let dependents: [[Int]]
    private var groups: GroupShares
    private var starts = Starts()
    private var used = Used()
    private var outcomes: Outcomes
    private var longestWait = (seconds: 0.0, starts: 0)
    private(set) var end = 0.0

    init(_ workload: Workload) {
        self.workload = workload
        tasks = Array(repeating: Standing(), count: workload.tasks.count)
        onSlot = Array(repeating: -1, count: workload.slots)
        dependents = workload.dependents
        groups = GroupShares(workload.groups.map(\.weight))
        outcomes = Outcomes(unfinished: workload.tasks.count { $0.completesAfter != nil })
    }

    /// Tokens used by all sessions.
    var tokens: Double { used.tokens }

    mutating func arrived(_ task: Int, at time: Double) {
        // A task with needs counts as waiting only once they are complete.
        if workload.tasks[task].needs.allSatisfy({ tasks[$0].completed != nil }) {
            wait(task, at: time)
        }
    }

    mutating func began(_ dispatch: Batch.Dispatch) {
        var task = tasks[dispatch.task]
        if task.phase == .waiting { groups.waiting[workload.tasks[dispatch.task].group] -= 1 }
        starts.all += 1
        if outcomes.unfinished > 0 {
            longestWait.seconds = max(longestWait.seconds, dispatch.at - task.waitsSince)
            longestWait.starts = max(longestWait.starts, starts.all - 1 - task.startsBefore)
        }
        if dispatch.session > 1 {
            starts.later += 1
            if dispatch.at - task.waitsSince < 1e-9 { starts.direct += 1 }
        }
        (task.phase, task.began) = (.running, dispatch.at)
        task.slot = Int32(clamping: dispatch.slot)
        onSlot[dispatch.slot] = dispatch.task
        tasks[dispatch.task] = task
    }

    mutating func ended(_ task: Int, _ took: Double, tokens: Double, at time: Double) {
        onSlot[Int(tasks[task].slot)] = -1
        groups.seconds[workload.tasks[task].group] += took
        used.seconds += took
        used.tokens += tokens
        if workload.tasks[task].completesAfter == nil { used.idleTokens += tokens }
        wait(task, at: time)
    }

    mutating func taskEnded(_ task: Int, isComplete: Bool, at time: Double) {
        if tasks[task].phase == .waiting { groups.waiting[workload.tasks[task].group] -= 1 }
        tasks[task].phase = .ended
        guard workload.tasks[task].completesAfter != nil else { return }
        outcomes.unfinished -= 1
        if isComplete {
            tasks[task].completed = time
            outcomes.tokens.append(used.tokens)
            releaseDependents(of: task, at: time)
        } else {
            outcomes.falseKills += 1
        }
        if outcomes.unfinished == 0 { outcomes.last = (time, used) }
    }

    mutating func turnEnded(at time: Double) {
        end = time
        guard groups.areContested, time > 0 else { return }
        groups.compare(
            running: onSlot.lazy.filter { $0 >= 0 }.map { [workload, tasks] task in
                (workload.tasks[task].group, time - tasks[task].began)
            }
        )
    }

    private mutating func wait(_ task: Int, at time: Double) {
        tasks[task].phase = .waiting
        (tasks[task].waitsSince, tasks[task].startsBefore) = (time, starts.all)
        groups.waiting[workload.tasks[task].group] += 1
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
        let atLast = outcomes.last?.used ?? used
        return BatchFigures(
            policy: policy,
            completed: flows.count,
            sessions: starts.all,
            tokens: used.tokens,
            mean: flows.mean,
            p50: flows.percentile(50),
            p99: flows.percentile(99),
            largest: flows.last ?? 0,
            makespan: outcomes.last?.at ?? 0,
            end: end,
            slowdownMean: slowdowns.mean,
            slowdownP99: slowdowns.percentile(99),
            latenessP99: lateness(of: done)?.percentile(99),
            longestWait: longestWait.seconds,
            longestWaitStarts: longestWait.starts,
            utilisation: used.seconds / max(1e-9, Double(workload.slots) * end),
            doneAtQuarter: share(of: useful / 4),
            doneAtHalf: share(of: useful / 2),
            jain: groups.jain,
            largestGap: groups.largestGap,
            waste: atLast.tokens > 0 ? atLast.idleTokens / atLast.tokens : 0,
            wasteAtEnd: used.tokens > 0 ? used.idleTokens / used.tokens : 0,
            falseKills: outcomes.falseKills,
            continuity: Double(starts.direct) / Double(max(1, starts.later))
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
        return Double(outcomes.tokens.count { $0 <= budget }) / Double(max(1, all))
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
