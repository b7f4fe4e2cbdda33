import Autonomous
import EventLoop
import Orchestration

/// The task directories of a leg: those that are open, and those that wait for their owners or the disk.
final class TaskDirectories {
    /// The number of directories that a job opens.
    private static let jobSize = 64

    private let loop: any DriverLoop
    private let keeper: any DirectoryKeeper
    private let inbox: Inbox
    /// True if tasks that other processes own are waited for; if false, they refuse the leg.
    private let waitsForOwners: Bool
    private let held: HeldTasks
    private var asking: AwaitedAnswers?
    private var tasks: [String: OpenTask] = [:]
    private var refusals: [String] = []
    private var hasBegun = false
    private var isClosed = false

    init(
        loop: any DriverLoop,
        keeper: any DirectoryKeeper,
        inbox: Inbox,
        waitsForOwners: Bool
    ) throws(LoopError) {
        (self.loop, self.keeper, self.inbox) = (loop, keeper, inbox)
        self.waitsForOwners = waitsForOwners
        held = try HeldTasks(loop: loop, keeper: keeper)
        asking = try AwaitedAnswers(loop: loop, keeper: keeper) { [unowned self] in goOn(with: $0) }
    }

    /// The reasons why the leg can't begin; `nil` if it can.
    var refusal: RunRefusal? {
        refusals.isEmpty ? nil : RunRefusal(reasons: refusals.sorted())
    }

    /// Returns an open task; `nil` if it is not open.
    func task(_ name: String) -> OpenTask? { tasks[name] }

    /// Opens the directories of the tasks that the leg begins with, then calls `begin` with the events on
    /// them.
    ///
    /// The events are in the order of `names`, whichever job ended first.
    func openFirst(
        _ first: [String],
        of names: [String],
        then begin: @escaping ([Event]) -> Void
    ) {
        guard !first.isEmpty else { return begin(applyFirst([])) }
        var results: [String: TaskOpening.Result] = [:]
        open(first, jobs: Loop.workerThreads) { [unowned self] opened in
            for result in opened { results[result.task] = result }
            guard results.count == first.count else { return }
            begin(applyFirst(names.compactMap { results[$0] }))
        }
    }

    /// Opens the other directories one job at a time: sessions start meanwhile, and must not wait for a
    /// processor.
    func openLater(_ names: [String]) {
        open(names, jobs: 1) { [unowned self] in inbox.add($0.flatMap(apply)) }
    }

    /// Notes the checklist that a session left; returns its stamp, or `nil` while work is left.
    func note(_ look: ChecklistLook, of task: String) -> String? {
        tasks[task]?.look = look.settledForNext
        return keeper.stamp(of: look, task)
    }

    /// Keeps the files of a task whose checklist is complete, and calls `then` with them and with warnings.
    ///
    /// Of a task that a check makes complete, nothing is kept before that has passed.
    func keepArtifacts(
        of task: String,
        _ look: ChecklistLook,
        isChecked: Bool = false,
        then: @escaping (Artifacts?, [String]) -> Void
    ) {
        guard look.state.progress?.isComplete == true, let artifacts = keeper.artifacts,
            isChecked || !keeper.checks(task)
        else {
            return then(nil, [])
        }
        loop.perform {
            artifacts.keep(task)
        } then: {
            then($0.artifacts, $0.warnings)
        }
    }

    /// Releases the directories of tasks that the leg no longer uses.
    func release(_ names: [String]) {
        release(names.compactMap { tasks.removeValue(forKey: $0) }) {}
    }

    /// Opens the directories of tasks again once their questions are answered.
    func awaitAnswers(of names: [String]) {
        if !isClosed { asking?.add(names) }
    }

    /// Opens directories of the leg, perhaps once more.
    func openAgain(_ names: [String]) {
        guard !names.isEmpty else { return }
        asking?.remove(names)
        open(names, jobs: 1, isAgain: true) { [unowned self] in inbox.add($0.flatMap(apply)) }
    }

    private func goOn(with names: [String]) {
        open(names, jobs: 1, isAgain: true) { [unowned self] results in
            inbox.add(results.flatMap { [.taskAnswered($0.task)] + apply($0) })
        }
    }

    /// Opens nothing more, and releases what is being opened.
    func close() {
        isClosed = true
        held.close()
        asking?.close()
    }

    /// Releases all directories, then calls `then`.
    func releaseAll(then: @escaping () -> Void) {
        defer { tasks = [:] }
        release(Array(tasks.values), then: then)
    }

    private func release(_ released: [OpenTask], then: @escaping () -> Void) {
        guard !released.isEmpty else { return then() }
        loop.perform { [keeper] in
            keeper.release(released)
        } then: {
            then()
        }
    }

    /// Opens directories in about this order, at most `limit` jobs at a time; `handle` gets each job's
    /// results.
    private func open(
        _ names: [String],
        jobs limit: Int,
        isAgain: Bool = false,
        handle: @escaping ([TaskOpening.Result]) -> Void
    ) {
        var jobs = stride(from: 0, to: names.count, by: Self.jobSize).map {
            names[$0..<min($0 + Self.jobSize, names.count)]
        }[...]
        func openNext() {
            guard !isClosed, let job = jobs.popFirst() else { return }
            loop.perform { [keeper] in
                isAgain ? keeper.openAgain(Array(job)) : keeper.open(Array(job))
            } then: { results in
                openNext()
                handle(results)
            }
        }
        for _ in 0..<limit { openNext() }
    }

    private func applyFirst(_ results: [TaskOpening.Result]) -> [Event] {
        let events = results.flatMap(apply)
        hasBegun = refusals.isEmpty
        return events
    }

    /// Applies the result of opening a task, and returns the events to report; none once the leg has ended.
    private func apply(_ result: TaskOpening.Result) -> [Event] {
        if isClosed {
            if let task = result.openTask { keeper.release([task]) }
            return []
        }
        switch result {
        case .opened(let task, let inspected, let warnings):
            tasks[inspected.task] = task
            return task.commits
                + warnings.map { .warned(Warned(task: inspected.task, message: $0)) }
                + [.taskInspected(inspected)]
        case .unusable(let task, let reason):
            return [.taskUnavailable(task: task, reason: reason)]
        case .locked(let task, let reason) where waitsForOwners || hasBegun,
            .unwritable(let task, let reason) where hasBegun:
            held.add(task, owner: reason) { [unowned self] in inbox.add(apply($0)) }
            return [.taskHeld(task: task, reason: reason)]
        case .locked(_, let reason), .unwritable(_, let reason):
            refusals.append(reason)
            return []
        }
    }
}
