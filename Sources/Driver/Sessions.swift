import Autonomous
import Descendants
import EventLoop
import Orchestration
import RunStore
import Trees

/// The sessions of a leg, from their starts until their ends are reported for a decision.
final class Sessions {
    private let loop: any DriverLoop
    private let starter: any SessionStarter
    private let leftovers: any LeftoverEnder
    private let trees: any TreeMaker
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
    /// The sessions whose trees are being made; true for sessions that were asked to end meanwhile.
    private var preparing: [SessionKey: Bool] = [:]

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
        trees = outside.trees
        machine = outside.machine
        (self.inbox, self.disk, self.reports) = (inbox, disk, reports)
        (self.tasks, self.journal) = (tasks, journal)
        trees.observe { inbox.add($0) }
        usage = try UsageWatch(
            loop: loop,
            reader: outside.usageReader,
            interval: usageInterval,
            inbox: inbox
        )
    }

    /// Starts a session whose start is recorded, once its task has a tree to work in.
    func start(_ start: PendingStart) {
        let key = start.fact.key
        preparing[key] = false
        trees.prepare(start.fact) { [unowned self] result in
            let isToEnd = preparing.removeValue(forKey: key) ?? false
            switch result {
            case .failure(let trouble) where !isToEnd:
                inbox.refuse(start, trouble.failure, trouble.description)
            case .failure:
                inbox.refuse(start, .treeBusy, "it was stopped before its tree was made")
            case .success(let tree):
                // What an earlier session left is that of the last one, as a rule.
                let earlier = SessionKey(task: key.task, number: key.number - 1)
                inbox.add(tree?.earlier?.events(of: earlier) ?? [])
                warn(key.task, tree?.warnings ?? [])
                if isToEnd {
                    trees.abandon(key)
                    inbox.refuse(start, .treeBusy, "it was stopped before its tree was made")
                } else if tree?.isNew == true, start.fact.resumes != nil {
                    inbox.refuse(
                        start,
                        .unknownThread,
                        "its tree is new, and its thread belongs to the old one"
                    )
                } else {
                    if tree != nil { inbox.add(.sessionTimeBegins(key)) }
                    begin(start, in: tree?.directory)
                }
            }
        }
    }

    /// Starts a session in a directory; `nil` for that of its task.
    private func begin(_ start: PendingStart, in directory: String?) {
        let key = start.fact.key
        guard let task = tasks.task(key.task),
            let session = starter.start(start, in: task, at: directory, observer: self)
        else {
            trees.abandon(key)
            return inbox.refuse(start, .spawnFailed, "its task is not open [this is a bug]")
        }
        leftovers.sessionBegan(key, session.label)
        outOfMemory.sessionBegan(key)
        running[key] = session
        usage.sessionBegan { [unowned self] in Array(running.values) }
    }

    /// Ends a session politely, unless it has ended.
    func terminate(_ key: SessionKey) {
        stopPreparing(key)
        running[key]?.terminate()
        trees.endHook(of: key)
    }

    /// Ends a session by force, unless it has ended.
    func kill(_ key: SessionKey) {
        stopPreparing(key)
        running[key]?.kill()
        trees.giveUp(key)
    }

    private func stopPreparing(_ key: SessionKey) {
        guard preparing[key] != nil else { return }
        preparing[key] = true
        trees.terminate(key)
    }

    /// Returns a session's activity in a few words.
    func activity(of key: SessionKey) -> String? {
        running[key]?.activity() ?? (preparing[key] == nil ? nil : "its tree is made ready")
    }

    /// Notes that sessions whose trees are being made are not silent: the agent has not begun.
    ///
    /// Sessions whose bases are checked, or that wait for that, lose no time by it.
    func keepWaitingForTrees() {
        for key in preparing.keys {
            inbox.noteActivity(of: key)
            if trees.isChecking(key) { inbox.add(.sessionTimeBegins(key)) }
        }
    }

    /// Notes the number of processes that the kernel's out-of-memory killer has ended.
    func noteKills(_ count: Int64?) { outOfMemory.take(count) }

    /// Notes the commits that new trees begin from; those of earlier legs count before those found now.
    func note(bases: [String: String], before state: RunState) {
        trees.learn(bases: state.bases.commits.merging(bases) { first, _ in first })
        trees.learn(checked: state.bases.checks.keys)
    }

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
        guard let session = running[key] else { return }
        leftovers.end(key, session.label) { [unowned self] left in
            if !left.isEmpty { inbox.add(.warned(.cannotEnd(left, of: key))) }
            session.descendantsGone(end)
        }
    }

    /// Commits what a session changed, and reports its end for a decision.
    private func conclude(_ key: SessionKey, _ end: SessionEnd) {
        trees.commit(key, end) { [unowned self] events in
            inbox.add(events)
            tasks.keepArtifacts(of: key.task, end.look) { [unowned self] artifacts, warnings in
                var end = end
                end.result.artifacts = artifacts
                running[key] = nil
                warn(key.task, warnings)
                report(key, end)
            }
        }
    }

    private func warn(_ task: String, _ messages: [String]) {
        inbox.add(messages.map { .warned(Warned(task: task, message: $0)) })
    }

    private func report(_ key: SessionKey, _ end: SessionEnd) {
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
        result.incident = end.look.incident
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
        guard end.result.mayBeOutOfMemory, !end.wasKilled else { return clear(key, end) }
        loop.perform { [machine] in
            machine.outOfMemoryKills()
        } then: { [unowned self] kills in
            noteKills(kills)
            clear(key, end)
        }
    }

    func session(_ key: SessionKey, isOverWith end: SessionEnd) { conclude(key, end) }
}
