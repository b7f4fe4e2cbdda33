import FileAccess
import GRDB
import Glibc

/// Why the store could not do what it was asked.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What, where, and what to do.
    package let description: String
    /// Whether the database can't be read any more, so that nothing is lost by moving it away.
    package let isDamage: Bool

    init(_ description: String) {
        self.description = description
        isDamage = false
    }

    init(_ error: any Error, path: String) {
        if let error = error as? StoreError {
            self = error
        } else {
            description = "the run database \"\(path)\" \(Self.words(for: error, path))"
            let code = (error as? DatabaseError)?.resultCode.primaryResultCode
            isDamage = code == .SQLITE_NOTADB || code == .SQLITE_CORRUPT || error is DecodingError
        }
    }

    private static func words(for error: any Error, _ path: String) -> String {
        if error is FileError { return "can't be used: \(error)" }
        if error is DecodingError {
            return "holds a record that can't be read: move it away; history is lost, the task "
                + "directories are not"
        }
        guard let error = error as? DatabaseError else { return "failed: \(error)" }
        let code = error.resultCode.primaryResultCode
        if shortageCodes.contains(code), Shortage(of: path) == .files {
            return "can't be written: \(Shortage.files.advice), and run again"
        }
        switch code {
        case .SQLITE_FULL: return "can't grow: the disk is full; free some space and run again"
        case .SQLITE_IOERR where limit(onFilesAt: path) != nil:
            return
                "can't grow: files may have no more than \(limit(onFilesAt: path) ?? 0) bytes here; "
                + "raise that limit (ulimit -f)"
        case .SQLITE_IOERR where Shortage.isDiskFull(path):
            return "can't grow: the disk is full; free some space and run again"
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return "is damaged: move it away; history is lost, the task directories are not"
        case .SQLITE_READONLY, .SQLITE_PERM:
            return "can't be written; check its owner and permissions"
        case .SQLITE_CANTOPEN:
            return "can't be opened; check its and the directory's owner and permissions"
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return "is locked by another program; close it and run again"
        default: return "failed: \(error.message ?? error.resultCode.description)"
        }
    }

    /// What SQLite may say where no more files can be made.
    private static let shortageCodes: [ResultCode] = [
        .SQLITE_FULL, .SQLITE_CANTOPEN, .SQLITE_IOERR,
    ]

    /// The limit on the size of this process's files, where one is set.
    private static func limit(onFilesAt path: String) -> UInt64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
    }
}
