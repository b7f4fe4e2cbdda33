import Autonomous
import Descendants
import EventLoop
import Foundation
import Orchestration
import Reporting
import Synchronization
import Trees

@testable import Driver
@testable import RunStore

/// The calls that fakes got, in order.
final class Log: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// Empties the log.
    func takeAll() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}

/// A loop on virtual time; `run` carries out the test's script.
final class FakeLoop: DriverLoop {
    final class FakeTimer: DriverTimer {
        let fire: () -> Void
        var due: Duration?
        private var isClosed = false

        init(_ fire: @escaping () -> Void) { self.fire = fire }

        var isSet: Bool { due != nil }
        func set(_ time: Duration?) { due = isClosed ? nil : time }

        func close() { (due, isClosed) = (nil, true) }
    }

    var now = Duration.zero
    let work = Duration.zero
    var script: () -> Void = {}
    private(set) var isStopped = false
    /// True if jobs wait, as on busy workers.
    var isHeldUp = false
    private var jobs: [() -> Void] = []
    private var timers: [FakeTimer] = []
    private var turn: () -> Void = {}

    func perform<Value: Sendable>(
        _ job: @escaping @Sendable () -> Value,
        then: @escaping (Value) -> Void
    ) {
        jobs.append { then(job()) }
    }

    func timer(_ fire: @escaping () -> Void) -> any DriverTimer {
        timers.append(FakeTimer(fire))
        return timers[timers.count - 1]
    }

    func onTurn(_ body: @escaping () -> Void) { turn = body }
    func run() { script() }
    func stop() { isStopped = true }

    /// Turns until nothing is left to do at this time.
    func settle() {
        turn()
        while !isHeldUp, !jobs.isEmpty {
            jobs.removeFirst()()
            turn()
        }
    }

    /// Lets time pass, with the timers that expire meanwhile.
    func advance(_ time: Duration) {
        settle()
        let end = now + time
        while let timer = timers.filter({ $0.due.map { $0 <= end } ?? false })
            .min(by: { $0.due ?? end < $1.due ?? end })
        {
            now = timer.due ?? end
            timer.due = nil
            timer.fire()
            settle()
        }
        now = end
        settle()
    }
}

final class FakeStore: JournalStore {
    let path = "quire.db"
    /// True if batches wait for `answer`.
    var isSlow = false
    private(set) var isGivenUp = false
    /// Number of batches that wait for `answer`.
    private var waiting = 0
    private let loop: FakeLoop
    private let log: Log
    private var report: (StoreReport) -> Void = { _ in }

    init(_ loop: FakeLoop, _ log: Log) { (self.loop, self.log) = (loop, log) }

    func observe(_ handler: @escaping (StoreReport) -> Void) { report = handler }

    func append(_ batch: JournalBatch, isUrgent: Bool, state: () -> RunState) {
        log.add("journal \(batch.events.words)")
        guard !isSlow else { return waiting += 1 }
        loop.perform {
        } then: { [unowned self] in
            report(.written(.success(())))
        }
    }

    /// Writes all batches that wait, and those that come of it.
    func writeAll() {
        while waiting > 0 {
            waiting -= 1
            answer(.written(.success(())))
        }
    }

    /// Answers the oldest batch, or tells of a change.
    func answer(_ answer: StoreReport) {
        report(answer)
        loop.settle()
    }

    func giveUp() { isGivenUp = true }
    func noteLife(of run: String, at now: Moment) {}
    func close() {}
}

/// The maker of sessions that are nothing but their names, and the end of what they leave.
final class FakeSessions: SessionStarter, LeftoverEnder {
    private final class Session: RunningSession {
        let label: SessionLabel
        let usageQuery: UsageReader.Query? = nil
        private let key: SessionKey
        private let log: Log
        private let observer: any SessionObserver

        init(_ key: SessionKey, _ log: Log, _ observer: any SessionObserver) {
            label = SessionLabel(place: key.task, session: key.number)
            (self.key, self.log, self.observer) = (key, log, observer)
        }

        func activity() -> String? { nil }
        func terminate() { log.add("terminate \(key.words)") }
        func kill() { log.add("kill \(key.words)") }
        func descendantsGone(_ end: SessionEnd) { observer.session(key, isOverWith: end) }
    }

    /// True if `clear` ends leftovers, not the call itself.
    var leavesProcesses = false
    private let log: Log
    private var observer: (any SessionObserver)?
    private var looks: [String: ChecklistLook] = [:]
    private var waiting: [() -> Void] = []

    init(_ log: Log) { self.log = log }

    func start(
        _ start: PendingStart,
        in task: OpenTask,
        at directory: String?,
        observer: any SessionObserver
    ) -> (any RunningSession)? {
        log.add("start \(start.fact.key.words)" + (directory.map { " at \($0)" } ?? ""))
        self.observer = observer
        looks[start.fact.task] = task.look
        return Session(start.fact.key, log, observer)
    }

