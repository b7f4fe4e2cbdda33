import Orchestration

/// A scheduler with slots and a clock: the least that a run is.
struct SchedulerBench {
    var scheduler: Scheduler
    let plan: RunPlan
    private(set) var free: [Int]
    private(set) var running: [Int: Int] = [:]
    private(set) var starts: [Int] = []

    init(
        _ plan: RunPlan,
        settings: Scheduler.Settings = Scheduler.Settings(),
        scheduler: Scheduler? = nil
    ) {
        self.plan = plan
        self.scheduler = scheduler ?? Scheduler(plan: plan, settings: settings)
        free = Array((0..<plan.concurrency).reversed())
    }

    /// Starts what may start; returns the tasks.
    @discardableResult
    mutating func fill() -> [Int] {
        var started: [Int] = []
        while let slot = free.last, let choice = scheduler.next(slot: slot) {
            free.removeLast()
            scheduler.sessionStarted(choice.task, slot: slot)
            running[choice.task] = slot
            started.append(choice.task)
        }
        starts += started
        return started
    }

    mutating func end(_ task: Int, seconds: Double, done: Int, total: Int, crashed: Bool = false) {
        guard let slot = running.removeValue(forKey: task) else { return }
        free.append(slot)
        let report = Estimates.Report(
            seconds: seconds,
            done: done,
            total: total,
            crashed: crashed,
            completes: done == total
        )
        scheduler.sessionEnded(task, seconds: seconds, report: report)
    }

    /// Ends a session that says nothing of its task.
    mutating func lose(_ task: Int, seconds: Double) {
        guard let slot = running.removeValue(forKey: task) else { return }
        free.append(slot)
        scheduler.sessionEnded(task, seconds: seconds, report: nil)
    }

    /// Starts a task that the scheduler did not choose, as a probe is; false where it can't.
    mutating func force(_ task: Int) -> Bool {
        guard let slot = free.last, scheduler.isWaiting(task), scheduler.hasRoom(for: task) else {
            return false
        }
        free.removeLast()
        scheduler.sessionStarted(task, slot: slot)
        running[task] = slot
        return true
    }

    mutating func leave(_ task: Int) {
        scheduler.taskEnded(task)
    }

    /// Tasks that are called t0, t1 …, each as `change` makes it.
    static func tasks(
        _ count: Int,
        _ change: (inout TaskPlan, Int) -> Void = { _, _ in }
    ) -> [TaskPlan] {
        (0..<count).map { number in
            var task = TaskPlan(name: "t\(number)")
            change(&task, number)
            return task
        }
    }
}
