import CSpawn
import Glibc

/// The identity of a process: its number and its start, since numbers are used again.
package struct ProcessID: Hashable, Sendable {
    /// The process's number.
    package var pid: Int32
    /// The process's start, in clock ticks after boot; 0 where it is unknown, which names no process.
    package var start: UInt64

    /// Names a process.
    package init(pid: Int32, start: UInt64) {
        (self.pid, self.start) = (pid, start)
    }

    /// Names the process that has a number now; without a start when there is none.
    package init(_ pid: Int32) {
        self.init(pid: pid, start: ProcessStat(pid: pid)?.start ?? 0)
    }

    /// The running process.
    package static var own: ProcessID { ProcessID(getpid()) }

    /// Whether the process has not ended; a zombie has.
    package var isAlive: Bool {
        guard let now = ProcessStat(pid: pid) else { return false }
        return start != 0 && now.start == start && !now.hasEnded
    }

    /// Whether nothing shows that the process has ended: a process has its number, and where both
    /// starts are known they are the same.
    package var mayBeAlive: Bool {
        guard kill(pid, 0) == 0 || errno == EPERM else { return false }
        let now = ProcessID(pid)
        return start == 0 || now.start == 0 || now == self
    }

    /// Sends the process a signal; does nothing when another process has its number by now.
    package func signal(_ number: Int32) {
        let pidfd = cspawn_pidfd_open(pid)
        guard pidfd >= 0 else {
            if isAlive { kill(pid, number) }
            return
        }
        // What the descriptor stands for can't change after the look.
        if isAlive { _ = cspawn_pidfd_signal(pidfd, number) }
        close(pidfd)
    }

    /// Sends a signal to the process group that the process leads; does nothing when the process has
    /// ended.
    package func signalGroup(_ number: Int32) {
        if isAlive { kill(-pid, number) }
    }
}
