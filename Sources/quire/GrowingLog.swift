import Autonomous
import FileAccess
import Foundation
import Glibc

/// A task's log, read as it grows; when the task begins anew, reading continues with its new file.
final class GrowingLog {
    private let workspace: Workspace
    private let name: TaskName
    private var file: FileHandle?
    private var identity: FileIdentity?

    init(of name: TaskName, in workspace: Workspace) {
        (self.workspace, self.name) = (workspace, name)
    }

    /// True once a log has been opened.
    var isOpen: Bool { file != nil }

    /// Returns the next bytes; empty at the current end.
    func read() throws -> [UInt8] {
        guard let file else { return [] }
        return [UInt8](try file.read(upToCount: 64 * 1024) ?? Data())
    }

    /// Switches to the file that is the task's log now.
    ///
    /// - Returns: false if there is no log, or if it is open already.
    /// - Throws: `FileError` if the log can't be read.
    func open() throws(FileError) -> Bool {
        // A fresh `TaskDirectory`: one that was used before insists on the directory that it found then.
        let descriptor = try workspace.taskDirectory(name).openLogForReading()
        guard descriptor >= 0 else { return false }
        let found = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        // While the old file is open, no other file has its inode number.
        guard fstat(descriptor, &status) == 0, FileIdentity(status) != identity else {
            return false
        }
        (file, identity) = (found, FileIdentity(status))
        return true
    }
}
