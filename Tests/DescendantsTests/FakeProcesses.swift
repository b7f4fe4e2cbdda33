import Orchestration
import Synchronization

@testable import Descendants

/// Processes that only tests know, with a clock that sleeping moves.
final class FakeProcesses: ProcessTable {
    /// What a process does when it is asked to end.
    enum Manner: Sendable {
        case ends
        case endsAfter(Duration)
        case ignores
        /// Not even a kill ends it.
        case isStuck
        /// Starts another one like itself, and ends.
        case forks(left: Int)
    }

    private struct Process {
        var seen: SeenProcess
        var parent: Int32
        var manner: Manner
        var endsAt: Duration?
    }

    /// A signal that was sent.
    struct Sent: Hashable {
        var pid: Int32
        var number: Int32
        var group: Bool
        var at: Duration
    }

    private struct State {
        var now = Duration.zero
        var living: [Int32: Process] = [:]
        var nextPID: Int32 = 1000
        var sent: [Sent] = []
        /// Processes that the next list names although they have died.
        var stale: [SeenProcess] = []
    }

    let namespace: String
    private let tells: Bool
    private let state = Mutex(State())

    init(namespace: String = "here", tells: Bool = true) {
        (self.namespace, self.tells) = (namespace, tells)
    }

    var now: Duration { state.withLock { $0.now } }

    func sleep(_ time: Duration) {
        state.withLock { state in
            state.now += time
            state.living = state.living.filter { $0.value.endsAt.map { $0 > state.now } ?? true }
        }
    }

    @discardableResult
    func start(
        _ environment: [String] = [],
        label: UInt64 = 0,
        parent: Int32 = 1,
        _ manner: Manner = .ends
    ) -> ProcessID {
        state.withLock { Self.start(environment, label, parent, manner, in: &$0) }
    }

    private static func start(
        _ environment: [String],
        _ label: UInt64,
        _ parent: Int32,
        _ manner: Manner,
        in state: inout State
    ) -> ProcessID {
        let id = ProcessID(pid: state.nextPID, start: UInt64(state.nextPID) + 7)
        state.nextPID += 1
        let seen = SeenProcess(id: id, environment: environment, label: label)
        state.living[id.pid] = Process(seen: seen, parent: parent, manner: manner)
        return id
    }

    func marked() -> [SeenProcess]? {
        guard tells else { return nil }
        return state.withLock { state in
            let stale = state.stale
            state.stale = []
            return stale + state.living.values.map(\.seen).sorted { $0.id.pid < $1.id.pid }
        }
    }

    func isAlive(_ process: ProcessID) -> Bool {
        state.withLock { $0.living[process.pid]?.seen.id == process }
    }

    func mayDescend(_ pid: Int32, from ancestor: Int32) -> Bool {
        state.withLock { state in
            var next: Int32? = pid
            while let pid = next {
                if pid == ancestor { return true }
                next = state.living[pid]?.parent
            }
            return false
        }
    }

    func signal(_ process: ProcessID, _ number: Int32, group: Bool) {
        state.withLock { state in
            state.sent.append(
                Sent(pid: process.pid, number: number, group: group, at: state.now)
            )
            guard let old = state.living[process.pid], old.seen.id == process else { return }
            switch (old.manner, number) {
            case (.isStuck, _), (.ignores, 15): break
            case (.endsAfter(let time), 15): state.living[process.pid]?.endsAt = state.now + time
            case (.forks(let left), _) where left > 0:
                state.living[process.pid] = nil
                state.stale.append(old.seen)
                _ = Self.start(
                    old.seen.environment,
                    old.seen.label,
                    1,
                    .forks(left: left - 1),
                    in: &state
                )
            default: state.living[process.pid] = nil
            }
        }
    }

    /// The signals sent so far.
    var sent: [Sent] { state.withLock { $0.sent } }
    /// The processes that live.
    var living: Set<Int32> { state.withLock { Set($0.living.keys) } }
}

/// The variables of a session's process.
func mark(
    run: String = "/w/m.yaml",
    _ task: String = "t",
    _ session: Int = 1,
    runner: String? = nil,
    directory: String? = nil
) -> [String] {
    ["QUIRE_RUN=\(run)", "QUIRE_TASK=\(task)", "QUIRE_SESSION=\(session)"]
        + (runner.map { ["QUIRE_RUNNER=\($0)"] } ?? [])
        + (directory.map { ["QUIRE_DIRECTORY=\($0)"] } ?? [])
}
