import Descendants
import FileAccess
import Foundation
import Glibc

/// The error for something that another process owns.
package struct LockError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The owner; `nil` if unknown.
    package var owner: Owner?
    /// The owner and the remedy, for people.
    package var description: String
}

/// The way in which a lock was acquired.
package enum LockAcquisition: Hashable, Sendable {
    /// The lock was free.
    case fresh
    /// The previous owner is dead; `nil` if the lock did not name it.
    case tookOver(owner: Int32?)
}

// The lock is a directory, because only one process can succeed in making it. Its file `pid` names the
// owner, for the original system too. Its file `owner` says more, and names a file that the owner holds
// locked by the system: this works between containers and machines, where process ids mean nothing. A
// lock is never broken because of its age.
extension TaskDirectory {
    /// Makes this process the owner of the task; `mark` is the proof for others that it lives.
    ///
    /// - Throws: `LockError` if a living process owns the task; `FileError` if the lock can't be
    ///   written.
    package func acquireLock(as mark: OwnerMark? = nil) throws -> LockAcquisition {
        let directory = try directory()
        // One process at a time checks and takes over: a new owner could come between the two steps.
        guard let how = try directory.alone({ try takeLock(in: directory, as: mark) }) else {
            throw LockError(
                description:
                    "'\(name)' can't be locked: another process holds its directory \(path) "
                    + "locked all the time (see lslocks); end it and try again"
            )
        }
        return how
    }

    private func takeLock(
        in directory: Directory,
        as mark: OwnerMark?
    ) throws -> LockAcquisition {
        var dead: LockAcquisition = .fresh
        for _ in 0..<20 {
            if directory.claim(Self.lockName) {
                try writeOwner(mark, in: directory)
                return dead
            }
            guard errno == EEXIST else { throw directory.failure("locking", Self.lockName) }
            // Anything but a directory is nobody's lock, and is reported.
            let lock = try directory.directory(Self.lockName)
            let holder = lock.flatMap(Self.lockHolder)
            if let holder, holder.isAlive { throw busy(holder) }
            // Overwriting saves new files, the most expensive part of a start.
            if let lock, let holder, writeOwnerOverDead(mark, in: lock) {
                return .tookOver(owner: holder.pid)
            }
            if holder == nil, isBeingMade(in: directory) {
                usleep(20_000)
            } else {
                removeStaleLock(in: directory)
            }
            dead = .tookOver(owner: holder?.pid)
        }
        throw LockError(
            description: "'\(name)' can't be locked: others take its lock, \(Self.lockName), all "
                + "the time, or one has just made it and not said who it is; try again"
        )
    }

    /// Releases the task's lock if this process owns it.
    package func releaseLock() {
        guard let directory = try? directory(),
            let lock = try? directory.directory(Self.lockName),
            Self.lockHolder(lock)?.isCurrentProcess == true
        else { return }
        remove(Self.lockName, in: directory)
    }

    /// The holder of a task's lock, as far as the lock names it.
    private struct Holder {
        var pid: Int32
        var owner: Owner?
        /// The file that the owner holds locked; `nil` for none.
        var mark: OwnerMark?

        var isCurrentProcess: Bool {
            guard pid == getpid() else { return false }
            return owner.map { $0.process == .own } ?? true
        }

        var isAlive: Bool {
            if let isHeld = mark?.isHeld { return isHeld }
            // Processes of another machine are invisible here.
            if let owner, owner.host != ProcessInfo.processInfo.hostName { return true }
            return (owner?.process ?? ProcessID(pid: pid, start: 0)).mayBeAlive
        }
    }

    private static func lockHolder(_ lock: Directory) -> Holder? {
        guard let pid = text("pid", of: lock).flatMap({ Int32($0) }), pid > 0 else { return nil }
        let lines =
            text("owner", of: lock)?.split(separator: "\n", maxSplits: 1).map(String.init) ?? []
        guard lines.count == 2, let owner = Owner(lines: lines[1] + "\n"), owner.pid == pid else {
            return Holder(pid: pid, owner: nil)
        }
        guard lines[0] != "-" else { return Holder(pid: pid, owner: owner) }
        // The line after the owner's five; older locks have none.
        let inode = lines[1].split(separator: "\n", omittingEmptySubsequences: false)
            .dropFirst(5).first.flatMap { UInt64($0) }
        let mark = OwnerMark(path: lines[0], owner: owner, inode: inode)
        return Holder(pid: pid, owner: owner, mark: mark)
    }

    /// Returns the text of a lock's file; `nil` if there is no such file.
    private static func text(_ file: String, of lock: Directory) -> String? {
        guard let bytes = try? lock.contents(of: file, limit: 8192) else { return nil }
        return String(decoding: bytes[...].trimmed, as: UTF8.self)
    }

    /// Names this process as owner; whoever reads the files too early takes the lock for one being
    /// made.
    private func writeOwner(_ mark: OwnerMark?, in directory: Directory) throws(FileError) {
        do throws(FileError) {
            guard let lock = try directory.directory(Self.lockName) else {
                throw FileError("writing", lockPath, errno: ENOENT)
            }
            try lock.write(Array(ownerText(mark).utf8), to: "owner")
            try lock.write(Array("\(getpid())\n".utf8), to: "pid")
        } catch {
            remove(Self.lockName, in: directory)
            throw error
        }
    }

    /// Writes this process over a dead owner; returns false if that fails.
    private func writeOwnerOverDead(_ mark: OwnerMark?, in lock: Directory) -> Bool {
        lock.overwrite("owner", with: Array(ownerText(mark).utf8))
            && lock.overwrite("pid", with: Array("\(getpid())\n".utf8))
    }

    private func ownerText(_ mark: OwnerMark?) -> String {
        (mark?.path ?? "-") + "\n" + (mark?.owner ?? .current(work: name.description)).lines
            + (mark?.inode.map { "\($0)\n" } ?? "")
    }

    /// Indicates whether the lock is so new that its owner may not have written its process id yet.
    private func isBeingMade(in directory: Directory) -> Bool {
        guard let status = directory.status(of: Self.lockName) else { return false }
        return time(nil) - status.st_mtim.tv_sec < 2
    }

    /// Removes a dead owner's lock; of several processes that try, one succeeds in moving it.
    private func removeStaleLock(in directory: Directory) {
        let grave = "\(Self.lockName).stale-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        do {
            try directory.move(Self.lockName, as: grave)
            remove(grave, in: directory)
        } catch {
            // Another process moved it, or none can; the next attempt shows which.
            return
        }
    }

    private func remove(_ name: String, in directory: Directory) {
        if let lock = try? directory.directory(name) {
            for file in ["pid", "owner", "start"] { lock.remove(file) }
        }
        directory.removeDirectory(name)
    }

    private func busy(_ holder: Holder) -> LockError {
        let details = holder.owner.map { ", on \($0.host) since \($0.since)" } ?? ""
        return LockError(
            owner: holder.owner,
            description: "'\(name)' is already running (pid: \(holder.pid))\(details); wait for it "
                + "or stop it: kill \(holder.pid)"
        )
    }
}
