import Autonomous
import CodexEvents
import Dates
import Descendants
import EventLoop
import FileAccess
import Orchestration

/// The receiver of a session's reports, on the loop.
protocol SessionObserver: AnyObject {
    /// Reports an event to decide on.
    func session(_ key: SessionKey, reported event: Event)
    /// Reports a sign of life.
    func sessionIsActive(_ key: SessionKey)
    /// Reports that the disk refused a write.
    ///
    /// - Returns: true if `retry` will be called in a second; false once the write was refused for an hour.
    func session(
        _ key: SessionKey,
        cannotWrite place: String,
        _ reason: String,
        retry: (() -> Void)?
    ) -> Bool
    /// Reports that the file was written, or that nothing waits for it any more.
    func session(_ key: SessionKey, isDoneWith place: String)
    /// Reports the end of the session; no report follows.
    func session(_ key: SessionKey, endedWith end: SessionEnd)
}

/// The result of a session, and its data to record.
struct SessionEnd {
    var result: SessionResult
    var look: ChecklistLook
    var standardError: CapturedOutput
    /// True if Quire killed the session.
    var wasKilled: Bool
}

/// One session: its process, its decoder and its log, until all three have ended.
final class SessionRunner {
    /// The label that the session's processes carry.
    let label: SessionLabel
    private let key: SessionKey
    private let loop: Loop
    private let directory: TaskDirectory
    /// The inspection of the checklist before the session.
    private let look: ChecklistLook
    private let log: LogWriter
    /// The observer outlives the session, since it gets the report of its end.
    private unowned let observer: any SessionObserver
    private var child: ChildProcess?
    private let decoder = SessionDecoder()
    private var outputBytes: Int64 = 0
    private var passed = 0
    private var lastActivity: String?
    private var hasTurn = false
    private var hasAnswer = false
    private var transcript: SessionTranscript
    private let resumedThread: String?
    private var resumed: ThreadReport?
    /// The resumed thread's earlier usage, if it must be read right before the process starts.
    private let usageBefore = UsageBefore()
    private var undecodable = 0
    private var savesUnderWay = 0
    /// True if the session must end now, even if writes to the disk are pending.
    private var isKilled = false
    /// True if a launcher runs the agent, perhaps on another machine.
    private let isLaunched: Bool
    /// The delays before further inspections of a checklist that may be outdated.
    private var laterLooks = [500, 1000, 2000, 3000, 4000].map(Duration.milliseconds)[...]
    private var nextLook: Timer?
    /// The end of the process, and the checklist that it left.
    private var over: (ChildEnd, ChecklistLook)?

