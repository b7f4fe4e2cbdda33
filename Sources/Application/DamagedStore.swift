package import Autonomous
package import FileAccess
import Reporting
package import RunStore

/// A run database that can't be read any more.
///
/// It is moved aside: the truth about the work is in the task directories.
package enum DamagedStore {
    /// Moves the database and its companion files aside, and returns its new path.
    ///
    /// - Throws: `Trouble` if another process uses the database, or if it can't be moved.
    package static func moveAside(
        in directory: Directory,
        own lock: OwnerMark,
        _ damage: StoreError
    ) throws
        -> String
    {
        if let user = try user(in: directory, own: lock) {
            throw Trouble(
                "\(damage)\n\(user.words) still uses it; end it first: kill \(user.pid)",
                status: ExitStatus.missing
            )
        }
        let aside = freeName(in: directory)
        do {
            for suffix in ["-wal", "-shm", ""]
            where directory.kind(of: "quire.db" + suffix) != .nothing {
                try directory.move("quire.db" + suffix, as: aside + suffix)
            }
        } catch {
            throw Trouble(
                "\(damage)\nit can't be moved away: \(error)",
                status: ExitStatus.missing
            )
        }
        return directory.path(of: aside)
    }

    /// Returns the owner of any other lock in the state directory.
    private static func user(in directory: Directory, own lock: OwnerMark) throws -> Owner? {
        try directory.names()
            .filter { $0.hasSuffix(".lock") }
            .map(directory.path)
            .filter { $0 != lock.path }
            .compactMap(OwnerLock.holder).first
    }

    private static func freeName(in directory: Directory) -> String {
        var free = "quire.db.damaged"
        var number = 1
        while directory.kind(of: free) != .nothing {
            number += 1
            free = "quire.db.damaged-\(number)"
        }
        return free
    }
}
