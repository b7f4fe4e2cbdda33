import Autonomous
package import EventLoop
package import Orchestration
package import Reporting
package import RunStore

/// The shell around the decisions: the turn of a leg.
///
/// Collects events in the inbox, passes them to `Orchestrator` once per turn of the loop, then signals,
/// journals, reports and starts, in that order. The driver lives on the loop's thread and decides nothing
/// itself.
package final class RunDriver {
    private enum Phase {
        case opening
        case running
        case ended(Ending)
        case refused(RunRefusal)
    }

    private let loop: any DriverLoop
    private let opening:
        (
            beginning: LegBeginning, examine: @Sendable () -> LegBeginning.Findings,
            agents: AgentChecks?
        )
    private let inbox: Inbox
    private let reports: ReportSet
    private let disk: DiskTroubles
    private let tasks: TaskDirectories
    private let journal: JournalQueue
    private let sessions: Sessions
    private let commands: (checks: Checks, hooks: LegHooks, helm: RunHelm)
    private var clock: DriverClock
    private var orchestrator: Orchestrator
    private var phase = Phase.opening
    /// The timers of the next deadline and of the next beat.
    private var timers: (deadline: any DriverTimer, beat: any DriverTimer)?
    private var signals: [SignalWatcher] = []

    /// Makes a driver for one leg of a run.
    ///
    /// `recovered` is the fold of the run's journal so far, `review` the review of the directories; `seed`
    /// determines the jitter.
    package convenience init(
        _ request: RunRequest,
        recovered: RunState,
        review: DirectoryReview,
        seed: UInt64,
        loop: Loop,
        store: RunStore,
        reports: [any Report]
    ) throws {
        let beginning = LegBeginning(request, review, after: recovered)
        var outside = try Outside(
            of: beginning,
            after: recovered,
            loop: loop,
            store: store,
            reports: reports
        )
        outside.control = ControlSocket(of: request, loop: loop)
        try self.init(beginning, recovered: recovered, seed: seed, outside: outside)
        for (number, signal) in [
            (Signals.interrupt, ShutdownSignal.interrupt), (Signals.terminate, .terminate),
        ] {
            signals.append(
                try SignalWatcher(loop: loop, signal: number) { [unowned self] in shutDown(signal) }
            )
        }
        Resumption.watch()
    }

    /// Makes a driver for one leg of a run, with this outside.
    init(
        _ beginning: LegBeginning,
        recovered: RunState,
        seed: UInt64,
        outside: Outside
    ) throws {
        let request = beginning.request
        (opening, loop) = ((beginning, outside.examine, outside.agents), outside.loop)
        inbox = Inbox(redactor: request.redactor)
        reports = try ReportSet(
            outside.reports,
            loop: loop,
            grace: request.plan.grace,
            before: recovered.knownTasks
        )
        disk = try DiskTroubles(loop: loop, inbox: inbox)
        tasks = try TaskDirectories(
            loop: loop,
            keeper: outside.directories,
            inbox: inbox,
            waitsForOwners: request.waitsForTasks
        )
        journal = try JournalQueue(
            run: request.run,
            store: outside.store,
            inbox: inbox,
            disk: disk,
            reports: reports
        )
        sessions = try Sessions(
            outside,
            inbox: inbox,
            disk: disk,
            reports: reports,
            tasks: tasks,
            journal: journal,
            usageInterval: request.plan.hasBudgets || request.plan.limits != nil
                ? .seconds(5) : .seconds(60)
        )
        commands = (
            Checks(outside, tasks: tasks, disk: disk, inbox: inbox),
            LegHooks(outside, request, inbox: inbox),
            try RunHelm(outside, request, inbox: inbox)
        )
        clock = DriverClock(loop: loop)
        orchestrator = Orchestrator(recovering: recovered, seed: seed)
        reports.summary = { [unowned sessions, inbox] key in
            sessions.activity(of: key).map(inbox.redactor.redact)
        }
        // The deadline's timer only has to cause a turn of the loop.
        timers = (try loop.timer {}, try loop.timer { [unowned self] in beat() })
    }

    /// The run's state as the fold of its facts.
    package var state: RunState { orchestrator.state }

    /// The run's state for display.
    package var view: RunView { reports.view }

    /// The ending of the leg; `nil` until it ends, or if it never began.
    package var ending: Ending? { if case .ended(let ending) = phase { ending } else { nil } }

    /// The reasons why the run could not begin; `nil` if it could.
    package var refusal: RunRefusal? {
        if case .refused(let refusal) = phase { refusal } else { nil }
    }

    /// The time that a leg that has ended waits for the readers of its reports.
    package var patienceWithReaders: Duration { reports.patience }

    /// Carries the leg out, and returns once nothing of it is left.
    ///
    /// Afterwards `ending` or `refusal` has the result.
    package func run() throws {
        try loop.onTurn { [unowned self] in turn() }
        commands.helm.open(reports: reports) { [unowned self] in orchestrator.place(of: $0) != nil }
        beat()
        openTasks()
        loop.run()
        journal.close()
        commands.helm.close()
        timers?.deadline.close()
        timers?.beat.close()
        reports.close()
        sessions.close()
        tasks.close()
        disk.close()
        signals.forEach { $0.close() }
    }

    /// Asks for the end; while reports finish, ends the wait for their readers.
    func shutDown(_ signal: ShutdownSignal) {
        reports.hurry()
        inbox.add(.shutdownRequested(signal))
    }

    // MARK: - Beginning

    /// Ends what earlier legs left, opens the directories of the first tasks, begins the leg, and opens the
    /// others; the agents are checked meanwhile.
    private func openTasks() {
        var first: [String] = []
        let beginning = opening.beginning
        opening.agents?.begin(on: loop)
        loop.perform(opening.examine) { [unowned self] findings in
            sessions.noteKills(findings.kills)
            sessions.note(bases: findings.bases, before: orchestrator.state)
            inbox.add(findings.warnings.map(Event.warned))
            tasks.openFirst(first, of: beginning.names) { [unowned self] inspected in
                let events = findings.used.map(Event.sessionUsed) + beginning.events(findings)
                awaitAgents { [unowned self] agents in
                    begin(with: events + agents.events + inspected, refusals: agents.refusals)
                    tasks.openLater(beginning.later(without: first))
                }
            }
        }
        // Computed while the workers read.
        first = beginning.first(in: orchestrator.state)
    }

    /// Calls `then` once the agents were checked.
    private func awaitAgents(then: @escaping (AgentChecks.Result) -> Void) {
        guard let agents = opening.agents else { return then(AgentChecks.Result()) }
        agents.whenDone(then)
    }

    private func begin(with events: [Event], refusals: [String]) {
        let agents = refusals.isEmpty ? nil : RunRefusal(reasons: refusals)
        if let refusal = tasks.refusal ?? agents {
            phase = .refused(refusal)
            return leave()
        }
        phase = .running
        inbox.addFirst(events)
    }

    // MARK: - A turn

    private var isRunning: Bool { if case .running = phase { true } else { false } }

    private func beat() {
        clock.beat()
        if isRunning { journal.noteLife(at: clock.now) }
        timers?.beat.set(loop.now + Pulse.interval)
    }

    private func turn() {
        guard let now = clock.turn(isRunning: isRunning) else { return }
        let isDue = orchestrator.nextDeadline.map { $0 <= now.awake } ?? false
        if isDue { sessions.keepWaitingForTrees() }
        guard isDue || !inbox.isEmpty else { return }
        reports.noteActivity(of: inbox.active, at: now)
        commands.helm.measure { carryOut(orchestrator.handle(inbox.takeAll(), at: now), at: now) }
        timers?.deadline.set(orchestrator.nextDeadline.map(clock.loopTime))
    }

    /// Signals, checks, runs the run's hooks and reads the machine at once, and sends all other commands through the journal.
    private func carryOut(_ commands: [Command], at now: Moment) {
        var decisions = Decisions(at: now)
        for command in commands {
            switch command {
            case .record(let fact):
                self.commands.checks.note(fact)
                decisions.facts.append(fact)
            case .terminateSession(let key): sessions.terminate(key)
            case .killSession(let key): sessions.kill(key)
            case .startCheck(let check):
                let plan = orchestrator.state.task(check.task)?.plan.check
                self.commands.checks.start(check, on: plan?.occasion ?? .completion)
            case .terminateCheck(let task): self.commands.checks.terminate(task)
            case .killCheck(let task): self.commands.checks.kill(task)
            case .startHook(let hook): begin(hook, &decisions)
            case .notify(let message): self.commands.hooks.notify(message, orchestrator.state)
            case .terminateHook(let key): self.commands.hooks.terminate(key)
            case .killHook(let key): self.commands.hooks.kill(key)
            case .readMachine: sessions.readMachine()
            case .startSession(let start): decisions.starts.append(pending(start))
            case .passWords(let call, let tasks):
                self.commands.helm.desk.passWords(of: call, to: tasks)
            case .readManifest(let call): self.commands.helm.desk.readManifest(of: call)
            case .answer(let id, let answer): decisions.answers.append((id, answer))
            case .openTask(let task): decisions.openings.append(task)
            case .releaseTask(let task): decisions.releases.append(task)
            case .endRun(let ending): decisions.ending = ending
            }
        }
        journal.append(decisions, state: { orchestrator.state }) { [unowned self] in recorded($0) }
    }

    /// Begins a hook; one of a task waits for its record, as it must not run twice.
    private func begin(_ hook: HookBegan, _ decisions: inout Decisions) {
        let pending = commands.hooks.pending(hook, orchestrator.state)
        if hook.task == nil {
            commands.hooks.start(pending)
        } else {
            decisions.hooks.append(pending)
        }
    }

    private func pending(_ start: SessionStarted) -> PendingStart {
        let task = orchestrator.state.task(start.task)
        return PendingStart(
            fact: start,
            checklist: task?.checklist ?? .missing,
            resumedUsage: orchestrator.state.running[start.key]?.resumedUsage,
            incident: task?.incident,
            mostEntries: task?.mostEntries,
            checkTrouble: task?.checkTrouble
        )
    }

    /// Carries out what waited for its record.
    private func recorded(_ decisions: Decisions) {
        decisions.starts.forEach(sessions.start)
        decisions.hooks.forEach(commands.hooks.start)
        tasks.release(decisions.releases)
        tasks.openAgain(decisions.openings)
        commands.helm.desk.answer(decisions.answers)
        tasks.awaitAnswers(
            of: decisions.releases.filter {
                orchestrator.state.task($0)?.outcome == .needsYou
            }
        )
        guard let ending = decisions.ending else { return }
        phase = .ended(ending)
        leave()
    }

    // MARK: - Ending

    private func leave() {
        tasks.close()
        // The locks on tasks are kept while any process may still work on them.
        sessions.endLeftovers { [unowned self] in
            tasks.releaseAll { [unowned self] in
                reports.finish(at: clock.now) { [unowned self] in loop.stop() }
            }
        }
    }
}
