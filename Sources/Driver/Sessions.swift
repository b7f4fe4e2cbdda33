import Autonomous
import Descendants
import EventLoop
import Orchestration
import RunStore

/// The sessions of a leg, from their starts until their ends are reported for a decision.
final class Sessions {
    private let loop: any DriverLoop
    private let starter: any SessionStarter
    private let leftovers: any LeftoverEnder
    private let machine: MachineReader
    private let inbox: Inbox
    private let disk: DiskTroubles
    private let reports: ReportSet
    private let tasks: TaskDirectories
    private let journal: JournalQueue
    private let usage: UsageWatch
    private var outOfMemory = OutOfMemoryKills()
    /// The sessions whose process, output or files have not ended, or whose end is being looked into.
    private var running: [SessionKey: any RunningSession] = [:]

    init(
        _ outside: Outside,
        inbox: Inbox,
        disk: DiskTroubles,
        reports: ReportSet,
        tasks: TaskDirectories,
        journal: JournalQueue,
        usageInterval: Duration
    ) throws(LoopError) {
        (loop, starter, leftovers) = (outside.loop, outside.starter, outside.leftovers)
        machine = outside.machine
        (self.inbox, self.disk, self.reports) = (inbox, disk, reports)
        (self.tasks, self.journal) = (tasks, journal)
        usage = try UsageWatch(
            loop: loop,
            reader: outside.usageReader,
            interval: usageInterval,
            inbox: inbox
        )
    }

    /// Starts a session whose start is recorded.
    func start(_ start: PendingStart) {
        let key = start.fact.key
        guard let task = tasks.task(key.task),
            let session = starter.start(start, in: task, observer: self)
        else {
            return inbox.refuse(start, .spawnFailed, "its task is not open [this is a bug]")
        }
        leftovers.sessionBegan(key, session.label)
        outOfMemory.sessionBegan(key)
        running[key] = session
        usage.sessionBegan { [unowned self] in Array(running.values) }
    }

    /// Ends a session politely, unless it has ended.
    func terminate(_ key: SessionKey) { running[key]?.terminate() }

    /// Ends a session by force, unless it has ended.
    func kill(_ key: SessionKey) { running[key]?.kill() }

    /// Returns a session's activity in a few words.
    func activity(of key: SessionKey) -> String? { running[key]?.activity() }

    /// Notes the number of processes that the kernel's out-of-memory killer has ended.
    func noteKills(_ count: Int64?) { outOfMemory.take(count) }

    /// Reads the machine's free resources on a worker thread, and reports them.
    func readMachine() {
        loop.perform { [machine] in
            (machine.read(), machine.outOfMemoryKills())
        } then: { [unowned self] reading, kills in
            noteKills(kills)
            inbox.add(.machineRead(reading))
        }
    }

    /// Ends everything that sessions left, then calls `then`, even if some survived.
    func endLeftovers(then: @escaping () -> Void) { leftovers.endAll(then: then) }

    /// Stops looking after sessions.
    func close() {
        leftovers.close()
        usage.close()
    }

    /// Ends what a session left, so that its task's next session doesn't meet it.
    private func clear(_ key: SessionKey, _ end: SessionEnd) {
        var end = end
        end.result = outOfMemory.judge(key, end)
        guard let session = running.removeValue(forKey: key) else { return isOver(key, end) }
        leftovers.end(key, session.label) { [unowned self] left in
            if !left.isEmpty { inbox.add(.warned(.cannotEnd(left, of: key))) }
            isOver(key, end)
        }
    }

    private func isOver(_ key: SessionKey, _ end: SessionEnd) {
        let output = end.standardError
        if output.total > 0 {
            journal.attach(
                SessionAttachment(
                    key: key,
                    head: output.head,
                    tail: output.tail,
                    total: output.total
                )
            )
        }
        var result = end.result
        result.list = tasks.note(end.look, of: key.task)
        result.listFile = end.look.listFile
        inbox.add(.sessionEnded(key, result, end.look.state))
    }
}

extension Sessions: SessionObserver {
    func session(_ key: SessionKey, reported event: Event) {
        inbox.add(event)
        if case .sessionWaitsForNetwork = event { reports.noteNetworkWaiting(key) }
    }

    func sessionIsActive(_ key: SessionKey) { inbox.noteActivity(of: key) }

    func session(
        _ key: SessionKey,
        cannotWrite place: String,
        _ reason: String,
        retry: (() -> Void)?
    ) -> Bool {
        disk.note(place, reason, retry: retry)
    }

    func session(_ key: SessionKey, isDoneWith place: String) { disk.settle(place) }

    func session(_ key: SessionKey, endedWith end: SessionEnd) {
        // If the session reported no usage, look it up in Codex's rollout file.
        let query = end.result.usage == nil ? running[key]?.usageQuery : nil
        let isKilled = end.result.mayBeOutOfMemory && !end.wasKilled
        guard query != nil || isKilled else { return clear(key, end) }
        loop.perform { [reader = usage.reader, machine] in
            (query.map { reader.look([$0]) } ?? [], isKilled ? machine.outOfMemoryKills() : nil)
        } then: { [unowned self] used, kills in
            inbox.add(used.map(Event.sessionUsed))
            if isKilled { noteKills(kills) }
            clear(key, end)
        }
    }
}
