import Autonomous
import CodexEvents
package import EventLoop
package import Orchestration
package import Reporting
package import RunStore

/// The shell around the decisions: collects what happens, hands it to `Orchestrator` once per turn
/// of the loop, then journals, acts and reports, in that order.
///
/// It lives on the loop's thread and decides nothing itself.
package final class RunDriver {
    /// A turn's decisions on their way through the journal.
    private struct Batch {
        var at: Moment
        var events: [RunEvent]
        var commands: [Command]
    }

    let request: RunRequest
    let loop: Loop
    private let store: RunStore
    private let reports: [any Report]
    private let showsActivity: Bool
    private let environment: SessionEnvironment
    private var clock: SystemClock
    private var orchestrator: Orchestrator
    private var journalled: MailboxReceiver<Result<Void, StoreError>>?
    private var deadline: Timer?
    private var signals: [SignalWatcher] = []
    private var leftovers: Leftovers?

    private var inbox: [Event] = []
    private var active: Set<SessionKey> = []
    private var attachments: [SessionAttachment] = []
    private var batches: [Batch] = []
    private var sessions: [SessionKey: SessionRunner] = [:]
    private var tasks: [String: OpenTask] = [:]
    private var sequence = 0
    private var lastTurn: Moment
    private var hasBegun = false
    /// Tasks that had ended when the leg began, for the view: their facts are of earlier legs.
    private let endedBefore: [TaskState]

    /// The run as it is shown.
    package private(set) var view = RunView()
    /// How the leg ended; `nil` before, and when it never began.
    package private(set) var ending: Ending?
    /// Why the run could not begin; `nil` when it could.
    package private(set) var refusal: RunRefusal?

    /// Makes a driver for one leg of a run.
    ///
    /// `recovered` is the fold of the run's journal so far; the jitter comes from the seed.
    package init(
        _ request: RunRequest,
        recovered: RunState,
        seed: UInt64,
        loop: Loop,
        store: RunStore,
        reports: [any Report]
    ) {
        self.request = request
        self.loop = loop
        self.store = store
        self.reports = reports
        showsActivity = reports.contains { $0.showsActivity }
        environment = SessionEnvironment(run: request.run, inherited: request.environment)
        clock = SystemClock(loop: loop)
        orchestrator = Orchestrator(recovering: recovered, seed: seed)
        endedBefore = recovered.tasks.filter { $0.outcome != nil }
        lastTurn = clock.now
    }

    /// The run as its facts tell it.
    package var state: RunState { orchestrator.state }

    /// Carries the leg out; returns when nothing of it is left.
    ///
    /// Afterwards `ending` or `refusal` says how it went.
    package func run() throws {
        journalled = try loop.mailbox { [unowned self] in $0.forEach(batchJournalled) }
        // Its going off is a turn of the loop, which is all that is wanted.
        deadline = try Timer(loop: loop) {}
        try watchSignals()
        leftovers = try Leftovers(
            loop: loop,
            run: request.run,
            grace: request.plan.grace
        ) { [unowned self] in sessions[$0] != nil }
        try loop.onTurn { [unowned self] in turn() }
        openTasks()
        loop.run()
        journalled?.close()
        deadline?.close()
        leftovers?.close()
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
                    inbox.append(.shutdownRequested(request))
                }
            )
        }
        signals.append(
            try SignalWatcher(loop: loop, signal: Signals.resumed) { [unowned self] in
                clock.exclude(since: lastTurn)
            }
        )
    }

    private func openTasks() {
        let names = orchestrator.state.tasksToOpen(
            plan: request.plan,
            retryFailed: request.retryFailed
        )
        let survivors = Survivors(of: orchestrator.state)
        loop.perform {
            survivors.end()
        } then: { [unowned self] warnings in
            inbox += warnings.map { .warned(Warned(message: $0)) }
            open(names)
        }
    }

    private func open(_ names: [String]) {
        let opening = TaskOpening(workspace: request.workspace)
        var results: [TaskOpening.Result] = []
        let chunks = stride(from: 0, to: names.count, by: 64).map {
            Array(names[$0..<min($0 + 64, names.count)])
        }
        guard !chunks.isEmpty else { return begin(with: []) }
        for chunk in chunks {
            loop.perform {
                opening.open(chunk)
            } then: { [unowned self] opened in
                results += opened
                if results.count == names.count { begin(with: results) }
            }
        }
    }

    private func begin(with results: [TaskOpening.Result]) {
        var events = [Event.runBegan(began)]
        var owners: [String] = []
        for result in results {
            switch result {
            case .opened(let task, let inspected, let warnings):
                tasks[inspected.task] = task
                events += warnings.map { .warned(Warned(task: inspected.task, message: $0)) }
                events.append(.taskInspected(inspected))
            case .unusable(let task, let reason):
                events.append(.taskUnavailable(task: task, reason: reason))
            case .locked(let reason):
                owners.append(reason)
            }
        }
        if !owners.isEmpty {
            refusal = RunRefusal(reasons: owners.sorted())
            return leave()
        }
        hasBegun = true
        inbox.insert(contentsOf: events, at: 0)
    }

    private var began: RunBegan {
        RunBegan(
            run: request.run,
            name: request.name,
            pid: TaskOpening.ownPID,
            quireVersion: request.version,
            plan: request.plan,
            retryFailed: request.retryFailed
        )
    }

    // MARK: - A turn

    private func turn() {
        guard hasBegun, ending == nil else { return }
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
        guard !active.isEmpty else { return }
        if showsActivity {
            for key in active {
                view.noteActivity(key, summary: sessions[key]?.activity(), at: now)
            }
        }
        active.removeAll(keepingCapacity: true)
        reports.forEach { $0.noteActivity(view: view, at: now) }
    }

    /// Ends what is to be ended at once, and sends the rest through the journal.
    private func carryOut(_ commands: [Command], at now: Moment) {
        var batch = Batch(at: now, events: [], commands: [])
        for command in commands {
            switch command {
            case .record(let fact): batch.events.append(fact)
            case .terminateSession(let key): sessions[key]?.terminate()
            case .killSession(let key): sessions[key]?.kill()
            case .startSession, .releaseTask, .endRun: batch.commands.append(command)
            }
        }
        guard !batch.events.isEmpty else { return }
        batches.append(batch)
        let journalled = journalled?.mailbox
        store.append(
            JournalBatch(
                run: request.run,
                at: now,
                events: batch.events,
                attachments: attachments
            )
        ) { journalled?.post($0) }
        attachments = []
    }

    private func batchJournalled(_ result: Result<Void, StoreError>) {
        let batch = batches.removeFirst()
        if case .failure(let error) = result { inbox.append(.storeFailed("\(error)")) }
        report(batch)
        var released: [TaskDirectory] = []
        for command in batch.commands {
            switch command {
            case .startSession(let start): begin(start, result)
            case .releaseTask(let task):
                if let task = tasks.removeValue(forKey: task) { released.append(task.directory) }
            case .endRun(let ending):
                self.ending = ending
                leave()
            case .record, .terminateSession, .killSession: break
            }
        }
        release(released) {}
    }

    private func report(_ batch: Batch) {
        let recorded = batch.events.map { event in
            sequence += 1
            view.apply(event, at: batch.at)
            if case .runBegan = event { showEndedTasks() }
            return RecordedEvent(sequence: sequence, at: batch.at, event: event)
        }
        for report in reports { report.show(recorded, view: view) }
    }

    private func showEndedTasks() {
        for task in endedBefore {
            guard let outcome = task.outcome else { continue }
            view.carry(
                task.plan.name,
                outcome: outcome,
                reason: task.reason,
                progress: task.checklist.progress,
                sessions: task.sessions
            )
        }
    }

    // MARK: - Sessions

    private func begin(_ start: SessionStarted, _ recorded: Result<Void, StoreError>) {
        if case .failure(let error) = recorded {
            return refuse(start, "its start could not be recorded: \(error)")
        }
        guard let work = request.work[start.task], let task = tasks[start.task] else {
            return refuse(start, "its task is not open [this is a bug]")
        }
        let launch = SessionLaunch(
            start: start,
            work: work,
            directory: task.directory,
            agent: request.agent,
            prompts: request.prompts,
            environment: environment
        )
        let usage = orchestrator.state.running[start.key]?.resumedUsage
        sessions[start.key] = SessionRunner(
            start,
            launch: launch,
            look: task.look,
            resumedUsage: usage,
            leakLimit: request.leakLimit,
            loop: loop,
            observer: self
        )
    }

    /// Lets a session that can't even be tried end.
    private func refuse(_ start: SessionStarted, _ reason: String) {
        let result = SessionResult(
            termination: .notStarted(errno: 0, doing: reason),
            failure: Failure(.spawnFailed, reason)
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
        let remaining = tasks.values.map(\.directory)
        tasks = [:]
        release(remaining) { [unowned self] in
            leftovers?.endAll { [unowned self] in finishReports() }
        }
    }

    private func finishReports() {
        var remaining = reports.count
        guard remaining > 0 else { return loop.stop() }
        for report in reports {
            report.finish(view: view, at: clock.now) { [unowned self] in
                remaining -= 1
                if remaining == 0 { loop.stop() }
            }
        }
    }
}

extension RunDriver: SessionObserver {
    func session(_ key: SessionKey, reported event: Event) {
        inbox.append(event)
    }

    func sessionIsActive(_ key: SessionKey) {
        active.insert(key)
    }

    func session(_ key: SessionKey, endedWith end: SessionEnd) {
        sessions[key] = nil
        leftovers?.sessionEnded()
        let output = end.standardError
        if output.total > 0 {
            attachments.append(
                SessionAttachment(
                    key: key,
                    head: output.head,
                    tail: output.tail,
                    total: output.total
                )
            )
        }
        tasks[key.task]?.look = end.look
        inbox.append(.sessionEnded(key, end.result, end.look.state))
    }
}

/// Why a run could not begin.
package struct RunRefusal: Hashable, Sendable {
    /// One line for each reason: what, where, what to do.
    package var reasons: [String]
}
