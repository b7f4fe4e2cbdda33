package import FileAccess
import Glibc
import Synchronization

/// The directories in a workspace that are Quire's, each opened once and kept open.
///
/// Neither `.autonomous` nor anything below it may be a link, and all must belong to who owns the
/// workspace, to this user, or to root.
package final class WorkspaceDirectories: Sendable {
    private let root: String
    private let opened = Mutex<[String: Directory]>([:])

    init(root: String) {
        self.root = root
    }

    /// Where the task directories lie; `nil` where there is no such directory.
    ///
    /// - Throws: `FileError` when something else stands in its place, or it is another user's.
    package func autonomous() throws(FileError) -> Directory? {
        try known(".autonomous") { () throws(FileError) in try workspace()?.directory(".autonomous")
        }
    }

    /// Where the task directories lie; made where it is missing.
    package func makeAutonomous(isDurable: Bool) throws(FileError) -> Directory {
        if let directory = try autonomous() { return directory }
        // The workspace itself is the person's own, and may be named by a link.
        var workspace = try workspace()
        if workspace == nil { workspace = try Directory.open(root, made: true) }
        guard let workspace else { throw FileError("opening the workspace", root, errno: ENOENT) }
        _ = try workspace.makeDirectory(".autonomous", isDurable: isDurable)
        return try required(try autonomous(), ".autonomous")
    }

    /// A directory of the state that every workspace has; `nil` where there is none.
    package func state(_ name: String) throws(FileError) -> Directory? {
        try known(name) { () throws(FileError) in try state()?.directory(name) }
    }

    /// A directory of the state that every workspace has; made where it is missing.
    package func makeState(_ name: String, isDurable: Bool) throws(FileError) -> Directory {
        if let directory = try state(name) { return directory }
        let autonomous = try makeAutonomous(isDurable: isDurable)
        _ = try autonomous.makeDirectory(".quire", isDurable: isDurable)
        let state = try required(try state(), ".autonomous/.quire")
        _ = try state.makeDirectory(name, isDurable: isDurable)
        return try required(try self.state(name), name)
    }

    /// The workspace's own state directory; `nil` where there is none.
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

    /// The directory that was opened under a name, or what is opened now.
    private func known(
        _ name: String,
        _ open: () throws(FileError) -> Directory?
    ) throws(FileError) -> Directory? {
        if let directory = opened.withLock({ $0[name] }) { return directory }
        guard let directory = try open() else { return nil }
        try directory.checkOwner(in: try Directory(following: root))
        return opened.withLock { opened in
            // Of several that open it at once, one is kept.
            if let first = opened[name] { return first }
            opened[name] = directory
            return directory
        }
    }
}
