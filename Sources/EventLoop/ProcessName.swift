import CSpawn
import Glibc

/// A process by its number and its start: its name for ever, since numbers are used again.
package struct ProcessName: Hashable, Sendable {
    /// Its number.
    package var pid: Int32
    /// When it started, in clock ticks after boot; 0 where that is unknown, which names nobody.
    package var start: UInt64

    /// Names a process.
    package init(pid: Int32, start: UInt64) {
        (self.pid, self.start) = (pid, start)
    }

    /// This process.
    package static var own: ProcessName {
        ProcessName(pid: getpid(), start: ChildProcess.processStart(pid: getpid()))
    }

    /// Whether it has not ended; one that has and was not waited for is no longer alive.
    package var isAlive: Bool {
        guard let now = ProcessStat(pid: pid) else { return false }
        return start != 0 && now.start == start && !now.hasEnded
    }

    /// Sends it a signal; nothing happens when its number is another process's by now.
    package func signal(_ number: Int32) {
        let pidfd = cspawn_pidfd_open(pid)
        guard pidfd >= 0 else {
            if isAlive { Glibc.kill(pid, number) }
            return
        }
        // What the descriptor stands for can't change after the look.
        if isAlive { _ = cspawn_pidfd_signal(pidfd, number) }
        close(pidfd)
    }

    /// Sends a signal to the process group that it leads; nothing happens when it is gone.
    package func signalGroup(_ number: Int32) {
        if isAlive { Glibc.kill(-pid, number) }
    }
}

/// What the system tells of a process.
///
/// Source: `proc(5)`, `/proc/PID/stat`.
struct ProcessStat {
    /// Whether it is a zombie.
    let hasEnded: Bool
    let parent: Int32
    /// In clock ticks after boot.
    let start: UInt64

    /// Looks; `nil` when there is no such process.
    init?(pid: Int32) {
        guard let bytes = readFile("/proc/\(pid)/stat", isShort: true) else { return nil }
        // The second field is the command in parentheses, and may hold anything.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[end...].split(separator: UInt8(ascii: " "), maxSplits: 21)
        guard fields.count > 20, let state = fields[1].first else { return nil }
        hasEnded = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
        parent = Int32(truncatingIfNeeded: Self.number(fields[2]))
        start = Self.number(fields[20])
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64 {
        digits.reduce(0) { $0 &* 10 &+ UInt64($1 &- UInt8(ascii: "0")) }
    }
}
