import EventLoop
import Glibc
import Orchestration

/// Processes that worked on a run's tasks and outlived a Quire that was killed.
///
/// A session's own process dies with Quire; what it had started does not, and some of that has left
/// its process group. Such a process tells by its environment whose it is. A process is known by its
/// number *and* its start: a number that was used again is somebody else's process, and is spared.
struct Survivors: Sendable {
    /// How long a killed process may take to vanish.
    private static let patience = Duration.seconds(5)
    /// How often it is looked again because one has died meanwhile.
    private static let longestPursuit = 20

    private let run: String
    /// The tasks that are looked after, by their directories and by what labels tell of those.
    private let directories: Set<String>
    private let labelled: [UInt64: String]
    private let grace: Duration
    private let sessions: [SessionSpawned]
    private let followsCrash: Bool

    /// The survivors of a run with this recovered state, and of any other run that worked on these
    /// tasks; each gets a grace to end itself.
    init(of state: RunState, run: String, tasks: [String], places: TaskPlaces, grace: Duration) {
        self.run = run
        let known = tasks + state.running.keys.map(\.task)
        directories = Set(known.map(places.path))
        labelled = Dictionary(known.map { (SessionLabel.hash(places.path(of: $0)), $0) }) { $1 }
        self.grace = min(grace, Leftovers.longestGrace)
        sessions = state.running.values.compactMap(\.process)
        followsCrash = state.legs > 0 && state.ending == nil
    }

    /// Ends those that live (terminate, grace, kill), looks until there are no more, and returns
    /// what a person should know.
    ///
    /// Blocks for at most the grace and a few seconds: for worker threads.
    func end() -> [Warned] {
        let began = SuspendingClock.now
        var seen: [ProcessName: SessionKey] = [:]
        var gone: Set<ProcessName> = []
        guard var left = find(&gone) else { return followsCrash ? [Self.blindness] : [] }
        while !left.isEmpty {
            let time = SuspendingClock.now - began
            for (name, session) in left {
                let isNew = seen.updateValue(session, forKey: name) == nil
                if time >= grace {
                    end(name, with: Signals.kill)
                } else if isNew {
                    end(name, with: Signals.terminate)
                }
            }
            guard time < grace + Self.patience else { break }
            usleep(time < grace ? 10_000 : 2_000)
            left = find(&gone) ?? [:]
        }
        return warnings(ended: seen.filter { left[$0.key] == nil }, left: left)
    }

    /// All that live; `nil` where nobody tells.
    ///
    /// One that has died since it was seen may have started another one, which is in no list yet:
    /// there are none left when none was seen, dead or alive. `gone` has those that were dead before.
    private func find(_ gone: inout Set<ProcessName>) -> [ProcessName: SessionKey]? {
        for _ in 0..<Self.longestPursuit {
            guard let processes = ProcessTable.processes(with: SessionMark.runVariable) else {
                return nil
            }
            var found: [ProcessName: SessionKey] = [:]
            var isAnyNewlyGone = false
            for process in processes {
                guard let session = session(of: process) else { continue }
                if process.name.isAlive {
                    found[process.name] = session
                } else if gone.insert(process.name).inserted {
                    isAnyNewlyGone = true
                }
            }
            for session in sessions {
                let name = ProcessName(pid: session.pid, start: session.processStart)
                if name.isAlive { found[name] = session.key }
            }
            if !found.isEmpty || !isAnyNewlyGone { return found }
        }
        return [:]
    }

    /// The session that left a process behind; `nil` for one that is not ours to end.
    private func session(of process: SeenProcess) -> SessionKey? {
        if let mark = SessionMark(of: process) {
            // One of a living Quire is that one's own, wherever it keeps its state.
            let isOurs = mark.run == run || mark.directory.map(directories.contains) ?? false
            return isOurs && mark.runner?.isDead ?? true ? mark.session : nil
        }
        // The orphans of a living Quire are its children.
        guard let label = SessionLabel(process.label), let task = labelled[label.place],
            !ProcessTable.mayDescend(process.name.pid, from: label.runner)
        else { return nil }
        return SessionKey(task: task, number: label.session)
    }

    private func end(_ name: ProcessName, with signal: Int32) {
        if sessions.contains(where: { $0.pid == name.pid }) { name.signalGroup(signal) }
        name.signal(signal)
    }

    private func warnings(
        ended: [ProcessName: SessionKey],
        left: [ProcessName: SessionKey]
    ) -> [Warned] {
        told(ended) { count, numbers, number in
            "ended \(count) of session \(number), which had outlived an earlier Quire: \(numbers)"
        }
            + Dictionary(grouping: left, by: \.value)
            .sorted { ($0.key.task, $0.key.number) < ($1.key.task, $1.key.number) }
            .map { .cannotEnd($0.value.map(\.key), of: $0.key) }
    }

    /// One warning for each session.
    private func told(
        _ processes: [ProcessName: SessionKey],
        _ words: (_ count: String, _ numbers: String, _ session: Int) -> String
    ) -> [Warned] {
        Dictionary(grouping: processes, by: \.value)
            .sorted { ($0.key.task, $0.key.number) < ($1.key.task, $1.key.number) }
            .map { session, processes in
                let (count, numbers) = Warned.words(for: processes.map(\.key))
                return Warned(task: session.task, message: words(count, numbers, session.number))
            }
    }

    private static let blindness = Warned(
        message: "what the sessions of a killed Quire have left running can't be found without "
            + "/proc; mount it, or end by hand what they had started"
    )
}

extension Warned {
    /// Processes of a session outlive a kill, or the time that one may take.
    static func cannotEnd(_ processes: [ProcessName], of session: SessionKey) -> Warned {
        let (count, numbers) = words(for: processes)
        return Warned(
            task: session.task,
            message: "\(count) of session \(session.number) can't be ended; end what is left by "
                + "hand: kill -9 \(numbers)"
        )
    }

    fileprivate static func words(for processes: [ProcessName]) -> (count: String, numbers: String)
    {
        let numbers = processes.map(\.pid).sorted().map { "\($0)" }
        let count = numbers.count == 1 ? "1 process" : "\(numbers.count) processes"
        return (count, numbers.joined(separator: " "))
    }
}

extension SessionSpawned {
    fileprivate var key: SessionKey { SessionKey(task: task, number: session) }
}
