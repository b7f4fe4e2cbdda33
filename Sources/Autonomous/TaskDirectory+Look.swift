package import FileAccess
import Glibc
package import Orchestration

// Looks at a task for people who watch it.
extension TaskDirectory {
    /// Returns the end of the transcript, from the beginning of a line, in at most `limit` bytes; empty if there
    /// is none.
    ///
    /// - Throws: `FileError` if it can't be read.
    package func logEnd(limit: Int) throws(FileError) -> [UInt8] {
        let file = try openLogForReading()
        guard file >= 0 else { return [] }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        let start = max(0, size - limit)
        var bytes = [UInt8](repeating: 0, count: max(0, size - start))
        let count = pread(file, &bytes, bytes.count, off_t(start))
        guard count >= 0 else { throw FileError("reading", logPath, errno: errno) }
        let read = bytes.prefix(count)
        guard start > 0 else { return Array(read) }
        // The bytes before the first newline are a part of a line.
        let end = read.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? read.endIndex
        return Array(read[end...])
    }

    /// Returns the size of the transcript in bytes, and the time of its last change; `nil` if there is none.
    package func logState() -> (size: Int64, changed: WallTime)? {
        guard let autonomous = try? workspace.directories.autonomous(),
            let status = autonomous.status(of: Self.logName, in: name.description)
        else { return nil }
        let changed =
            Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
        return (Int64(status.st_size), WallTime(millisecondsSinceEpoch: changed))
    }
}
