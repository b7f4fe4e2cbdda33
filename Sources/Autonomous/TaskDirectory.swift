import Foundation
import Glibc
package import Orchestration

/// A task's directory: the truth about its work, shared with the original system.
///
/// The only place that knows the names of its files. Its functions block, and are called on worker
/// threads; the value holds no state.
package struct TaskDirectory: Hashable, Sendable {
    /// The workspace it lies in.
    package let workspace: Workspace
    /// The task's name.
    package let name: TaskName

    /// The absolute path.
    package var path: String { workspace.autonomousDirectory + "/" + name.description }
    /// The checklist.
    package var taskListPath: String { path + "/task_list.md" }
    /// The agents' notes.
    package var progressPath: String { path + "/progress.md" }
    /// The transcript of all sessions.
    package var logPath: String { path + "/session.log" }
    /// The newest thread's id.
    var sessionIDPath: String { path + "/session.id" }
    /// The last good copy of the checklist, where no agent has any business.
    package var goodListPath: String { workspace.stateDirectory + "/lists/\(name).md" }
    var lockPath: String { path + "/.runner.lock" }

    /// Makes the directory where it is missing.
    ///
    /// - Throws: `FileError` when something else stands in its place, it leads out of the
    ///   workspace, or can't be written to.
    package func create() throws(FileError) {
        switch FileKind(path) {
        case .file, .other:
            throw FileError(
                "the task directory \"\(path)\" is a file; move it away or rename the task"
            )
        case .link: try checkLink()
        case .directory: break
        case .nothing: try FileSystem.makeDirectory(path)
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw FileError("opening the task directory", path, errno: errno)
        }
    }

    private func checkLink() throws(FileError) {
        let target = FileSystem.resolved(path)
        let root = FileSystem.resolved(workspace.root) ?? workspace.root
        guard let target, target.hasPrefix(root + "/") else {
            throw FileError(
                "the task directory \"\(path)\" is a link that leads out of the workspace to "
                    + "\"\(target ?? "nowhere")\"; replace it by a directory or rename the task"
            )
        }
    }

    // MARK: - The checklist

    /// Looks at the checklist, holds it against the last good copy, and keeps a good one as the
    /// new last good copy.
    ///
    /// A good list that has not changed since `last`, the look before this one, is not read twice.
    package func inspectAndKeep(after last: ChecklistLook? = nil) -> ChecklistLook {
        guard FileKind(taskListPath) != .nothing else {
            return ChecklistLook(goodCopy() == nil ? .missing : damaged("it is gone"))
        }
        do {
            let bytes = try listBytes()
            if let last, last.isOf(bytes) { return last }
            return ChecklistLook(.good(try keepIfGood(bytes)), of: bytes)
        } catch let error as Checklist.Damage {
            return ChecklistLook(damaged(error.description, hasCopy: goodCopy() != nil))
        } catch {
            return ChecklistLook(damaged("\(error)", hasCopy: goodCopy() != nil))
        }
    }

    private func keepIfGood(_ bytes: [UInt8]) throws -> Orchestration.Progress {
        let list = try Checklist(bytes: bytes)
        let good = goodCopy()
        if let good, let damage = list.damage(since: good) { throw damage }
        if list != good { try keep(bytes) }
        return list.progress
    }

    private func goodCopy() -> Checklist? {
        FileSystem.contents(goodListPath, limit: Checklist.sizeLimit)
            .flatMap { try? Checklist(bytes: $0) }
    }

    /// Looks at the checklist without the last good copy.
    func checklistAlone() -> ChecklistState {
        guard FileKind(taskListPath) != .nothing else { return .missing }
        do {
            return .good(try Checklist(bytes: try listBytes()).progress)
        } catch {
            return damaged("\(error)", hasCopy: false)
        }
    }

    private func listBytes() throws -> [UInt8] {
        guard FileKind(taskListPath) == .file else {
            throw Checklist.Damage(description: "it is not a plain file")
        }
        guard let bytes = FileSystem.contents(taskListPath, limit: Checklist.sizeLimit) else {
            throw FileError("reading", taskListPath, errno: errno)
        }
        return bytes
    }

    private func keep(_ bytes: [UInt8]) throws(FileError) {
        try FileSystem.makeDirectory(workspace.stateDirectory + "/lists")
        try FileSystem.replace(goodListPath, with: bytes)
    }

    private func damaged(_ words: String, hasCopy: Bool = true) -> ChecklistState {
        let advice =
            hasCopy
            ? "; to restore the last good copy: cp '\(goodListPath)' '\(taskListPath)'"
            : "; correct it by hand"
        return .damaged("invalid task_list.md: \(taskListPath): \(words)\(advice)")
    }

    /// Whether the agents' notes are there.
    package var hasNotes: Bool { FileKind(progressPath) == .file }

    /// The checklist as it stands, for people; empty when there is none.
    package func taskListText() -> String {
        String(
            decoding: FileSystem.contents(taskListPath, limit: Checklist.sizeLimit) ?? [],
            as: UTF8.self
        )
    }

    // MARK: - The thread

    /// Puts a thread's id into `session.id`, in one step.
    package func saveThread(_ id: String) throws(FileError) {
        try FileSystem.replace(sessionIDPath, with: Array((id + "\n").utf8))
    }

    /// The id in `session.id`; `nil` when there is none or it can't be one.
    package func savedThread() -> String? {
        guard let bytes = FileSystem.contents(sessionIDPath, limit: 256) else { return nil }
        let id = String(decoding: bytes, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let isPlain = id.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F }
        return id.isEmpty || id.count > 200 || !isPlain || id.hasPrefix("-") ? nil : id
    }

    func lastActivity() -> WallTime {
        let paths = [path, taskListPath, progressPath, logPath, sessionIDPath]
        let times = paths.compactMap { path -> Int64? in
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            return Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
        }
        return WallTime(millisecondsSinceEpoch: times.max() ?? 0)
    }
}

/// What a look at a checklist found, to be held against the next look.
package struct ChecklistLook: Hashable, Sendable {
    /// The checklist.
    package let state: ChecklistState
    /// Tells the bytes of a good list from others.
    private let fingerprint: Int?

    fileprivate init(_ state: ChecklistState, of bytes: [UInt8]? = nil) {
        self.state = state
        fingerprint = bytes?.hashValue
    }

    fileprivate func isOf(_ bytes: [UInt8]) -> Bool { fingerprint == bytes.hashValue }
}
