package import FileAccess
import Glibc
package import Orchestration

/// A part of Quire's files that may be cleaned up.
package struct OldFiles: Hashable, Sendable {
    /// The time of the last change.
    package var changed: WallTime
    /// The bytes that it takes on the disk.
    package var bytes: Int64

    /// Makes a part; see the properties.
    package init(changed: WallTime, bytes: Int64) {
        (self.changed, self.bytes) = (changed, bytes)
    }
}

// The cleaning up of what finished tasks leave.
extension TaskDirectory {
    /// Returns the size of the transcript of all sessions, and its last change; `nil` if there is none.
    ///
    /// - Throws: `FileError` if the directory can't be used.
    package func oldLog() throws(FileError) -> OldFiles? {
        guard let directory = try directoryIfThere(),
            let status = directory.status(of: Self.logName), FileKind(status) == .file
        else { return nil }
        return OldFiles(
            changed: WallTime(millisecondsSinceEpoch: Int64(status.st_mtim.tv_sec) * 1000),
            bytes: Int64(status.st_blocks) * 512
        )
    }

    /// Removes the transcript of all sessions; the caller has the task locked.
    ///
    /// - Throws: `FileError`.
    package func removeLog() throws(FileError) { try directory().removeAll(Self.logName) }

    /// Does something while this process owns the task; a task without a directory needs no lock.
    ///
    /// - Throws: `LockError` if a living process owns the task; `FileError`; what `body` throws.
    package func owned<Value>(_ body: (_ exists: Bool) throws -> Value) throws -> Value {
        hold()
        defer { letGo() }
        guard try exists() else { return try body(false) }
        _ = try acquireLock()
        defer { releaseLock() }
        return try body(true)
    }
}

extension Workspace {
    /// Returns the directories of tasks that began anew, by name; `nil` for what has no name of one.
    ///
    /// - Throws: `FileError` if the archive can't be read.
    package func archives() throws(FileError) -> [(name: String, files: OldFiles?)] {
        guard let archive = try directories.state("archive") else { return [] }
        var found: [(name: String, files: OldFiles?)] = []
        for name in try archive.names() {
            let isOwn = name.wholeMatch(of: /.+-\d{8}-\d{6}(-\d+)?/) != nil
            guard isOwn, let status = archive.status(of: name), FileKind(status) == .directory
            else {
                found.append((name, nil))
                continue
            }
            // The move into the archive changes the status alone.
            let changed = WallTime(millisecondsSinceEpoch: Int64(status.st_ctim.tv_sec) * 1000)
            found.append((name, OldFiles(changed: changed, bytes: archive.diskUse(of: name))))
        }
        return found
    }

    /// Removes the directory of a task that began anew.
    ///
    /// - Throws: `FileError`.
    package func removeArchive(_ name: String) throws(FileError) {
        try directories.state("archive")?.removeAll(name)
    }
}
