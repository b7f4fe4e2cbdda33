import Autonomous
import Dates
import Descendants
package import EventLoop
package import Orchestration
package import Reporting
package import RunStore

/// The shell around the decisions.
///
/// Collects events, passes them to `Orchestrator` once per turn of the loop, then journals, acts and reports,
/// in that order. The driver lives on the loop's thread and decides nothing itself.
package final class RunDriver {
    /// The decisions of a turn on their way through the journal.
    private struct Batch {
        var at: Moment
        var events: [RunEvent]
        var commands: [Command]
        var isReported = false

        var endsRun: Bool {
            commands.contains { if case .endRun = $0 { true } else { false } }
        }
    }

    /// A message from the store.
    private enum StoreReport: Sendable {
        case written(Result<Void, StoreError>)
        case condition(RunStore.Condition)
    }

    let request: RunRequest
    private let review: DirectoryReview
    let loop: Loop
    private let store: RunStore
    private let reports: [any Report]
    private let showsActivity: Bool
    private let environment: SessionEnvironment
    private var clock: SystemClock
    private var orchestrator: Orchestrator
    private var journalled: MailboxReceiver<StoreReport>?
    private var isStoreFailing = false
    private var deadline: Timer?
    private var pulse: Pulse
    private var heartbeat: Timer?
    /// Ends the wait for readers of the reports.
    private var readersDeadline: Timer?
    private var isFinishingReports = false
    private var signals: [SignalWatcher] = []
    var leftovers: LeftoverWatch?
    private var opener: TaskOpener?
    private var held: HeldTasks?
    var disk: DiskTroubles?
    private var usage: UsageWatch?
    var outOfMemory = OutOfMemoryKills()
    /// The usage of sessions that an earlier leg left running when it died.
    private var usedBefore: [Event] = []

    var inbox: [Event] = []
    var active: Set<SessionKey> = []
    var attachments: [SessionAttachment] = []
    private var batches: [Batch] = []
    var sessions: [SessionKey: SessionRunner] = [:]
    var tasks: [String: OpenTask] = [:]
    private var sequence = 0
    private var lastTurn: Moment
    private var hasBegun = false
    /// The tasks' state from earlier legs, for the view: their facts are not of this leg.
    private let before: [TaskState]

    /// The run's state for display.
    package internal(set) var view = RunView()
    /// The ending of the leg; `nil` until it ends, or if it never began.
    package private(set) var ending: Ending?
    /// The reasons why the run could not begin; `nil` if it could.
    package private(set) var refusal: RunRefusal?

    /// Makes a driver for one leg of a run.
    ///
    /// `recovered` is the fold of the run's journal so far, `review` the review of the directories; `seed`
    /// determines the jitter.
    package init(
        _ request: RunRequest,
        recovered: RunState,
        review: DirectoryReview,
        seed: UInt64,
        loop: Loop,
        store: RunStore,
        reports: [any Report]
    ) {
        self.request = request
        self.review = review
        self.loop = loop
        self.store = store
        self.reports = reports
        showsActivity = reports.contains { $0.showsActivity }
        environment = SessionEnvironment(
            run: request.run,
            inherited: request.environment,
            places: TaskPlaces(request.workspace)
        )
        clock = SystemClock(loop: loop)
        pulse = Pulse(at: loop.now, work: loop.work)
        orchestrator = Orchestrator(recovering: recovered, seed: seed)
        before = recovered.knownTasks
        lastTurn = clock.now
    }

    /// The run's state as the fold of its facts.
    package var state: RunState { orchestrator.state }

    /// Carries the leg out, and returns once nothing of it is left.
    ///
    /// Afterwards `ending` or `refusal` has the result.
    package func run() throws {
        journalled = try loop.mailbox { [unowned self] in $0.forEach(storeReported) }
        if let mailbox = journalled?.mailbox { store.observe { mailbox.post(.condition($0)) } }
        // The timer only has to cause a turn of the loop.
        deadline = try Timer(loop: loop) {}
        heartbeat = try Timer(loop: loop) { [unowned self] in beat() }
        readersDeadline = try Timer(loop: loop) { [unowned self] in giveUpReports() }
        beat()
        try watchSignals()
        leftovers = try LeftoverWatch(
            loop: loop,
            run: request.run,
            grace: request.plan.grace
        ) { [unowned self] in sessions[$0] != nil }
        opener = TaskOpener(loop: loop, opening: opening)
        held = try HeldTasks(loop: loop, opening: opening) { [unowned self] in inbox += take($0) }
        disk = try DiskTroubles(loop: loop) { [unowned self] in inbox.append($0) }
        usage = try UsageWatch(
            loop: loop,
            reader: usageReader,
            interval: request.plan.hasBudgets ? .seconds(5) : .seconds(60),
            anyRuns: { [unowned self] in !sessions.isEmpty },
            queries: { [unowned self] in sessions.values.compactMap(\.usageQuery) },
            report: { [unowned self] in inbox += $0.map(Event.sessionUsed) }
        )
        try loop.onTurn { [unowned self] in turn() }
        openTasks()
        loop.run()
        journalled?.close()
        deadline?.close()
        heartbeat?.close()
        readersDeadline?.close()
        leftovers?.close()
        held?.close()
        disk?.close()
        usage?.close()
        signals.forEach { $0.close() }
    }

    // MARK: - Beginning

    private func watchSignals() throws {
        let requests: [(Int32, ShutdownSignal)] = [
            (Signals.interrupt, .interrupt), (Signals.terminate, .terminate),
        ]
        for (number, request) in requests {
            signals.append(
                try SignalWatcher(loop: loop, signal: number) { [unowned self] in
                    if isFinishingReports { giveUpReports() }
                    inbox.append(.shutdownRequested(request))
                }
            )
        }
        Resumption.watch()
    }

    private func openTasks() {
        let names = orchestrator.state.tasksToOpen(
            plan: request.plan,
            retryFailed: request.retryFailed,
            reopening: Set(review.changed + review.anew)
        )
        let survivors = Survivors(
            of: orchestrator.state,
            run: request.run,
            directories: environment.places.paths(
                of: names + orchestrator.state.running.keys.map(\.task)
            ),
            grace: request.plan.grace
        )
        let (reader, lost, machine) = (usageReader, lostSessions, machineReader)
        // The names are computed while the workers read.
        var first: [String] = []
        loop.perform {
            (survivors.end(), reader.look(lost), machine.outOfMemoryKills())
        } then: { [unowned self] warnings, used, kills in
            outOfMemory.take(kills)
            usedBefore = used.map(Event.sessionUsed)
            inbox += warnings.map(Event.warned)
            open(names, first: first)
        }
        first = request.waitsForTasks ? firstTasks(of: names) : names
    }

    /// Returns the tasks to open before the leg begins.
    ///
    /// These are the first to start, and those that begin anew, since the leg's first record names them.
    private func firstTasks(of names: [String]) -> [String] {
        let first = orchestrator.state.tasksToOpenFirst(
            of: names,
            request.plan,
            retryFailed: request.retryFailed
        )
        return first + Set(review.anew).subtracting(first)
    }

    var usageReader: UsageReader {
        UsageReader(
            of: request.agent.kind,
            environment: request.environment,
            work: request.work
        )
    }

    var machineReader: MachineReader {
        MachineReader(places: [request.workspace.root, store.directory])
    }

    /// The sessions that an earlier Quire left when it died, as far as their threads are known.
    private var lostSessions: [UsageReader.Query] {
        orchestrator.state.running.values.compactMap { session in
            let start = session.start
            guard let thread = orchestrator.state.task(start.task)?.thread,
                start.resumes == nil || session.resumedUsage != nil
            else { return nil }
            let before = start.resumes == thread ? session.resumedUsage : nil
            return UsageReader.Query(key: start.key, thread: thread, before: before)
        }
    }

    /// Opens the directories of the first tasks, begins the leg, and opens the others.
    private func open(_ names: [String], first: [String]) {
        guard !first.isEmpty else { return begin(with: []) }
        var results: [String: TaskOpening.Result] = [:]
        opener?.open(first, jobs: Loop.workerThreads) { [unowned self] opened in
            for result in opened { results[result.task] = result }
            guard results.count == first.count else { return }
            // The results are in the plan's order, whichever job ended first.
            begin(with: names.compactMap { results[$0] })
            // Sessions start meanwhile, and must not wait for a processor.
            let later = request.plan.tasksByPriority(of: names, without: first)
            opener?.open(later, jobs: 1) { [unowned self] in
                inbox += $0.flatMap(take)
            }
        }
    }

    private lazy var opening = TaskOpening(
        workspace: request.workspace,
        owner: request.owner,
        prompts: request.work.mapValues(\.description),
        missingPrompts: review.prompts,
        anew: Set(review.anew),
        redone: request.redo,
        stamp: LocalTime.compactStamp(clock.now.wall)
    )

    private func begin(with results: [TaskOpening.Result]) {
        let warnings = request.warnings.map { Event.warned(Warned(task: nil, message: $0)) }
        let leftOut = review.leftOut.facts.map(Event.taskInspected)
        let events = [Event.runBegan(began)] + warnings + leftOut + results.flatMap(take)
        if let refusal {
            self.refusal = RunRefusal(reasons: refusal.reasons.sorted())
            return leave()
        }
        hasBegun = true
        inbox.insert(contentsOf: usedBefore + events, at: 0)
    }

    /// Applies the result of opening a task, and returns the events to report.
    private func take(_ result: TaskOpening.Result) -> [Event] {
        switch result {
        case .opened(let task, let inspected, let warnings):
            tasks[inspected.task] = task
            return warnings.map { .warned(Warned(task: inspected.task, message: $0)) }
                + [.taskInspected(inspected)]
        case .unusable(let task, let reason):
            return [.taskUnavailable(task: task, reason: reason)]
        case .locked(let task, let reason) where request.waitsForTasks,
            .unwritable(let task, let reason) where hasBegun:
            held?.add(task, owner: reason)
            return [.taskHeld(task: task, reason: reason)]
        case .locked(_, let reason), .unwritable(_, let reason):
            refusal = RunRefusal(reasons: (refusal?.reasons ?? []) + [reason])
            return []
        }
    }

    private var began: RunBegan {
        let changed = review.changed + review.leftOut.reopened
        return RunBegan(
            run: request.run,
            name: request.name,
            pid: TaskOpening.ownPID,
            quireVersion: request.version,
            plan: request.plan,
            retryFailed: request.retryFailed,
            part: request.part,
            changed: changed.isEmpty ? nil : changed,
            anew: review.anew.isEmpty ? nil : review.anew,
            workspace: request.workspace.root,
            runner: RunnerMark.own.text
        )
    }

    /// Returns the stamp of a complete task's checklist, as in `TaskEnded`; `nil` while work is left.
    func stamp(of look: ChecklistLook, _ task: String) -> String? { opening.stamp(of: look, task) }

    // MARK: - A turn

    private func beat() {
        pulse.beat(work: loop.work)
        if hasBegun, ending == nil { store.noteLife(of: request.run, at: clock.now) }
        heartbeat?.set(loop.now + Pulse.interval)
    }

    private func turn() {
        let missed = pulse.missed(at: loop.now) { loop.work }
        guard hasBegun, ending == nil else { return }
        if Resumption.take() {
            clock.exclude(since: lastTurn)
        } else {
            clock.exclude(missed)
        }
        let now = clock.now
        lastTurn = now
        let isDue = orchestrator.nextDeadline.map { $0 <= now.awake } ?? false
        guard isDue || !inbox.isEmpty || !active.isEmpty else { return }
        let events = active.map(Event.sessionActive) + inbox
        inbox.removeAll(keepingCapacity: true)
        noteActivity(at: now)
        carryOut(orchestrator.handle(events, at: now), at: now)
        deadline?.set(orchestrator.nextDeadline.map(clock.loopTime))
    }

    private func noteActivity(at now: Moment) {
        // While starts are held, the time left is news enough.
        guard !active.isEmpty || !view.gates.isEmpty else { return }
        if showsActivity {
            for key in active {
                view.noteActivity(key, summary: sessions[key]?.activity(), at: now)
            }
        }
        active.removeAll(keepingCapacity: true)
        reports.forEach { $0.noteActivity(view: view, at: now) }
    }

    /// Signals sessions and reads the machine at once, and sends all other commands through the journal.
    private func carryOut(_ commands: [Command], at now: Moment) {
        var batch = Batch(at: now, events: [], commands: [])
        for command in commands {
            switch command {
            case .record(let fact): batch.events.append(fact)
            case .terminateSession(let key): sessions[key]?.terminate()
            case .killSession(let key): sessions[key]?.kill()
            case .readMachine: readMachine()
            case .startSession, .releaseTask, .endRun: batch.commands.append(command)
            }
        }
        guard !batch.events.isEmpty else { return }
        batches.append(batch)
        if isStoreFailing { reportWaiting() }
        if isStoreFailing, batch.endsRun { store.giveUp() }
        let journalled = journalled?.mailbox
        store.append(
            JournalBatch(
                run: request.run,
                at: now,
                events: batch.events,
                attachments: attachments
            ),
            isUrgent: !batch.commands.isEmpty,
            state: { orchestrator.state }
        ) { journalled?.post(.written($0)) }
        attachments = []
    }

    private func storeReported(_ report: StoreReport) {
        switch report {
        case .written(let result): batchJournalled(result)
        case .condition(.failing(let reason)):
            isStoreFailing = true
            _ = disk?.note(store.path, reason)
            refuseWaitingStarts(reason)
            reportWaiting()
            if batches.contains(where: \.endsRun) { store.giveUp() }
        case .condition(.recovered):
            isStoreFailing = false
            disk?.settle(store.path)
        }
    }

    /// Reports the batches that are waiting for the journal: that may take hours, and people are watching.
    private func reportWaiting() {
        for place in batches.indices where !batches[place].isReported {
            batches[place].isReported = true
            report(batches[place])
        }
    }

    /// Refuses starts whose records are waiting: that may take hours, and the scheduler decides anew.
    private func refuseWaitingStarts(_ reason: String) {
        for place in batches.indices {
            for case .startSession(let start) in batches[place].commands {
                refuse(start, .notRecorded, "its start can't be recorded: \(reason)")
            }
            batches[place].commands.removeAll {
                if case .startSession = $0 { true } else { false }
            }
        }
    }

    private func batchJournalled(_ result: Result<Void, StoreError>) {
        let batch = batches.removeFirst()
        if case .failure(let error) = result { inbox.append(.storeLost("\(error)")) }
        if !batch.isReported { report(batch) }
        var released: [TaskDirectory] = []
        for command in batch.commands {
            switch command {
            case .startSession(let start): begin(start, result)
            case .releaseTask(let task):
                if let task = tasks.removeValue(forKey: task) { released.append(task.directory) }
            case .endRun(let ending):
                self.ending = ending
                leave()
            case .record, .terminateSession, .killSession, .readMachine: break
            }
        }
        release(released) {}
    }

    private func report(_ batch: Batch) {
        let recorded = batch.events.map { event in
            sequence += 1
            view.apply(event, at: batch.at)
            if case .runBegan = event { view.carry(before) }
            return RecordedEvent(sequence: sequence, at: batch.at, event: event)
        }
        for report in reports { report.show(recorded, view: view) }
    }

    // MARK: - Sessions

    private func begin(_ start: SessionStarted, _ recorded: Result<Void, StoreError>) {
        if case .failure(let error) = recorded {
            return refuse(start, .notRecorded, "its start can't be recorded: \(error)")
        }
        guard let work = request.work[start.task], let task = tasks[start.task] else {
            return refuse(start, .spawnFailed, "its task is not open [this is a bug]")
        }
        let launch = SessionLaunch(
            start: start,
            work: work,
            directory: task.directory,
            agent: work.agent ?? request.agent,
            launcher: request.launcher,
            owner: request.owner?.path,
            grace: request.plan.grace,
            prompts: request.prompts,
            environment: environment
        )
        leftovers?.sessionBegan(start.key, launch.label)
        let usage = orchestrator.state.running[start.key]?.resumedUsage
        outOfMemory.sessionBegan(start.key)
        sessions[start.key] = SessionRunner(
            start,
            launch: launch,
            look: task.look,
            resumedUsage: usage,
            usageReader: usageReader,
            leakLimit: request.leakLimit,
            loop: loop,
            observer: self
        )
        self.usage?.sessionBegan()
    }

    /// Ends a session that can't even be tried.
    private func refuse(_ start: SessionStarted, _ kind: FailureClass, _ reason: String) {
        let result = SessionResult(
            termination: .notStarted(errno: 0, doing: reason),
            failure: Failure(kind, reason)
        )
        let checklist = orchestrator.state.task(start.task)?.checklist ?? .missing
        inbox.append(.sessionEnded(start.key, result, checklist))
    }

    // MARK: - Ending

    private func release(_ directories: [TaskDirectory], then: @escaping () -> Void) {
        guard !directories.isEmpty else { return then() }
        loop.perform {
            for directory in directories { directory.releaseLock() }
        } then: {
            then()
        }
    }

    private func leave() {
        opener?.close()
        held?.close()
        let remaining = tasks.values.map(\.directory)
        tasks = [:]
        // The locks on tasks are kept while any process may still work on them.
        leftovers?.endAll { [unowned self] in
            release(remaining) { [unowned self] in finishReports() }
        }
    }

    private func finishReports() {
        var remaining = reports.count
        guard remaining > 0 else { return loop.stop() }
        isFinishingReports = true
        readersDeadline?.set(loop.now + patienceWithReaders)
        for report in reports {
            report.finish(view: view, at: clock.now) { [unowned self] in
                remaining -= 1
                if remaining == 0 { loop.stop() }
            }
        }
    }
}

// Readers that don't read.
extension RunDriver {
    /// The time that a leg that has ended waits for the readers of its reports.
    ///
    /// A person who asked for the end does not want to wait for readers.
    package var patienceWithReaders: Duration {
        view.shutdown == nil ? request.plan.grace : min(request.plan.grace, .seconds(1))
    }

    private func giveUpReports() { reports.forEach { $0.giveUp() } }
}
