import Foundation
import Glibc

/// A task that another process owns.
package struct LockError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whose it is and what to do.
    package var description: String
}

/// How a lock was got.
package enum LockAcquisition: Hashable, Sendable {
    /// Nobody had it.
    case fresh
    /// Its owner is dead; `nil` where it did not say who that was.
    case tookOver(owner: Int32?)
}

// The lock is a directory, because making one succeeds for one process alone; the file `pid` in it
// names its owner, for the original system too. The file `start` tells a reused number apart.
extension TaskDirectory {
    /// Makes this process the owner of the task.
    ///
    /// - Throws: `LockError` when a living process owns it; `FileError` when the lock can't be
    ///   written.
    package func acquireLock() throws -> LockAcquisition {
        var dead: LockAcquisition = .fresh
        for _ in 0..<20 {
            if mkdir(lockPath, 0o755) == 0 {
                try writeOwner()
                return dead
            }
            guard errno == EEXIST else { throw FileError("locking", lockPath, errno: errno) }
            let owner = lockOwner()
            if let owner, owner.isAlive { throw busy(owner.pid) }
            if owner == nil, isBeingMade { usleep(20_000) } else { removeStaleLock() }
            dead = .tookOver(owner: owner?.pid)
        }
        throw LockError(
            description: "'\(name)' can't be locked: others take its lock over all the "
                + "time; try again"
        )
    }

    /// Gives the task up, if it is this process's.
    package func releaseLock() {
        guard lockOwnerPID() == getpid() else { return }
        remove(lockPath)
    }

    private struct Owner {
        var pid: Int32
        var start: String?

        /// Whether the process lives and is the one that took the lock.
        var isAlive: Bool {
            guard kill(pid, 0) == 0 || errno == EPERM else { return false }
            guard let start, let now = Owner.processStart(pid) else { return true }
            return start == now
        }

        /// When this process started.
        static let ownStart = processStart(getpid())

        /// When a process started, in clock ticks after boot (`proc(5)`, field 22 of `stat`).
        static func processStart(_ pid: Int32) -> String? {
            guard let bytes = FileSystem.contents("/proc/\(pid)/stat", limit: 4096) else {
                return nil
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[end...].split(separator: " ")
            return fields.count > 20 ? String(fields[20]) : nil
        }
    }

    private func lockOwner() -> Owner? {
        lockOwnerPID().map { Owner(pid: $0, start: lockLine("start")) }
    }

    private func lockOwnerPID() -> Int32? {
        lockLine("pid").flatMap { Int32($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    private func lockLine(_ file: String) -> String? {
        FileSystem.contents(lockPath + "/" + file, limit: 64).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// Names this process as the owner; who reads a file too early takes the lock for one that is
    /// being made.
    private func writeOwner() throws(FileError) {
        do throws(FileError) {
            if let start = Owner.ownStart {
                try FileSystem.write(Array((start + "\n").utf8), to: lockPath + "/start")
            }
            try FileSystem.write(Array("\(getpid())\n".utf8), to: lockPath + "/pid")
        } catch {
            remove(lockPath)
            throw error
        }
    }

    /// Whether the lock is so young that its owner may just not have written its number yet.
    private var isBeingMade: Bool {
        var status = stat()
        guard lstat(lockPath, &status) == 0 else { return false }
        return time(nil) - status.st_mtim.tv_sec < 2
    }

    /// Takes a dead owner's lock out of the way: of several that try, one moves it.
    private func removeStaleLock() {
        let grave = "\(lockPath).stale-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        if rename(lockPath, grave) == 0 { remove(grave) }
    }

    private func remove(_ directory: String) {
        for file in ["pid", "start"] { unlink(directory + "/" + file) }
        rmdir(directory)
    }

    private func busy(_ pid: Int32) -> LockError {
        LockError(
            description: "'\(name)' is already running (pid: \(pid)); wait for it or stop it: "
                + "kill \(pid)"
        )
    }
}
