import Autonomous
import Foundation
import Reporting
import RunStore

/// A run database that can't be read any more: it is put aside, because what counts of the work is
/// in the task directories.
enum DamagedStore {
    /// Moves the database away, with the files that belong to it, and returns where it is now.
    ///
    /// - Throws: `Trouble` when another process uses it, or it can't be moved.
    static func moveAside(
        in directory: String,
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
        let path = directory + "/quire.db"
        let aside = freePath(path + ".damaged")
        do {
            for suffix in ["-wal", "-shm", ""]
            where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
            }
        } catch {
            throw Trouble(
                "\(damage)\nit can't be moved away: \(error.localizedDescription)",
                status: ExitStatus.missing
            )
        }
        return aside
    }

    /// Whoever else holds a lock in the state directory.
    private static func user(in directory: String, own lock: OwnerMark) throws -> Owner? {
        try FileManager.default.contentsOfDirectory(atPath: directory)
            .filter { $0.hasSuffix(".lock") }
            .map { "\(directory)/\($0)" }
            .filter { $0 != lock.path }
            .compactMap(OwnerLock.holder).first
    }

    private static func freePath(_ path: String) -> String {
        var free = path
        var number = 1
        while FileManager.default.fileExists(atPath: free) {
            number += 1
            free = "\(path)-\(number)"
        }
        return free
    }
}
