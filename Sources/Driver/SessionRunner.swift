import Agent
import Autonomous
import Descendants
import EventLoop
import FileAccess
import Orchestration

/// One session: its handle, its decoder and its log, until nothing of it is left.
final class SessionRunner {
    /// The thread that the session resumes.
    private struct Resumption {
        let thread: String?
        /// The thread's last report; `nil` until it is known.
        var report: ThreadReport?
        /// The thread's earlier usage, if it must be read right before the session starts.
        let usage = UsageBefore()
    }

    /// The inspection of the checklist that the session leaves.
    private struct ListReview {
        let list: SessionList
        /// The delays before further inspections of a checklist that may be outdated.
        var delays = [500, 1000, 2000, 3000, 4000].map(Duration.milliseconds)[...]
        var timer: Timer?
    }

    /// The stages from the end of the process to the decision, and their findings.
    private struct Closing {
        var stages = SessionStages()
        var savesUnderWay = 0
        var process: ChildEnd?
        var look: ChecklistLook?
        var end: SessionEnd?
    }

    private let launch: SessionLaunch
    private let loop: Loop
    private let log: LogWriter
    /// The observer outlives the session, since it gets the report of its end.
    private unowned let observer: any SessionObserver
    private let usageReader: UsageReader
    private var handle: (any SessionHandle)?
    private let decoder: SessionDecoder
    private var progress: SessionProgress
    private var resumption: Resumption
    private var review: ListReview
    private var closing = Closing()
    /// True if the session must end now, even if writes to the disk are pending.
    private var isKilled = false

    /// Starts a session, on a worker thread.
    ///
    /// `resumedUsage` is the usage that the resumed thread had reported before; if it is `nil`, `usageReader`
    /// reads it.
    init(
        _ start: SessionStarted,
        launch: SessionLaunch,
        look: ChecklistLook,
        resumedUsage: TokenUsage?,
        usageReader: UsageReader,
        leakLimit: Duration,
        loop: Loop,
        observer: any SessionObserver
    ) {
        self.loop = loop
        self.usageReader = usageReader
        self.observer = observer
        let report = start.resumes.flatMap { thread in
            resumedUsage.map { ThreadReport(thread: thread, usage: $0) }
        }
        resumption = Resumption(thread: start.resumes, report: report)
        let list = SessionList(of: launch, last: look)
        review = ListReview(list: list)
        progress = SessionProgress(session: start.session)
        decoder = SessionDecoder(launch.agent.kind.reader(resuming: report))
        self.launch = launch.stating { [decoder] in decoder.expectStatement() }
        let directory = launch.directory
        directory.hold()
        log = LogWriter(loop: loop, path: directory.logPath) { [decoder] in
            decoder.decode($0)
        } opening: { () throws(LoopError) in
            do throws(FileError) {
                return try directory.openLog()
            } catch {
                throw LoopError(words: error.description, errno: error.code)
            }
        }
        log.onExamined = { [unowned self] in observeNews() }
        log.patience = DiskTroubles.patience
        log.onWaiting = { [unowned self] in logWaits($0) }
        log.onError = { [unowned self] in logFailed($0) }
        log.onPressure = { [unowned self] in logPressureChanged($0) }
        let callbacks = ChildProcess.Callbacks(
            started: { [unowned self] in started($0) },
            output: { [unowned self] in handle?.passOn($0, to: log) },
            ended: { [unowned self] in ended($0) }
        )
        let unknown = report == nil ? start.resumes : nil
        handle = self.launch.start(on: loop, leakLimit: leakLimit, callbacks: callbacks) {
            [usage = resumption.usage] in
            list.inspect()
            if let unknown { usage.note(usageReader.total(of: unknown, before: start)) }
        }
    }

    private var key: SessionKey { launch.start.key }

    /// The label that the session's processes carry.
    var label: SessionLabel { launch.label }

    /// Terminates the session.
    func terminate() { handle?.terminate() }

    /// Kills the session, and stops waiting for the disk.
    func kill() {
        isKilled = true
        log.giveUp()
        handle?.kill()
    }

    /// Decides on the session, now that nothing of what it started lives.
    ///
    /// Only now is the list put back and a question read: what was left behind could have changed both.
    func descendantsGone(_ end: SessionEnd) {
        closing.end = end
        keepTrying("the checklist") { [list = review.list, end = (end.look, end.result)] in
            list.restore(end.0, after: end.1)
        } then: { [self] look in
            closing.end?.look = look
            closing.end?.result.question = review.list.question
            review.list.takeWarnings().forEach(warn)
            note(.descendantsGone)
        }
    }

