package import FileAccess
import Glibc
import Synchronization

/// Quire's directories in a workspace, each opened once and kept open.
///
/// Neither `.autonomous` nor anything below it may be a link, and each must belong to the owner of the
/// workspace, to this user, or to root.
package final class WorkspaceDirectories: Sendable {
    private let root: String
    private let opened = Mutex<[String: Directory]>([:])
    private let isLocal = Mutex<Bool?>(nil)

    init(root: String) {
        self.root = root
    }

    /// Returns the directory that contains the task directories; `nil` if there is none.
    ///
    /// - Throws: `FileError` if something else has its name, or it is another user's.
    package func autonomous() throws(FileError) -> Directory? {
        try known(".autonomous") { () throws(FileError) in try workspace()?.directory(".autonomous")
        }
    }

    /// True if the task directories are this machine's own, so that the status of their files is never
    /// old: see `Directory.isLocal`.
    var areLocal: Bool {
        if let known = isLocal.withLock(\.self) { return known }
        guard let directory = try? autonomous() else { return false }
        let found = directory.isLocal
        isLocal.withLock { $0 = found }
        return found
    }

    /// Returns the directory that contains the task directories; creates it if missing.
    package func makeAutonomous(isDurable: Bool) throws(FileError) -> Directory {
        if let directory = try autonomous() { return directory }
        // The workspace is the person's own, so its path may be a link.
        var workspace = try workspace()
        if workspace == nil { workspace = try Directory.open(root, made: true) }
        guard let workspace else { throw FileError("opening the workspace", root, errno: ENOENT) }
        _ = try workspace.makeDirectory(".autonomous", isDurable: isDurable)
        return try required(try autonomous(), ".autonomous")
    }

    /// Returns a directory within the workspace's state; `nil` if there is none.
    package func state(_ name: String) throws(FileError) -> Directory? {
        try known(name) { () throws(FileError) in try state()?.directory(name) }
    }

    /// Returns a directory within the workspace's state; creates it if missing.
    package func makeState(_ name: String, isDurable: Bool) throws(FileError) -> Directory {
        if let directory = try state(name) { return directory }
        let autonomous = try makeAutonomous(isDurable: isDurable)
        _ = try autonomous.makeDirectory(".quire", isDurable: isDurable)
        let state = try required(try state(), ".autonomous/.quire")
        _ = try state.makeDirectory(name, isDurable: isDurable)
        return try required(try self.state(name), name)
    }

    /// Returns the directory of the workspace's state; `nil` if there is none.
    private func state() throws(FileError) -> Directory? {
        try known(".quire") { () throws(FileError) in try autonomous()?.directory(".quire") }
    }

    private func workspace() throws(FileError) -> Directory? {
        do throws(FileError) {
            return try Directory(following: root)
        } catch  where error.code == ENOENT {
            return nil
        }
    }

    private func required(
        _ directory: Directory?,
        _ name: String
    ) throws(FileError) -> Directory {
        guard let directory else {
            throw FileError("opening the directory", "\(root)/\(name)", errno: ENOENT)
        }
        return directory
    }

    /// Returns the directory opened before under a name, or opens it.
    private func known(
        _ name: String,
        _ open: () throws(FileError) -> Directory?
    ) throws(FileError) -> Directory? {
        if let directory = opened.withLock({ $0[name] }) { return directory }
        guard let directory = try open() else { return nil }
        try directory.checkOwner(in: try Directory(following: root))
        return opened.withLock { opened in
            // If several threads open it at once, one result is kept.
            if let first = opened[name] { return first }
            opened[name] = directory
            return directory
        }
    }
}
