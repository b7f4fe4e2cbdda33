package import Orchestration

/// Processes that worked on a run's tasks and outlived a Quire that was killed.
///
/// A session's own process dies with Quire, but not the processes that it had started, of which some
/// have left its process group. Such a process is recognised by its mark or label.
package struct Survivors<Table: ProcessTable>: Sendable {
    /// Time that a killed process may take to vanish.
    private static var patience: Duration { .seconds(5) }
    /// Most scans that are repeated because a process died meanwhile.
    private static var longestPursuit: Int { 20 }

    private let table: Table
    private let matcher: SessionMatcher
    private let sessions: [ProcessID: SessionKey]
    private let followsCrash: Bool
    private var ladder: KillLadder

    /// Makes the survivors that `matcher` recognises, and those of `sessions`, which the journal leaves
    /// running; each gets a grace to end itself.
    ///
    /// `followsCrash` is true if the last Quire was killed, so that there may be survivors.
    package init(
        in table: Table,
        matcher: SessionMatcher,
        sessions: [SessionSpawned],
        followsCrash: Bool,
        grace: Duration
    ) {
        self.table = table
        self.matcher = matcher
        self.sessions = Dictionary(sessions.map { ($0.process, $0.key) }) { $1 }
        self.followsCrash = followsCrash
        ladder = KillLadder(grace: grace, patience: Self.patience)
    }

    /// Ends the living survivors (terminate, grace, kill), scans until there are none, and returns
    /// warnings for people.
    ///
    /// Blocks for at most the grace and a few seconds: call it on a worker thread.
    package consuming func end() -> [Warned] {
        let began = table.now
        var seen: [ProcessID: SessionKey] = [:]
        var gone: Set<ProcessID> = []
        guard var left = find(&gone) else { return followsCrash ? [.cannotFindSurvivors] : [] }
        while !left.isEmpty {
            seen.merge(left) { $1 }
            let now = table.now
            for (process, signal) in ladder.signals(to: left.mapValues { _ in began }, at: now) {
                table.signal(process, signal, group: sessions[process] != nil)
            }
            if ladder.isGivenUp(since: began, at: now) { break }
            table.sleep(.milliseconds(now - began < ladder.grace ? 10 : 2))
            left = find(&gone) ?? [:]
        }
        return warnings(on: seen.filter { left[$0.key] == nil }, Warned.ended)
            + warnings(on: left, Warned.cannotEnd)
    }

    /// Returns one warning for each session.
    private func warnings(
        on processes: [ProcessID: SessionKey],
        _ warning: ([ProcessID], SessionKey) -> Warned
    ) -> [Warned] {
        Dictionary(grouping: processes, by: \.value)
            .sorted { ($0.key.task, $0.key.number) < ($1.key.task, $1.key.number) }
            .map { warning($0.value.map(\.key), $0.key) }
    }

    /// Finds all living survivors; `nil` if the system lists no processes.
    ///
    /// A process that died since it was listed may have started another, which is not listed yet: none
    /// are left if a scan sees no new one, dead or alive. `gone` has those that were dead before.
    private func find(_ gone: inout Set<ProcessID>) -> [ProcessID: SessionKey]? {
        for _ in 0..<Self.longestPursuit {
            guard let processes = table.marked() else { return nil }
            var found: [ProcessID: SessionKey] = [:]
            var isAnyNewlyGone = false
            for process in processes {
                guard let session = matcher.session(ofSurvivor: process, in: table) else {
                    continue
                }
                if table.isAlive(process.id) {
                    found[process.id] = session
                } else if gone.insert(process.id).inserted {
                    isAnyNewlyGone = true
                }
            }
            // The journal may be a living Quire's: the process's own mark counts.
            let spared = Set(
                processes.filter { matcher.mayBeOfLivingQuire($0, in: table) }.map(\.id)
            )
            found.merge(
                sessions.filter { !spared.contains($0.key) && table.isAlive($0.key) }
            ) { $1 }
            if !found.isEmpty || !isAnyNewlyGone { return found }
        }
        return [:]
    }
}

extension Warned {
    /// Warns of processes of a session that outlive a kill, or the time that one may take.
    package static func cannotEnd(_ processes: [ProcessID], of session: SessionKey) -> Warned {
        about(processes, of: session) { count, numbers in
            "\(count) of \(session.owner) can't be ended; end what is left by hand: "
                + "kill -9 \(numbers)"
        }
    }

    fileprivate static func ended(_ processes: [ProcessID], of session: SessionKey) -> Warned {
        about(processes, of: session) { count, numbers in
            "ended \(count) of \(session.owner), which had outlived an earlier Quire: "
                + numbers
        }
    }

    fileprivate static let cannotFindSurvivors = Warned(
        message: "what the sessions of a killed Quire have left running can't be found without "
            + "/proc; mount it, or end by hand what they had started"
    )

    private static func about(
        _ processes: [ProcessID],
        of session: SessionKey,
        _ words: (_ count: String, _ numbers: String) -> String
    ) -> Warned {
        let numbers = processes.map(\.pid).sorted().map { "\($0)" }
        let count = Format.count(numbers.count, "process")
        let task = session.task.isEmpty ? nil : session.task
        return Warned(task: task, message: words(count, numbers.joined(separator: " ")))
    }
}

extension SessionKey {
    /// The starter of processes, for people: commands of the run itself have the name of no task.
    fileprivate var owner: String {
        task.isEmpty ? "a hook of the run" : "session \(number)"
    }
}

extension SessionSpawned {
    /// The session's process.
    package var process: ProcessID { ProcessID(pid: pid, start: processStart) }

    fileprivate var key: SessionKey { SessionKey(task: task, number: session) }
}