    /// Ends a session, which failed, and may have asked a person.
    func end(_ task: String, _ number: Int = 1, question: String? = nil) {
        guard let look = looks[task] else { return }
        let failure = Failure(.turnFailed, "it failed")
        var end = SessionEnd(
            result: SessionResult(termination: .exited(1), failure: failure, usage: .zero),
            look: look,
            standardError: CapturedOutput(),
            wasKilled: false
        )
        end.result.question = question
        observer?.session(SessionKey(task: task, number: number), endedWith: end)
    }

    func sessionBegan(_ session: SessionKey, _ label: SessionLabel) {}

    func end(
        _ session: SessionKey,
        _ label: SessionLabel,
        then: @escaping ([ProcessID]) -> Void
    ) {
        leave("clear \(session.words)") { then([]) }
    }

    func endAll(then: @escaping () -> Void) { leave("clear all", then) }
    func close() {}

    /// Ends what is left.
    func clear() {
        let ended = waiting
        waiting = []
        ended.forEach { $0() }
    }

    private func leave(_ words: String, _ then: @escaping () -> Void) {
        log.add(words)
        waiting.append(then)
        if !leavesProcesses { clear() }
    }
}

/// Trees that need no git.
final class FakeTrees: TreeMaker {
    /// The result for each task; a task without one works in the workspace.
    var results: [String: Result<TaskTree?, TreeTrouble>] = [:]
    /// True if `finish` ends the making of trees, not the call itself.
    var isSlow = false
    /// True if the trees wait for checks.
    var isChecking = false
    private(set) var bases: [String: String] = [:]
    private let log: Log
    private var waiting: [() -> Void] = []

    init(_ log: Log) { self.log = log }

    func learn(bases: [String: String]) { self.bases = bases }

    func prepare(
        _ start: SessionStarted,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        guard let result = results[start.task] else { return then(.success(nil)) }
        log.add("tree \(start.task)")
        waiting.append { then(result) }
        if !isSlow { finish() }
    }

    func isChecking(_ key: SessionKey) -> Bool { isChecking }
    func abandon(_ key: SessionKey) { log.add("abandon tree \(key.words)") }

    func commit(_ key: SessionKey, _ end: SessionEnd, then: @escaping ([Event]) -> Void) {
        guard results[key.task] != nil else { return then([]) }
        log.add("commit \(key.words)")
        then([])
    }

    func terminate(_ key: SessionKey) { log.add("terminate tree \(key.words)") }
    func giveUp(_ key: SessionKey) {}

    func finish() {
        let made = waiting
        waiting = []
        made.forEach { $0() }
    }
}

/// Checks that are nothing but their names.
final class FakeChecks: CheckRunner {
    private let log: Log
    private var running: [String: (CheckBegan, (CheckEnded, [Event]) -> Void)] = [:]

    init(_ log: Log) { self.log = log }

    func run(_ check: CheckBegan, then: @escaping (CheckEnded, [Event]) -> Void) {
        log.add("check \(check.task)")
        running[check.task] = (check, then)
    }

    func terminate(_ task: String) { log.add("terminate check \(task)") }
    func kill(_ task: String) { log.add("kill check \(task)") }
    func note(_ fact: RunEvent) {}

    /// Ends the check of a task.
    func end(_ task: String, _ result: CheckResult) {
        guard let (check, then) = running.removeValue(forKey: task) else { return }
        then(CheckEnded(task: task, session: check.session, result), [])
    }
}

/// Hooks that are nothing but their names.
final class FakeHooks: HookRunner {
    private let log: Log
    private(set) var inputs: [HookKey: HookInput] = [:]
    private(set) var places: [HookKey: HookPlace] = [:]
    private var running: [HookKey: (HookBegan, (HookEnded, [Event]) -> Void)] = [:]

    init(_ log: Log) { self.log = log }

    func run(
        _ hook: HookBegan,
        _ input: HookInput,
        at place: HookPlace?,
        then: @escaping (HookEnded, [Event]) -> Void
    ) {
        log.add("hook \(hook.key.words)")
        (inputs[hook.key], places[hook.key]) = (input, place)
        running[hook.key] = (hook, then)
    }

    func terminate(_ key: HookKey) { log.add("terminate hook \(key.words)") }
    func kill(_ key: HookKey) { log.add("kill hook \(key.words)") }

    /// Ends a hook.
    func end(_ hook: Hook, _ task: String? = nil, _ result: HookResult = .passed) {
        guard let (began, then) = running.removeValue(forKey: HookKey(hook, task)) else { return }
        then(HookEnded(began, result, message: result.isTrouble ? "said no" : nil), [])
    }
}

