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
    /// What a session that a launcher started elsewhere holds locked while anything of it lives.
    package var turnPath: String { workspace.stateDirectory + "/turns/\(name).lock" }
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
        case .nothing: try FileSystem.makeDirectory(path, isDurable: workspace.isDurable)
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
    /// One that can't be kept is good all the same, and one that can't be read now is taken to be
    /// as it was; the look's `unkept` says why.
    ///
    /// At the beginning of a leg (`isFirst`) no agent is at work: what was then changed in a list that
    /// was complete was changed by a person, who may untick boxes, too.
    package func inspectAndKeep(
        after last: ChecklistLook? = nil,
        isFirst: Bool = false
    ) -> ChecklistLook {
        do {
            guard FileKind(taskListPath) != .nothing else {
                return ChecklistLook(try goodCopy() == nil ? .missing : damaged("it is gone"))
            }
            let bytes = try listBytes()
            if let last, last.isOf(bytes) { return last }
            return try keepIfGood(bytes, isFirst: isFirst)
        } catch let error as Checklist.Damage {
            return ChecklistLook(damaged(error.description, hasCopy: hasGoodCopy))
        } catch let error as FileError where error.isOfTheDisk {
            var look = ChecklistLook(last?.state ?? .missing)
            look.unkept = error
            return look
        } catch {
            return ChecklistLook(damaged("\(error)", hasCopy: hasGoodCopy))
        }
    }

    /// Makes a place for `turnPath`.
    package func prepareTurn() throws(FileError) {
        try FileSystem.makeDirectory(workspace.stateDirectory + "/turns")
    }

    /// Looks at the checklist as `inspectAndKeep` does, past what this machine remembers of a file
    /// system that another one has written to.
    ///
    /// NFS asks its server about a directory, and so for the names in it, when it is opened
    /// (`nfs(5)`, close-to-open cache consistency).
    package func inspectAfreshAndKeep(after last: ChecklistLook) -> ChecklistLook {
        close(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        return inspectAndKeep(after: last)
    }

    private func keepIfGood(_ bytes: [UInt8], isFirst: Bool) throws -> ChecklistLook {
        let list = try Checklist(bytes: bytes)
        var look = ChecklistLook(.good(list.progress), of: bytes)
        if list.progress.isComplete { look.stamp = try stamp(of: bytes) }
        let copy = try goodCopyBytes()
        if copy == bytes { return look }
        let good = copy.flatMap { try? Checklist(bytes: $0) }
        if isFirst { look.reopening = good.flatMap { list.reopening(of: $0) } }
        if let good, look.reopening == nil, let damage = list.damage(since: good) { throw damage }
        do throws(FileError) {
            if list != good { try keep(bytes) }
        } catch {
            // The list is good all the same; without a fingerprint it is looked at once more.
            look.unkept = error
            look.fingerprint = nil
        }
        return look
    }

    /// The stamp of the file with these bytes; `nil` where it is being changed just now.
    private func stamp(of bytes: [UInt8]) throws -> String? {
        let stamp = listStamp()
        return try listBytes() == bytes ? stamp : nil
    }

    /// The bytes of the last good copy; `nil` where there is none.
    ///
    /// One that can't be read now must not pass for one that is not there.
    private func goodCopyBytes() throws(FileError) -> [UInt8]? {
        errno = 0
        if let bytes = FileSystem.contents(goodListPath, limit: Checklist.sizeLimit) {
            return bytes
        }
        let error = FileError("reading", goodListPath, errno: errno)
        if error.isOfTheDisk { throw error }
        return nil
    }

    private func goodCopy() throws(FileError) -> Checklist? {
        try goodCopyBytes().flatMap { try? Checklist(bytes: $0) }
    }

    private var hasGoodCopy: Bool { (try? goodCopy()) != nil }

    /// Looks at the checklist as a new leg will, but changes nothing and locks nothing.
    ///
    /// One that is missing is missing, whether there is a copy or not.
    package func checklistAsItLies() -> ChecklistState {
        guard FileKind(taskListPath) != .nothing else { return .missing }
        do {
            let list = try Checklist(bytes: try listBytes())
            if let good = try goodCopy(), list.reopening(of: good) == nil,
                let damage = list.damage(since: good)
            {
                return damaged(damage.description)
            }
            return .good(list.progress)
        } catch {
            return damaged("\(error)", hasCopy: hasGoodCopy)
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
        let isDurable = workspace.isDurable
        try FileSystem.makeDirectory(workspace.stateDirectory + "/lists", isDurable: isDurable)
        try FileSystem.replace(goodListPath, with: bytes, isDurable: isDurable)
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
    ///
    /// - Throws: `FileError` also for what is no id.
    package func saveThread(_ id: String) throws(FileError) {
        guard let id = ThreadID.checked(id) else {
            throw FileError("\(id.debugDescription) is no thread's id")
        }
        let line = Array((id + "\n").utf8)
        try FileSystem.replace(sessionIDPath, with: line, isDurable: workspace.isDurable)
    }

    /// The id in `session.id`; `nil` when there is none or it can't be one.
    package func savedThread() -> String? {
        guard case .id(let id) = thread() else { return nil }
        return id
    }

    /// What `session.id` holds.
    package func thread() -> SavedThread {
        guard let bytes = FileSystem.contents(sessionIDPath, limit: 256) else { return .none }
        let text = String(decoding: bytes[...].trimmed, as: UTF8.self)
        if text.isEmpty { return .none }
        guard let id = ThreadID.checked(text) else {
            let shown = text.prefix(ThreadID.longest).debugDescription
            return .other(
                "\(sessionIDPath) holds \(shown), which is no thread's id: no session resumes it"
            )
        }
        return .id(id)
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

/// What a task's `session.id` holds.
package enum SavedThread: Hashable, Sendable {
    /// Nothing, or it can't be read.
    case none
    /// A thread's id.
    case id(String)
    /// Something else; the words say what.
    case other(String)
}

/// What a look at a checklist found, to be held against the next look.
package struct ChecklistLook: Hashable, Sendable {
    /// The checklist.
    package let state: ChecklistState
    /// Why a good list could not be kept as the last good copy; `nil` where it was, or was not to be.
    package fileprivate(set) var unkept: FileError?
    /// Of a complete list, the stamp of its file: see `TaskDirectory.listStamp`.
    package fileprivate(set) var stamp: String?
    /// How a person gave a task that was complete more to do, in words; `nil` for not at all.
    package fileprivate(set) var reopening: String?
    /// Tells the bytes of a good list from others.
    fileprivate var fingerprint: Int?

    fileprivate init(_ state: ChecklistState, of bytes: [UInt8]? = nil) {
        self.state = state
        fingerprint = bytes?.hashValue
    }

    /// Whether it found a good list that the look before did not.
    package func isNews(after last: ChecklistLook) -> Bool {
        if case .good = state { self != last } else { false }
    }

    fileprivate func isOf(_ bytes: [UInt8]) -> Bool { fingerprint == bytes.hashValue }
}
