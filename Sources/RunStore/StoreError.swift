import FileAccess
import GRDB
import Glibc
import Orchestration

/// The reason why the store could not be used, as a message for people.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message: what failed, where, and what to do.
    package let description: String
    /// True if the database can't be read any more, so that moving it away loses nothing.
    package let isDamage: Bool

    init(_ description: String, isDamage: Bool = false) {
        (self.description, self.isDamage) = (description, isDamage)
    }

    /// Makes the error for a state directory that can't be made or opened.
    init(_ error: FileError, directory: String) {
        self.init(
            "the state directory \"\(directory)\" can't be used: \(error); another one can be named "
                + "with --state-dir"
        )
    }

    /// Makes the error for another one; with `isRetried`, the caller retries until it works.
    init(_ error: any Error, path: String, isRetried: Bool = false) {
        if let error = error as? StoreError {
            self = error
        } else {
            let words = Self.words(for: error, path, then: isRetried ? Self.goesOn : Self.again)
            description = "the run database \"\(path)\" \(words)"
            let code = (error as? DatabaseError)?.resultCode.primaryResultCode
            isDamage = code == .SQLITE_NOTADB || code == .SQLITE_CORRUPT || error is DecodingError
        }
    }

    /// The advice for when the cause is removed and nobody retries.
    private static let again = " and run again"
    /// The same where a run retries until it works.
    private static let goesOn = ", and the run goes on by itself"

    /// Returns what happened and what to do; `then` follows advice that removes the cause.
    private static func words(for error: any Error, _ path: String, then: String) -> String {
        if error is FileError { return "can't be used: \(error)" }
        if error is NewerFormat {
            return "was written by a newer Quire (\(error)); update this one"
        }
        if error is DecodingError {
            return "holds a record that can't be read: move it away; history is lost, the task "
                + "directories are not"
        }
        guard let error = error as? DatabaseError else { return "failed: \(error)" }
        let code = error.resultCode.primaryResultCode
        if shortageCodes.contains(code), Shortage(of: path) == .files {
            return "can't be written: \(Shortage.files.advice)\(then)"
        }
        switch code {
        case .SQLITE_FULL: return "\(fullDisk)\(then)"
        case .SQLITE_IOERR where limit(onFilesAt: path) != nil:
            return
                "can't grow: files may have no more than "
                + "\(Format.count(limit(onFilesAt: path) ?? 0, "byte")) here; "
                + "raise that limit (ulimit -f)"
        case .SQLITE_IOERR where Shortage.isDiskFull(path):
            return "\(fullDisk)\(then)"
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return "is damaged: move it away; history is lost, the task directories are not"
        case .SQLITE_READONLY, .SQLITE_PERM:
            return "can't be written; check its owner and permissions"
        case .SQLITE_CANTOPEN:
            return "can't be opened; check its and the directory's owner and permissions"
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return "is locked by another program; close it\(then)"
        default: return "failed: \(error.message ?? error.resultCode.description)"
        }
    }

    private static let fullDisk = "can't grow: the disk is full; free some space"

    /// Returns why a live run can record nothing in a database now, and what to do; `nil` where the
    /// disk has room.
    static func shortage(of path: String) -> String? {
        let words =
            Shortage(of: path) == .files
            ? "can't be written: \(Shortage.files.advice)"
            : Shortage.isDiskFull(path) ? fullDisk : nil
        return words.map { "the run database \"\(path)\" \($0)\(goesOn)" }
    }

    /// The codes that SQLite may report where no more files can be made.
    private static let shortageCodes: [ResultCode] = [
        .SQLITE_FULL, .SQLITE_CANTOPEN, .SQLITE_IOERR,
    ]

    /// Returns the limit on the size of this process's files, in bytes; `nil` where none is set.
    private static func limit(onFilesAt path: String) -> UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
    }
}
