import GRDB

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
            description = "the run database \"\(path)\" \(Self.words(for: error))"
            let code = (error as? DatabaseError)?.resultCode.primaryResultCode
            isDamage = code == .SQLITE_NOTADB || code == .SQLITE_CORRUPT || error is DecodingError
        }
    }

    private static func words(for error: any Error) -> String {
        if error is DecodingError {
            return "holds a record that can't be read: move it away; history is lost, the task "
                + "directories are not"
        }
        guard let error = error as? DatabaseError else { return "failed: \(error)" }
        switch error.resultCode.primaryResultCode {
        case .SQLITE_FULL: return "can't grow: the disk is full; free some space and run again"
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return "is damaged: move it away; history is lost, the task directories are not"
        case .SQLITE_READONLY, .SQLITE_PERM:
            return "can't be written; check its owner and permissions"
        case .SQLITE_CANTOPEN:
            return "can't be opened; check the directory's owner and permissions"
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return "is locked by another program; close it and run again"
        default: return "failed: \(error.message ?? error.resultCode.description)"
        }
    }
}
