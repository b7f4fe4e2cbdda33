import Autonomous
import FileAccess
import Foundation
import Glibc

/// A task's log, read as it grows, also where the task begins anew and another file becomes its log.
final class GrowingLog {
    private let workspace: Workspace
    private let name: TaskName
    private var file: FileHandle?
    private var identity: FileIdentity?

    init(of name: TaskName, in workspace: Workspace) {
        (self.workspace, self.name) = (workspace, name)
    }

    /// Whether there is a log so far.
    var isOpen: Bool { file != nil }

    /// The next bytes; none at the end so far.
    func read() throws -> [UInt8] {
        guard let file else { return [] }
        return [UInt8](try file.read(upToCount: 64 * 1024) ?? Data())
    }

    /// Goes over to the file that is the task's log now.
    ///
    /// - Returns: false where there is none, or it is the one that is read already.
    /// - Throws: `FileError` where it can't be read.
    func open() throws(FileError) -> Bool {
        // One that was looked at before insists on being the same still.
        let descriptor = try workspace.taskDirectory(name).openLogForReading()
        guard descriptor >= 0 else { return false }
        let found = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        // While the old file is open, no other one has its number.
        guard fstat(descriptor, &status) == 0, FileIdentity(status) != identity else {
            return false
        }
        (file, identity) = (found, FileIdentity(status))
        return true
    }
}
