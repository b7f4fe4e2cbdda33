import Descendants
import FileAccess
import Foundation
import Glibc

/// Something that another process owns.
package struct LockError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Who owns it; `nil` where nobody can tell.
    package var owner: Owner?
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
// names its owner, for the original system too. The file `owner` says more, and names a file that
// the owner holds locked by the system: that holds between containers and machines, where process
// numbers say nothing. It is never taken for its age.
extension TaskDirectory {
    /// Makes this process the owner of the task; `mark` is what others can tell it by.
    ///
    /// - Throws: `LockError` when a living process owns it; `FileError` when the lock can't be
    ///   written.
    package func acquireLock(as mark: OwnerMark? = nil) throws -> LockAcquisition {
        let directory = try directory()
        // One at a time looks and takes over: between a look and the taking, a new owner may come.
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
            // What is no directory is no lock of anybody's, and is told.
            let lock = try directory.directory(Self.lockName)
            let holder = lock.flatMap(Self.lockHolder)
            if let holder, holder.isAlive { throw busy(holder) }
            // New files cost a file system more than all the rest of a start.
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

    /// Gives the task up, if it is this process's.
    package func releaseLock() {
        guard let directory = try? directory(),
            let lock = try? directory.directory(Self.lockName),
            Self.lockHolder(lock)?.isCurrentProcess == true
        else { return }
        remove(Self.lockName, in: directory)
    }

    /// Who has a task's lock, as far as the lock tells.
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
            // Another machine's processes can't be seen from here.
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
        // The line after the owner's five; older ones have none.
        let inode = lines[1].split(separator: "\n", omittingEmptySubsequences: false)
            .dropFirst(5).first.flatMap { UInt64($0) }
        let mark = OwnerMark(path: lines[0], owner: owner, inode: inode)
        return Holder(pid: pid, owner: owner, mark: mark)
    }

    /// The text of a lock's file; `nil` for none, and for what is no file.
    private static func text(_ file: String, of lock: Directory) -> String? {
        guard let bytes = try? lock.contents(of: file, limit: 8192) else { return nil }
        return String(decoding: bytes[...].trimmed, as: UTF8.self)
    }

    /// Names this process as the owner; who reads a file too early takes the lock for one that is
    /// being made.
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

    /// Names this process in the files of a dead owner; false where that can't be done.
    private func writeOwnerOverDead(_ mark: OwnerMark?, in lock: Directory) -> Bool {
        lock.overwrite("owner", with: Array(ownerText(mark).utf8))
            && lock.overwrite("pid", with: Array("\(getpid())\n".utf8))
    }

    private func ownerText(_ mark: OwnerMark?) -> String {
        (mark?.path ?? "-") + "\n" + (mark?.owner ?? .current(work: name.description)).lines
            + (mark?.inode.map { "\($0)\n" } ?? "")
    }

    /// Whether the lock is so young that its owner may just not have written its number yet.
    private func isBeingMade(in directory: Directory) -> Bool {
        guard let status = directory.status(of: Self.lockName) else { return false }
        return time(nil) - status.st_mtim.tv_sec < 2
    }

    /// Takes a dead owner's lock out of the way: of several that try, one moves it.
    private func removeStaleLock(in directory: Directory) {
        let grave = "\(Self.lockName).stale-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        do {
            try directory.move(Self.lockName, as: grave)
            remove(grave, in: directory)
        } catch {
            // Another one moved it, or nobody can; the next attempt tells.
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
