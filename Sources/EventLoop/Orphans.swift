import CSpawn
import Glibc

/// The orphans of this process at one moment.
package struct Orphans: Sendable {
    /// Those that live.
    package var living: [SeenProcess] = []
    /// Whether others had just ended: what those had started may be orphans by now, and is not
    /// among these.
    package var haveChanged = false
}

// An orphan is a process that this one became the parent of when its own parent died; that needs
// `Subreaper`. It comes to this process's first thread, while the processes that are started here are
// children of the worker threads that start them.
extension Loop {
    /// Whether this process may have orphans; one system call.
    package var mayHaveOrphans: Bool { cspawn_may_have_orphans() != 0 }

    /// Whether an orphan may descend from a process that was not started here.
    package var adoptsStrangers: Bool { Reaper.of(self).adoptsStrangers }

    /// Finds the orphans of this process, and hands them to `then`; the looking is done on a worker
    /// thread.
    package func findOrphans(then: @escaping (Orphans) -> Void) {
        // Listed here, where the ended are reaped: a list that nobody leaves meanwhile is whole.
        let listed = orphanNumbers()
        perform {
            orphans(listed)
        } then: {
            then($0)
        }
    }
}

/// The children of this process's first thread.
///
/// Source: `proc(5)`, `/proc/PID/task/TID/children`.
private func orphanNumbers() -> [pid_t] {
    (readFile("/proc/self/task/\(getpid())/children") ?? [])
        .split(separator: UInt8(ascii: " "))
        .compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
}

private func orphans(_ listed: [pid_t]) -> Orphans {
    var orphans = Orphans()
    for pid in listed {
        // The number may have been reaped and used again since.
        if let stat = ProcessStat(pid: pid), stat.parent == getpid(), !stat.hasEnded {
            let environment = readFile("/proc/\(pid)/environ") ?? []
            orphans.living.append(SeenProcess(pid: pid, environment))
        } else {
            orphans.haveChanged = true
        }
    }
    return orphans
}