    /// The query for the session's usage; `nil` while the thread is unknown, and after a resume if the
    /// thread's earlier usage is unknown.
    var usageQuery: UsageReader.Query? {
        guard let thread = progress.thread, resumption.thread == nil || resumption.report != nil
        else { return nil }
        let report = resumption.report
        let before = report?.thread == thread ? report?.usage : nil
        return .init(launch.start, thread: thread, before: before)
    }

    /// Returns the agent's activity in a few words; `nil` if it has shown none yet.
    func activity() -> String? { progress.activity(newestStep: decoder.newestStep) }

    private func started(_ process: ProcessID) {
        review.list.takeWarnings().forEach(warn)
        let usage = resumption.usage.usage
        if let thread = resumption.thread, let usage {
            let report = ThreadReport(thread: thread, usage: usage)
            resumption.report = report
            decoder.learn(resuming: report)
        }
        report(
            .sessionSpawned(
                SessionSpawned(
                    task: key.task,
                    session: key.number,
                    pid: process.pid,
                    processStart: process.start,
                    resumedUsage: usage
                )
            )
        )
    }

    // MARK: - Output

    private func observeNews() {
        let reports = progress.fold(decoder.takeNews()) { decoder.newestStep }
        for report in reports {
            switch report {
            case .active: observer.sessionIsActive(key)
            case .answered: self.report(.sessionAnswered(key))
            case .waitsForNetwork: self.report(.sessionWaitsForNetwork(key))
            case .worked: if launch.isSandboxed { self.report(.sessionWorked(key)) }
            case .namedThread(let thread): save(thread)
            case .warning(let words): warn(words)
            }
        }
    }

    /// Saves the thread in the task directory before anything later of this session is recorded.
    private func save(_ thread: String) {
        closing.savesUnderWay += 1
        let (directory, key) = (launch.directory, key)
        keepTrying("session.id") {
            do throws(FileError) {
                try directory.saveThread(thread)
                return (nil, nil)
            } catch {
                return (error, error)
            }
        } then: { [self] (error: FileError?) in
            closing.savesUnderWay -= 1
            if let error { warn("session.id, which resumes it, was not saved: \(error)") }
            report(
                .threadStarted(
                    ThreadStarted(task: key.task, session: key.number, thread: thread)
                )
            )
            if closing.stages.stage == .saving { endSaving() }
        }
    }

    private func endSaving() { if closing.savesUnderWay == 0 { note(.threadSaved) } }

    // MARK: - The end, stage by stage

    private func ended(_ end: ChildEnd) {
        closing.process = end
        note(.processExited)
        note(.outputEnded)
    }

    private func note(_ fact: SessionStages.Fact) {
        for stage in closing.stages.note(fact) { begin(stage) }
    }

    private func begin(_ stage: SessionStages.Stage) {
        switch stage {
        case .running: break
        case .writing: finishLog()
        case .inspecting: inspected()
        case .saving: endSaving()
        case .counting: count()
        case .clearing:
            if let end = closing.end { observer.session(key, endedWith: end) }
        case .decided:
            if let end = closing.end { observer.session(key, isOverWith: end) }
        }
    }

    /// Writes the rest of the log, and inspects the checklist at once on the same worker thread.
    private func finishLog() {
        let (decoder, list, isRemote) = (decoder, review.list, launch.launcher != nil)
        log.finish {
            decoder.finish()
            return list.compare(isRemote: isRemote)
        } then: { [self] look in
            closing.look = look
            note(.logWritten)
        }
    }

    /// Accepts the newest inspection of the checklist, or arranges for another one.
    private func inspected() {
        guard let look = closing.look else { return }
        if mayBeOld(look), let delay = review.delays.popFirst() {
            return inspectAgain(after: delay)
        }
        guard look.unkept != nil else { return note(.listLookedAt) }
        keepTrying("the copy of the checklist") { [list = review.list] in
            let again = list.compare(isRemote: false)
            return (again, again.unkept)
        } then: { [self] look in
            if let error = look.unkept { warn("the checklist was not copied: \(error)") }
            closing.look = look
            note(.listLookedAt)
        }
    }

