import Autonomous
import CodexEvents
import EventLoop
import Orchestration

/// What a session tells whoever started it, on the loop.
protocol SessionObserver: AnyObject {
    /// Something to decide on.
    func session(_ key: SessionKey, reported event: Event)
    /// The session gave a sign of life.
    func sessionIsActive(_ key: SessionKey)
    /// The session is over: nothing of it is left to come.
    func session(_ key: SessionKey, endedWith end: SessionEnd)
}

/// All that is left of a session.
struct SessionEnd {
    var result: SessionResult
    var look: ChecklistLook
    var standardError: CapturedOutput
}

/// One session: its process, its decoder, its log, until all three have ended.
final class SessionRunner {
    private let key: SessionKey
    private let loop: Loop
    private let directory: TaskDirectory
    /// The look at the checklist before the session.
    private let look: ChecklistLook
    private let log: LogWriter
    /// Outlives the session: it is told its end.
    private unowned let observer: any SessionObserver
    private var child: ChildProcess?
    private let decoder = SessionDecoder()
    private var outputBytes: Int64 = 0
    private var passed = 0
    private var lastActivity: String?
    private var transcript: SessionTranscript
    private var undecodable = 0
    private var savesUnderWay = 0
    /// How the process ended, and the checklist it left.
    private var over: (ChildEnd, ChecklistLook)?

    /// Starts a session; its process comes to life on a worker thread.
    ///
    /// `resumedUsage` is what the resumed thread had reported before; `nil` where that is unknown.
    init(
        _ start: SessionStarted,
        launch: SessionLaunch,
        look: ChecklistLook,
        resumedUsage: TokenUsage?,
        leakLimit: Duration,
        loop: Loop,
        observer: any SessionObserver
    ) {
        key = start.key
        self.loop = loop
        directory = launch.directory
        self.look = look
        self.observer = observer
        let resumed = start.resumes.flatMap { thread in
            resumedUsage.map { ThreadReport(thread: thread, usage: $0) }
        }
        transcript = SessionTranscript(resuming: resumed)
        log = LogWriter(loop: loop, path: launch.directory.logPath) { [decoder] in
            decoder.decode($0)
        }
        log.onExamined = { [unowned self] in observeNews() }
        log.onError = { [unowned self] in logFailed($0) }
        log.onPressure = { [unowned self] in logPressureChanged($0) }
        let callbacks = ChildProcess.Callbacks(
            started: { [unowned self] in childStarted(pid: $0, processStart: $1) },
            output: { [unowned self] in child?.passOn($0, to: log) },
            ended: { [unowned self] in childEnded($0) }
        )
        child = ChildProcess(loop: loop, leakLimit: leakLimit, callbacks: callbacks) {
            launch.make()
        }
    }

    /// Ends the process politely.
    func terminate() { child?.terminate() }

    /// Ends the process.
    func kill() { child?.kill() }

    private func childStarted(pid: Int32, processStart: UInt64) {
        report(
            .sessionSpawned(
                SessionSpawned(
                    task: key.task,
                    session: key.number,
                    pid: pid,
                    processStart: processStart
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
    }

    /// What the agent does, in a few words; `nil` where it said nothing of the kind yet.
    func activity() -> String? {
        lastActivity = decoder.newestStep?.summary ?? lastActivity
        return lastActivity
    }

    private func observe(_ event: CodexEvent) {
        let known = transcript.thread
        transcript.observe(event)
        if case .undecodable = event { undecodable += 1 }
        if let thread = transcript.thread, thread != known { save(thread) }
        if event.isNetworkWaiting {
            report(.sessionWaitsForNetwork(key))
        } else {
            lastActivity = event.summary ?? lastActivity
            observer.sessionIsActive(key)
        }
    }

    /// Puts the thread into the task directory before anything later of this session is recorded.
    private func save(_ thread: String) {
        savesUnderWay += 1
        let (directory, key) = (directory, key)
        loop.perform {
            Result { try directory.saveThread(thread) }
        } then: { [self] result in
            savesUnderWay -= 1
            if case .failure(let error) = result { warn("session.id was not saved: \(error)") }
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
        log.finish {
            decoder.finish()
            return directory.inspectAndKeep(after: look)
        } then: { [self] look in
            over = (end, look)
            endIfOver()
        }
    }

    private func endIfOver() {
        guard let (end, look) = over, savesUnderWay == 0 else { return }
        over = nil
        if undecodable > 0 {
            warn(
                "\(undecodable) lines of stdout were not Codex's JSON Lines; see \(directory.logPath)"
            )
        }
        let ending = SessionTranscript.Ending(
            termination: Termination(end.termination),
            standardError: end.standardError.end,
            outputBytes: outputBytes,
            passedSteps: passed,
            outputLeaked: end.outputLeaked
        )
        let now = SystemClock(loop: loop).now.wall
        let result = transcript.result(ending, now: now, offset: SystemClock.localOffset)
        observer.session(
            key,
            endedWith: SessionEnd(
                result: result,
                look: look,
                standardError: end.standardError
            )
        )
    }

    private func logFailed(_ error: LoopError) {
        warn("session.log lost output of session \(key.number): \(error); free space or correct it")
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
