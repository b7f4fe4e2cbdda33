import Dates
package import Descendants
package import FileAccess
import Foundation
import Glibc
package import Orchestration

/// The owner of a lock, as it describes itself.
package struct Owner: Hashable, Sendable {
    /// The process; its start is 0 if unknown.
    package var process: ProcessID
    /// Name of the machine that it runs on.
    package var host: String
    /// Start of its ownership in local time, for people.
    package var since: String
    /// Description of its work, for people.
    package var work: String

    /// The process's id.
    package var pid: Int32 { process.pid }

    /// Returns this process as an owner from now on.
    package static func current(work: String) -> Owner {
        Owner(process: .own, since: .now, work: work)
    }

    /// Makes an owner of a process on this machine.
    package init(process: ProcessID, since: WallTime, work: String) {
        self.init(
            process: process,
            host: ProcessInfo.processInfo.hostName,
            since: LocalTime.stamp(since),
            work: work
        )
    }

    /// The process with its machine and time: "process 12 on host since 2026-01-31 12:00:00".
    package var words: String { "process \(pid) on \(host) since \(since)" }

    /// The contents of a lock file: one line per property, the process first.
    var lines: String {
        let start = process.start == 0 ? "" : "\(process.start)"
        return "\(pid)\n\(start)\n\(host)\n\(since)\n\(work)\n"
    }

    init(process: ProcessID, host: String, since: String, work: String) {
        (self.process, self.host, self.since, self.work) = (process, host, since, work)
    }

    /// Parses `lines`; `nil` for any other text.
    init?(lines: String) {
        let lines = lines.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 5, let pid = Int32(lines[0]), pid > 0,
            let start = lines[1].isEmpty ? 0 : UInt64(lines[1])
        else { return nil }
        self.init(
            process: ProcessID(pid: pid, start: start),
            host: lines[2],
            since: lines[3],
            work: lines[4]
        )
    }
}

/// Proof that an owner lives: a file that it holds locked, with the contents that name it.
package struct OwnerMark: Hashable, Sendable {
    /// The file's absolute path.
    package var path: String
    /// The owner that the file names.
    package var owner: Owner
    /// The file's inode number, unique while the file is held; `nil` if unknown.
    var inode: UInt64?

    /// True if that very owner still holds the file locked; `nil` if unknown.
    ///
    /// A file that is gone or was replaced proves nothing: it may have been removed under a living
    /// owner.
    var isHeld: Bool? {
        let file = RegularFile.open(path)
        guard file >= 0 else { return nil }
        defer { close(file) }
        if let inode, Self.inode(file) != inode { return nil }
        if flock(file, LOCK_SH | LOCK_NB) == 0 { return false }
        guard errno == EWOULDBLOCK else { return nil }
        // Some process holds the lock. If the file doesn't name it, it may be this owner.
        return OwnerLock.owner(path).map { $0 == owner } ?? true
    }

    /// Returns the inode number of an open file.
    static func inode(_ file: Int32) -> UInt64? {
        var status = stat()
        return fstat(file, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}

/// A file that this process holds locked; the system unlocks it at the process's death, however caused.
package struct OwnerLock: ~Copyable, Sendable {
    /// The proof by which others recognise this owner.
    package let mark: OwnerMark
    private let descriptor: Int32

    /// Locks a file in a directory, creates it if missing, and writes its owner into it.
    ///
    /// - Throws: `LockError` if another process holds it; `FileError` if it can't be written, or is no
    ///   plain file of this directory alone.
    package init(_ name: String, in directory: Directory, work: String) throws {
        var mark = OwnerMark(path: directory.path(of: name), owner: .current(work: work))
        descriptor = try Self.lock(name, in: directory, mark)
        mark.inode = OwnerMark.inode(descriptor)
        self.mark = mark
    }

    private static func lock(
        _ name: String,
        in directory: Directory,
        _ mark: OwnerMark
    ) throws -> Int32 {
        let file = try directory.open(name, O_RDWR | O_CREAT, writes: true)
        do {
            try lock(file, mark.path)
            let bytes = Array(mark.owner.lines.utf8)
            guard ftruncate(file, 0) == 0, pwrite(file, bytes, bytes.count, 0) == bytes.count else {
                throw directory.failure("writing", name)
            }
        } catch {
            close(file)
            throw error
        }
        return file
    }

    private static func lock(_ file: Int32, _ path: String) throws {
        // Checking whether a lock is held means holding it for a moment.
        for attempt in 1...20 {
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK else { throw FileError("locking", path, errno: errno) }
            if attempt < 20 { usleep(5_000) }
        }
        throw busy(path, owner(path))
    }

    deinit {
        // Unlock first: a child that was just forked has a copy of the descriptor until it execs.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Returns the owner that holds a file locked; `nil` if there is none, or the file names none.
    package static func holder(_ path: String) -> Owner? {
        guard let owner = owner(path) else { return nil }
        return OwnerMark(path: path, owner: owner).isHeld == true ? owner : nil
    }

    /// Returns the owner that a lock file names; `nil` for none.
    static func owner(_ path: String) -> Owner? {
        RegularFile.contents(path, limit: 4096).flatMap {
            Owner(lines: String(decoding: $0, as: UTF8.self))
        }
    }

    private static func busy(_ path: String, _ owner: Owner?) -> LockError {
        guard let owner else {
            let words = "\"\(path)\" is locked by a process that does not say who it is"
            return LockError(description: words)
        }
        return LockError(busyWith: owner)
    }
}

extension LockError {
    /// Makes the error for work that a living owner does already.
    package init(busyWith owner: Owner) {
        self.init(
            owner: owner,
            description: "\(owner.work) is already being run by \(owner.words); wait for it, look "
                + "at it with \"quire status\", or stop it: kill \(owner.pid)"
        )
    }
}