    /// Returns true if another machine may have written more than this one sees yet.
    private func mayBeOld(_ found: ChecklistLook) -> Bool {
        guard launch.launcher != nil, !isKilled, !found.isNews(after: review.list.before) else {
            return false
        }
        if case .damaged = found.state { return true }
        return decoder.isCompleted
    }

    private func inspectAgain(after delay: Duration) {
        let list = review.list
        // The wait for the checklist is ours; don't count it as silence of the session.
        observer.sessionIsActive(key)
        do {
            review.timer = try Timer(loop: loop) { [self] in
                review.timer?.close()
                review.timer = nil
                loop.perform {
                    list.compare(isRemote: true)
                } then: { [self] look in
                    closing.look = look
                    inspected()
                }
            }
            review.timer?.set(loop.now + delay)
        } catch {
            warn("the checklist was read once, and may be old: \(error)")
            review.delays = []
            inspected()
        }
    }

    /// Makes the session's result, and looks its usage up if the output has none.
    private func count() {
        guard let process = closing.process, let look = closing.look else { return }
        launch.directory.letGo()
        if progress.noise > 0 {
            warn(
                "\(Format.count(progress.noise, "line")) of stdout "
                    + "\(Format.word(for: progress.noise, "was", "were")) not "
                    + "\(launch.agent.kind.format); see \(launch.directory.logPath)"
            )
        }
        let ending = SessionEnding(
            termination: Termination(process.termination),
            standardError: process.standardError.end(redactedBy: launch.redactor),
            outputBytes: progress.outputBytes,
            outputLeaked: process.outputLeaked,
            isLaunched: launch.launcher != nil
        )
        let end = SessionEnd(
            result: launch.told(decoder.result(ending, now: SystemClock(loop: loop).now.wall)),
            look: look,
            standardError: process.standardError,
            wasKilled: isKilled,
            model: launch.model
        )
        closing.end = end
        guard let query = usageQuery else { return note(.usageRead) }
        loop.perform { [usageReader, result = end.result] in
            usageReader.settle(result, query)
        } then: { [self] settled in
            closing.end?.result = settled.result
            settled.events.forEach(report)
            note(.usageRead)
        }
    }

    // MARK: - The disk

    /// Runs a job on a worker thread, again and again while the disk refuses it.
    private func keepTrying<Value: Sendable>(
        _ file: String,
        _ job: @escaping @Sendable () -> (Value, FileError?),
        then: @escaping (Value) -> Void
    ) {
        let place = "\(launch.directory.path): \(file)"
        loop.perform {
            job()
        } then: { [self] value, error in
            if let error, error.isOfTheDisk, !isKilled,
                observer.session(
                    key,
                    cannotWrite: place,
                    "\(error)",
                    retry: { [self] in keepTrying(file, job, then: then) }
                )
            {
                // The wait for the disk is ours; don't count it as silence of the session.
                return observer.sessionIsActive(key)
            }
            observer.session(key, isDoneWith: place)
            then(value)
        }
    }

    private func logFailed(_ error: LoopError) {
        warn("session.log lost output of session \(key.number): \(words(error))")
    }

    /// Returns an error of the log with advice on what to do.
    private func words(_ error: LoopError) -> String {
        let (words, advice) = (
            "\(error)", FileError.advice(error.errno, launch.directory.logPath)
        )
        return words.hasSuffix(advice) ? words : words + advice
    }

    private func logWaits(_ error: LoopError?) {
        guard let error else { return observer.session(key, isDoneWith: launch.directory.logPath) }
        _ = observer.session(key, cannotWrite: launch.directory.logPath, words(error), retry: nil)
        observer.sessionIsActive(key)
    }

    private func logPressureChanged(_ isHigh: Bool) {
        if isHigh { handle?.pauseOutput() } else { handle?.resumeOutput() }
    }

    private func report(_ event: Event) { observer.session(key, reported: event) }

    private func warn(_ message: String) {
        report(.warned(Warned(task: key.task, message: message)))
    }
}

extension Termination {
    init(_ termination: ChildEnd.Termination) {
        switch termination {
        case .exited(let status): self = .exited(status)
        case .signaled(let signal): self = .signaled(signal)
        case .notStarted(let errno, let doing): self = .notStarted(errno: errno, doing: doing)
        }
    }
}
