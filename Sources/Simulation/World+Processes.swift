import Orchestration

/// The processes of sessions.
struct ProcessTable: Sendable {
    /// The users' hooks.
    var hooks = HookTable()
    struct Process: Sendable {
        var pid: Int32
        var start: UInt64
        var role: Role
        var ignoresTermination: Bool
        /// The failure that the process ends with by itself; `nil` for success.
        var failure: Failure?
        /// True if the process does its work before it ends.
        var works: Bool
        var isSignalled = false
        /// The process's end; `nil` while it lives.
        var end: SessionResult?
    }

    /// Few process ids, so that they are reused.
    private static let numbers: Int32 = 40

    private(set) var lastStart: UInt64 = 0
    private var lastPID: Int32 = 1
    var processes: [SessionKey: Process] = [:]

    /// The sessions whose processes live.
    var living: [SessionKey] { processes.filter { $0.value.end == nil }.map(\.key).sorted() }

    mutating func nextName() -> (pid: Int32, start: UInt64) {
        repeat {
            lastPID = lastPID % Self.numbers + 1
        } while processes.values.contains {
            $0.end == nil && $0.pid == lastPID
        } && processes.count < Int(Self.numbers)
        lastStart += 1
        return (lastPID, lastStart)
    }
}

// The fate of sessions' processes, and when the driver learns of it.
extension World {
    private static let spawnErrors: [Int32] = [2, 13, 11, 12, 24]
    /// The spawn errors that mean that the machine has nothing to spare.
    private static let shortages: Set<Int32> = [11, 12, 24]

    mutating func begin(_ start: SessionStarted) {
        checker.begins(start, living: processes.living, at: now)
        if happens(faults.spawning) { return failToSpawn(start) }
        guard let agent = agents[start.task] else { return }
        let course = agent.course(faults: faults, using: &generator)
        let name = processes.nextName()
        var process = ProcessTable.Process(
            pid: name.pid,
            start: name.start,
            role: start.role,
            ignoresTermination: false,
            works: false
        )
        switch course {
        case .ends(let duration, let failure):
            process.failure = failure
            process.works = failure == nil
            schedule(.exited(start.key), after: duration)
            watch(start.key, until: duration)
        case .hangs(let ignores):
            process.ignoresTermination = ignores
        case .waitsForNetwork(let end):
            schedule(.event(.sessionWaitsForNetwork(start.key)), after: .seconds(5))
            if let end {
                process.failure = end.failure
                schedule(.exited(start.key), after: end.after)
            }
        }
        processes.processes[start.key] = process
        tell(of: start.key, process)
    }

    /// Schedules the driver's first reports of a session, early or late.
    private mutating func tell(of key: SessionKey, _ process: ProcessTable.Process) {
        guard faults.lateness > .zero else { return }
        let most = Int(faults.lateness.components.seconds * 1000)
        let delays = (0..<3).map { _ in Int.random(in: 0...most, using: &generator) }
        let spawned = SessionSpawned(
            task: key.task,
            session: key.number,
            pid: process.pid,
            processStart: process.start
        )
        schedule(.event(.sessionSpawned(spawned)), after: .milliseconds(delays[0]))
        let thread = ThreadStarted(
            task: key.task,
            session: key.number,
            thread: "thread-\(key.task)-\(key.number)"
        )
        schedule(.event(.threadStarted(thread)), after: .milliseconds(delays[1]))
        schedule(.event(.sessionActive(key)), after: .milliseconds(delays[2]))
    }

    /// Schedules the reports that a session was answered and has used tokens.
    private mutating func watch(_ key: SessionKey, until end: Duration) {
        guard happens(faults.watched) else { return }
        let second = end / 2
        schedule(.event(.sessionAnswered(key)), after: second / 2)
        guard faults.tokens > 0 else { return }
        let usage = TokenUsage(input: Int64.random(in: 0...Int64(faults.tokens), using: &generator))
        let used = SessionUsed(task: key.task, session: key.number, usage: usage)
        schedule(.event(.sessionUsed(used)), after: second)
    }

    /// Returns a finished session's failure and usage, with the time of a limit's reset if stated.
    private mutating func complete(_ failure: Failure?) -> (failure: Failure?, usage: TokenUsage?) {
        guard var failure else {
            guard faults.tokens > 0 else { return (nil, nil) }
            let input = Int64.random(in: 0...Int64(faults.tokens), using: &generator)
            return (nil, TokenUsage(input: input))
        }
        if [.usageLimit, .rateLimit].contains(failure.kind), happens(faults.statedResets) {
            let minutes = [-600, 1, 3, 30, 90, 3000].randomElement(using: &generator) ?? 1
            failure.resetsAt = wall + .seconds(60 * minutes)
        }
        return (failure, nil)
    }

    private mutating func failToSpawn(_ start: SessionStarted) {
        let code = Self.spawnErrors.randomElement(using: &generator) ?? 11
        let result = SessionResult(
            termination: .notStarted(errno: code, doing: "starting the agent"),
            failure: Failure(
                Self.shortages.contains(code) ? .shortage : .spawnFailed,
                "starting the agent: error \(code)"
            )
        )
        let checklist = agents[start.task]?.checklist ?? .missing
        schedule(.event(.sessionEnded(start.key, result, checklist)), after: .milliseconds(5))
    }

    mutating func terminate(_ key: SessionKey) {
        guard let process = processes.processes[key], process.end == nil else { return }
        processes.processes[key]?.isSignalled = true
        guard !process.ignoresTermination else { return }
        // A signal may arrive just when the turn is complete.
        if process.works, happens(faults.lateSignals) { return }
        die(key, signal: 15)
    }

    mutating func kill(_ key: SessionKey) { die(key, signal: 9) }

    private mutating func die(_ key: SessionKey, signal: Int32) {
        guard processes.processes[key]?.end == nil, processes.processes[key] != nil else { return }
        processes.processes[key]?.works = false
        processes.processes[key]?.failure = Failure(.killed, "killed by signal \(signal)")
        processes.processes[key]?.end = SessionResult(
            termination: .signaled(signal),
            failure: Failure(.killed, "killed by signal \(signal)")
        )
        schedule(.exited(key), after: .milliseconds(20))
    }

    /// Ends a process, or lets the driver learn that it has ended; returns the driver's reports.
    mutating func exit(_ key: SessionKey) -> [Event] {
        guard var process = processes.processes[key] else { return [] }
        if process.end == nil {
            if process.works { agents[key.task]?.work(process.role, faults, &generator) }
            let (failure, usage) = complete(process.failure)
            process.end = SessionResult(
                termination: .exited(failure == nil ? 0 : 1),
                failure: failure,
                usage: usage
            )
            processes.processes[key] = process
            if happens(faults.lostExits) {
                // The driver notices the end later, at a check.
                let late = Int.random(in: 1...120, using: &generator)
                schedule(.exited(key), after: .seconds(late))
                return []
            }
        }
        guard let result = process.end else { return [] }
        processes.processes[key] = nil
        // A session's reports precede its end.
        return takeReports(of: key) + [
            .sessionEnded(key, result, agents[key.task]?.checklist ?? .missing)
        ]
    }

    /// Ends all sessions together with Quire; some of them had done their work by then.
    mutating func endAllProcesses() {
        for key in processes.living {
            guard let process = processes.processes[key] else { continue }
            if process.works, happens(faults.lateSignals) {
                agents[key.task]?.work(process.role, faults, &generator)
            }
        }
        processes.processes = [:]
    }
}
