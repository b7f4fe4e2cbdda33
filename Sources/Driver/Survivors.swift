import EventLoop
import Glibc
import Orchestration

/// Processes of an earlier leg that outlived a Quire that was killed.
///
/// A process is known by its number *and* its start: a number that was used again is somebody
/// else's process, and is spared.
struct Survivors: Sendable {
    private let processes: [SessionSpawned]

    /// The sessions that a recovered state says are running.
    init(of state: RunState) {
        processes = state.running.values.compactMap(\.process)
    }

    /// Kills those that live, waits until they are gone, and returns what a person should know.
    ///
    /// Blocks for at most ten seconds: for worker threads.
    func end() -> [String] {
        let alive = processes.filter(isAlive)
        for process in alive { kill(-process.pid, SIGKILL) }
        var warnings = alive.map {
            "killed session \($0.session) of \"\($0.task)\" (process \($0.pid)), which had outlived "
                + "an earlier Quire"
        }
        for _ in 0..<500 where alive.contains(where: isAlive) { usleep(20_000) }
        warnings += alive.filter(isAlive).map {
            "process \($0.pid) of \"\($0.task)\" can't be killed; end it by hand: kill -9 \($0.pid)"
        }
        return warnings
    }

    private func isAlive(_ process: SessionSpawned) -> Bool {
        process.processStart != 0
            && ChildProcess.processStart(pid: process.pid) == process.processStart
    }
}