extension HookKey {
    fileprivate var words: String { hook.rawValue + (task.map { " \($0)" } ?? "") }
}

/// Task directories: without checklists, and on no disk but where a test writes them.
final class FakeDirectories: DirectoryKeeper {
    let workspace = Workspace(
        root: NSTemporaryDirectory() + "/quire-none-" + UUID().uuidString
    )

    private let log: Log
    private let owners = Mutex<[String: String]>([:])
    private let answers = Mutex<Set<String>>([])

    init(_ log: Log) { self.log = log }

    /// Makes a task that of another process, or frees it.
    func own(_ task: String, by owner: String?) { owners.withLock { $0[task] = owner } }

    /// Answers the question of a task.
    func answer(_ task: String) { answers.withLock { _ = $0.insert(task) } }

    func open(_ tasks: [String]) -> [TaskOpening.Result] {
        log.add("open \(tasks.count == 1 ? tasks[0] : "\(tasks.count)")")
        return tasks.map(open)
    }

    func openAgain(_ tasks: [String]) -> [TaskOpening.Result] { open(tasks) }

    func release(_ tasks: [OpenTask]) {
        let names = tasks.map(\.directory.name.description).sorted()
        log.add("release \(names.joined(separator: " "))")
    }

    func answered(_ tasks: [String]) -> [String] {
        log.add("look \(tasks.joined(separator: " "))")
        return tasks.filter { name in answers.withLock { $0.remove(name) != nil } }
    }

    func pass(_ words: String, to task: String, isAnswer: Bool) throws {
        log.add("\(isAnswer ? "answer" : "tell") \(task): \(words)")
    }

    func stamp(of look: ChecklistLook, _ task: String) -> String? { nil }
    var artifacts: ArtifactKeeper? { nil }
    func checks(_ task: String) -> Bool { false }

    private func open(_ task: String) -> TaskOpening.Result {
        if let owner = owners.withLock({ $0[task] }) { return .locked(task: task, reason: owner) }
        do {
            let directory = workspace.taskDirectory(try TaskName(given: task))
            let open = OpenTask(directory: directory, look: directory.inspectAndKeep())
            let inspected = TaskInspected(task: task, checklist: open.look.state)
            return .opened(open, inspected, warnings: [])
        } catch {
            return .unusable(task: task, reason: "\(error)")
        }
    }
}

/// A place where clients come in that the test makes.
final class FakeDoor: ControlDoor {
    /// A client; what it gets is kept as text.
    final class Link: ControlLink {
        let peer: LocalPeer?
        private(set) var lines: [String] = []
        private(set) var isClosed = false
        private(set) var isRead = false
        private var receive: (LocalConnection.Event) -> Void = { _ in }

        init(_ peer: LocalPeer?) { self.peer = peer }

        func begin(lineLimit: Int, receive: @escaping (LocalConnection.Event) -> Void) {
            (self.receive, isRead) = (receive, true)
        }

        func resume() { isRead = true }
        func send(_ line: [UInt8]) { lines.append(String(decoding: line, as: UTF8.self)) }
        func close() { isClosed = true }

        /// Sends a line, if anybody reads.
        func say(_ line: String) {
            guard isRead else { return }
            isRead = false
            receive(.line(Array(line.utf8)))
        }

        /// Sends something else.
        func happen(_ event: LocalConnection.Event) { receive(event) }
    }

    private(set) var isClosed = false
    private var accept: (any ControlLink) -> Void = { _ in }

    func open(
        on loop: any DriverLoop,
        warn: @escaping (String) -> Void,
        accept: @escaping (any ControlLink) -> Void
    ) {
        self.accept = accept
    }

    func close() { isClosed = true }

    /// Lets a client in, which is this user unless another one is named.
    func come(_ peer: LocalPeer? = LocalPeer(user: geteuid(), process: 7)) -> Link {
        let link = Link(peer)
        accept(link)
        return link
    }
}

final class FakeReport: Report {
    /// False if `finish` waits for `giveUp`.
    var isRead = true
    private(set) var facts: [RecordedEvent] = []
    private(set) var steering: RunSteering?
    private let log: Log
    private var finished: () -> Void = {}

    init(_ log: Log) { self.log = log }

    func begin(steering: RunSteering) { self.steering = steering }

    func show(_ events: [RecordedEvent], view: RunView) {
        log.add("report \(events.map(\.event).words)")
        facts += events
    }

    func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        log.add("finish")
        finished = then
        if isRead { then() }
    }

    func giveUp() {
        log.add("give up")
        finished()
    }
}

extension SessionKey {
    fileprivate var words: String { "\(task) \(number)" }
}

extension [RunEvent] {
    /// The facts' names.
    fileprivate var words: String {
        compactMap { Mirror(reflecting: $0).children.first?.label }.joined(separator: " ")
    }
}