    /// Starts a session; its process is spawned on a worker thread.
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
        key = start.key
        label = launch.label
        self.loop = loop
        directory = launch.directory
        self.look = look
        self.observer = observer
        let resumed = start.resumes.flatMap { thread in
            resumedUsage.map { ThreadReport(thread: thread, usage: $0) }
        }
        self.resumed = resumed
        resumedThread = start.resumes
        isLaunched = launch.launcher != nil
        transcript = SessionTranscript(resuming: resumed)
        directory.hold()
        log = LogWriter(loop: loop, path: directory.logPath) { [decoder] in
            decoder.decode($0)
        } opening: { [directory] () throws(LoopError) in
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
            started: { [unowned self] in childStarted($0) },
            output: { [unowned self] in child?.passOn($0, to: log) },
            ended: { [unowned self] in childEnded($0) }
        )
        let unknown = resumed == nil ? start.resumes : nil
        child = ChildProcess(loop: loop, leakLimit: leakLimit, callbacks: callbacks) {
            [usageBefore] in
            if let unknown { usageBefore.note(usageReader.total(of: unknown, of: start.task)) }
            return try launch.make()
        }
    }

    /// Terminates the process.
    func terminate() { child?.terminate() }

    /// Kills the process, and stops waiting for the disk.
    func kill() {
        isKilled = true
        log.giveUp()
        child?.kill()
    }

    private func childStarted(_ process: ProcessID) {
        let usage = usageBefore.usage
        if let resumedThread, let usage {
            let before = ThreadReport(thread: resumedThread, usage: usage)
            resumed = before
            transcript.learn(resuming: before)
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

    private func observeNews() {
        let news = decoder.takeNews()
        if news.passed > passed { observer.sessionIsActive(key) }
        passed = news.passed
        outputBytes = news.bytes
        for event in news.events { observe(event) }
        guard hasTurn, !hasAnswer else { return }
        // An answer from before the network was lost no longer counts.
        let isAnswered = news.isAnswered && !news.events.contains(where: \.isNetworkWaiting)
        if isAnswered || decoder.newestStep?.isAnswer ?? false { noteAnswer() }
    }

    private func noteAnswer() {
        hasAnswer = true
        report(.sessionAnswered(key))
    }

    /// The query for the session's usage; `nil` while the thread is unknown, and after a resume if the
    /// thread's earlier usage is unknown.
    var usageQuery: UsageReader.Query? {
        guard let thread = transcript.thread, resumedThread == nil || resumed != nil,
            Rollout.creation(of: thread) != nil
        else { return nil }
        let before = resumed?.thread == thread ? resumed?.usage : nil
        return UsageReader.Query(key: key, thread: thread, before: before)
    }

    /// Returns the agent's activity in a few words; `nil` if it has shown none yet.
    func activity() -> String? {
        lastActivity = decoder.newestStep?.summary ?? lastActivity
        return lastActivity
    }

    private func observe(_ event: CodexEvent) {
        let (known, refused) = (transcript.thread, transcript.refusedThread)
        let odd = transcript.oddUsage
        transcript.observe(event)
        if let name = transcript.refusedThread, name != refused { warn(ofThread: name) }
        if let told = transcript.oddUsage, odd == nil { warn(ofUsage: told) }
        if case .undecodable = event { undecodable += 1 }
        if let thread = transcript.thread, thread != known { save(thread) }
        if case .turnStarted = event { hasTurn = true }
        if event.isNetworkWaiting {
            hasAnswer = false
            report(.sessionWaitsForNetwork(key))
        } else {
            if !hasAnswer, event.isAnswer { noteAnswer() }
            lastActivity = event.summary ?? lastActivity
            observer.sessionIsActive(key)
        }
    }

    private func warn(ofThread name: String) {
        warn(
            "the agent named a thread \(name.prefix(ThreadID.longest).debugDescription), which is no "
                + "thread's id: it is not saved, and no session will resume it"
        )
    }

    private func warn(ofUsage told: String) {
        warn(
            "session \(key.number) told a usage that can't be (\(told)): it is cut to what can be, or "
                + "left out"
        )
    }

    /// Saves the thread in the task directory before anything later of this session is recorded.
    private func save(_ thread: String) {
        savesUnderWay += 1
        let (directory, key) = (directory, key)
        keepTrying("session.id") {
            do throws(FileError) {
                try directory.saveThread(thread)
                return (nil, nil)
            } catch {
                return (error, error)
            }
        } then: { [self] (error: FileError?) in
            savesUnderWay -= 1
            if let error { warn("session.id was not saved: \(error)") }
            report(
                .threadStarted(
                    ThreadStarted(task: key.task, session: key.number, thread: thread)
                )
            )
            endIfOver()
        }
    }

    private func childEnded(_ end: ChildEnd) {
        let (decoder, directory, look) = (decoder, directory, look)
        // Another machine may have written the files, so this one's cached attributes prove little.
        let isLaunched = isLaunched
        log.finish {
            decoder.finish()
            if isLaunched { return directory.inspectAfreshAndKeep(after: look) }
            return directory.inspectAndKeep(after: look)
        } then: { [self] look in
            take(look, after: end)
        }
    }

    private func take(_ look: ChecklistLook, after end: ChildEnd) {
        if mayBeOld(look), let delay = laterLooks.popFirst() {
            return lookAgain(after: delay, end)
        }
        guard look.unkept != nil else { return isOver(end, look) }
        let directory = directory
        keepTrying("the copy of the checklist") {
            let again = directory.inspectAndKeep(after: look)
            return (again, again.unkept)
        } then: { [self] look in
            if let error = look.unkept { warn("the checklist has no newest copy: \(error)") }
            isOver(end, look)
        }
    }

    /// Returns true if another machine may have written more than this one sees yet.
    private func mayBeOld(_ found: ChecklistLook) -> Bool {
        guard isLaunched, !isKilled, !found.isNews(after: look) else { return false }
        if case .damaged = found.state { return true }
        return transcript.isCompleted
    }

    private func lookAgain(after delay: Duration, _ end: ChildEnd) {
        let (directory, look) = (directory, look)
        // The wait for the checklist is ours; don't count it as silence of the session.
        observer.sessionIsActive(key)
        do {
            nextLook = try Timer(loop: loop) { [self] in
                nextLook?.close()
                nextLook = nil
                loop.perform {
                    directory.inspectAfreshAndKeep(after: look)
                } then: { [self] look in
                    take(look, after: end)
                }
            }
            nextLook?.set(loop.now + delay)
        } catch {
            warn("the checklist was looked at only once: \(error)")
            laterLooks = []
            take(look, after: end)
        }
    }

    private func isOver(_ end: ChildEnd, _ look: ChecklistLook) {
        over = (end, look)
        endIfOver()
    }

    /// Runs a job on a worker thread, again and again while the disk refuses it.
    private func keepTrying<Value: Sendable>(
        _ file: String,
        _ job: @escaping @Sendable () -> (Value, FileError?),
        then: @escaping (Value) -> Void
    ) {
        let place = "\(directory.path): \(file)"
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

    private func endIfOver() {
        guard let (end, look) = over, savesUnderWay == 0 else { return }
        over = nil
        directory.letGo()
        if undecodable > 0 {
            warn(
                "\(Format.count(undecodable, "line")) of stdout "
                    + "\(Format.word(for: undecodable, "was", "were")) not Codex's JSON Lines; see "
                    + directory.logPath
            )
        }
        let ending = SessionTranscript.Ending(
            termination: Termination(end.termination),
            standardError: end.standardError.end,
            outputBytes: outputBytes,
            passedSteps: passed,
            outputLeaked: end.outputLeaked,
            isLaunched: isLaunched
        )
        let now = SystemClock(loop: loop).now.wall
        let result = transcript.result(ending, now: now, offset: LocalTime.offset)
        observer.session(
            key,
            endedWith: SessionEnd(
                result: result,
                look: look,
                standardError: end.standardError,
                wasKilled: isKilled
            )
        )
    }

    private func logFailed(_ error: LoopError) {
        warn("session.log lost output of session \(key.number): \(words(error))")
    }

    /// Returns an error of the log with advice on what to do.
    private func words(_ error: LoopError) -> String {
        let (words, advice) = (
            "\(error)", FileError.advice(error.errno, directory.logPath)
        )
        return words.hasSuffix(advice) ? words : words + advice
    }

    private func logWaits(_ error: LoopError?) {
        guard let error else { return observer.session(key, isDoneWith: directory.logPath) }
        _ = observer.session(key, cannotWrite: directory.logPath, words(error), retry: nil)
        observer.sessionIsActive(key)
    }

    private func logPressureChanged(_ isHigh: Bool) {
        if isHigh { child?.pauseOutput() } else { child?.resumeOutput() }
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
