import CSpawn
import Glibc

/// The identity of a process: its id and its start time, since ids are reused.
package struct ProcessID: Hashable, Sendable {
    /// The process id.
    package var pid: Int32
    /// The process's start, in clock ticks after boot; 0 if unknown, which identifies no process.
    package var start: UInt64

    /// Makes the identity of a process.
    package init(pid: Int32, start: UInt64) {
        (self.pid, self.start) = (pid, start)
    }

    /// Makes the identity of the process that has an id now; its start is 0 if there is none.
    package init(_ pid: Int32) {
        self.init(pid: pid, start: ProcessStat(pid: pid)?.start ?? 0)
    }

    /// The current process.
    package static var own: ProcessID { ProcessID(getpid()) }

    /// True if the process has not ended; a zombie has.
    package var isAlive: Bool {
        guard let now = ProcessStat(pid: pid) else { return false }
        return start != 0 && now.start == start && !now.hasEnded
    }

    /// True unless the process has provably ended: a process has its id, and the starts agree if both
    /// are known.
    package var mayBeAlive: Bool {
        guard kill(pid, 0) == 0 || errno == EPERM else { return false }
        let now = ProcessID(pid)
        return start == 0 || now.start == 0 || now == self
    }

    /// Sends the process a signal; does nothing if another process has its id by now.
    package func signal(_ number: Int32) {
        let pidfd = cspawn_pidfd_open(pid)
        guard pidfd >= 0 else {
            if isAlive { kill(pid, number) }
            return
        }
        // From here on the descriptor can't come to mean another process.
        if isAlive { _ = cspawn_pidfd_signal(pidfd, number) }
        close(pidfd)
    }

    /// Sends a signal to the process group that the process leads; does nothing if the process has
    /// ended.
    package func signalGroup(_ number: Int32) {
        if isAlive { kill(-pid, number) }
    }
}
