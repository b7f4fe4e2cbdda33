package import FileAccess
import Glibc
package import Orchestration

/// A task's directory: the truth about its work, shared with the original system.
///
/// No other type knows the names of its files. Its functions block, and are called on worker threads.
/// The first that opens the directory checks it, and all later ones, also of copies of this value, use
/// that directory or fail.
package struct TaskDirectory: Sendable {
    /// The workspace that contains the directory.
    package let workspace: Workspace
    /// The task's name.
    package let name: TaskName
    let opened = OpenedDirectory()

    static let listName = "task_list.md"
    static let promptName = "prompt.md"
    static let notesName = "progress.md"
    static let logName = "session.log"
    static let setupLogName = "setup.log"
    static let threadName = "session.id"
    static let lockName = ".runner.lock"
    var copyName: String { "\(name).md" }

    init(workspace: Workspace, name: TaskName) {
        (self.workspace, self.name) = (workspace, name)
    }

    /// The directory's absolute path.
    package var path: String { workspace.autonomousDirectory + "/" + name.description }
    /// Path of the checklist.
    package var taskListPath: String { path + "/" + Self.listName }
    /// Path of the agents' notes.
    package var progressPath: String { path + "/" + Self.notesName }
    /// Path of the transcript of all sessions.
    package var logPath: String { path + "/" + Self.logName }
    /// Path of the log of the command that sets the task's tree up.
    package var setupLogPath: String { path + "/" + Self.setupLogName }
    /// Path of the last good copy of the checklist, where agents have no business.
    package var goodListPath: String { workspace.stateDirectory + "/lists/" + copyName }
    /// Path of the file that a launched session holds locked while any of its processes lives.
    package var turnPath: String { workspace.stateDirectory + "/turns/\(name).lock" }
    var lockPath: String { path + "/" + Self.lockName }

    // MARK: - The directory itself

    /// Creates the directory if it is missing.
    ///
    /// - Throws: `FileError` if something else has its name, even a link, or the directory is another
    ///   user's, or can't be written to.
    package func create() throws(FileError) {
        let outer = try workspace.directories.makeAutonomous(isDurable: workspace.isDurable)
        let directory = try outer.makeDirectory(name.description, isDurable: workspace.isDurable)
        try directory.checkOwner(in: outer)
        try directory.checkWritable()
        try opened.note(directory)
    }

    /// Opens the directory, or returns the one that is held open.
    ///
    /// - Throws: `FileError` if there is none, or no longer the one from before.
    package func directory() throws(FileError) -> Directory {
        guard let directory = try directoryIfThere() else {
            throw FileError("opening the task directory", path, errno: ENOENT)
        }
        return directory
    }

    /// Opens the directory like `directory()`; returns `nil` if there never was one.
    package func directoryIfThere() throws(FileError) -> Directory? {
        try opened.directory { () throws(FileError) -> Directory? in
            try workspace.directories.autonomous()?.directory(name.description)
        } checking: { (identity: FileIdentity) throws(FileError) in
            try Directory.check(path, is: identity)
        }
    }

    /// Keeps the directory open from the next use until `letGo`; only while it is worked on, as
    /// thousands can't be open at a time.
    package func hold() { opened.hold() }

    /// Ends one `hold`.
    package func letGo() { opened.letGo() }

    /// Checks that the path still leads to the directory opened before, as agents use the path.
    ///
    /// - Throws: `FileError` with the reason if it does not.
    package func checkPlace() throws(FileError) {
        guard let identity = opened.identity else { return }
        try Directory.check(path, is: identity)
    }

    // MARK: - The checklist

    /// Inspects the checklist, compares it with the last good copy, and saves a good list as the new
    /// copy.
    ///
    /// `last` is the previous inspection: a list unchanged since is not parsed again, nor read if its
    /// file's stamp is proof. A good list that can't be saved still counts as good, and one that can't
    /// be read now counts as unchanged; `unkept` has the error.
    ///
    /// At the beginning of a leg (`isFirst`) no agent is at work: changes to a complete list are then a
    /// person's, who may untick boxes, too.
    package func inspectAndKeep(
        after last: ChecklistLook? = nil,
        isFirst: Bool = false
    ) -> ChecklistLook {
        inspectAndKeep(after: last, isFirst: isFirst, trustsStamps: true)
    }

    private func inspectAndKeep(
        after last: ChecklistLook?,
        isFirst: Bool,
        trustsStamps: Bool
    ) -> ChecklistLook {
        do {
            try checkPlace()
            // Taken before the contents are read, so that a change meanwhile shows the next time.
            let file = try trustsStamps ? listFile() : nil
            if let last, let file, last.file == file { return last }
            guard let bytes = try listBytes() else {
                return ChecklistLook(try goodCopy() == nil ? .missing : damaged("it is gone"))
            }
            var look =
                try last.flatMap { $0.isOf(bytes) ? $0 : nil }
                ?? keepIfGood(bytes, isFirst: isFirst)
            look.file = look.unkept == nil ? file : nil
            return look
        } catch let error as Checklist.Damage {
            return ChecklistLook(damaged(error.description, hasCopy: hasGoodCopy))
        } catch let error as FileError where error.isOfTheDisk {
            var look = ChecklistLook(last?.state ?? .missing)
            look.unkept = error
            return look
        } catch {
            return ChecklistLook(.damaged("\(error)"))
        }
    }

    /// Creates the file `turnPath`.
    ///
    /// - Throws: `FileError` if that fails, or something else has the file's name: other processes open
    ///   it by its path.
    package func prepareTurn() throws(FileError) {
        let turns = try workspace.directories.makeState("turns", isDurable: false)
        let file = try turns.openForAppending("\(name).lock")
        close(file)
    }

    /// Inspects the checklist like `inspectAndKeep`, past this machine's cache of a file system that
    /// another machine has written to.
    package func inspectAfreshAndKeep(after last: ChecklistLook) -> ChecklistLook {
        (try? directory())?.refresh()
        return inspectAndKeep(after: last, isFirst: false, trustsStamps: false)
    }

    /// Returns the stamp of the checklist's file; `nil` if it can't prove the contents unchanged.
    private func listFile() throws(FileError) -> FileStamp? {
        let isLocal = workspace.directories.areLocal
        return try workspace.directories.autonomous()?
            .status(of: Self.listName, in: name.description)
            .flatMap { FileStamp($0, isLocal: isLocal) }
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
            // The list is good all the same; without a fingerprint it is inspected once more.
            look.unkept = error
            look.fingerprint = nil
        }
        return look
    }

    /// Returns the stamp of the file with these bytes; `nil` if it is just being changed.
    private func stamp(of bytes: [UInt8]) throws -> String? {
        let directory = try directory()
        let stamp = stamp { directory.status(of: $0) }
        return try listBytes() == bytes ? stamp : nil
    }

    /// Returns the bytes of the last good copy; `nil` if there is none.
    ///
    /// Throws if the copy can't be read, which must not pass for its absence.
    private func goodCopyBytes() throws(FileError) -> [UInt8]? {
        try workspace.directories.state("lists")?
            .contents(of: copyName, limit: Checklist.sizeLimit)
    }

    private func goodCopy() throws(FileError) -> Checklist? {
        try goodCopyBytes().flatMap { try? Checklist(bytes: $0) }
    }

    private var hasGoodCopy: Bool { (try? goodCopy()) != nil }

    /// Inspects the checklist as a new leg will, but changes and locks nothing.
    ///
    /// A missing list is reported as missing even if there is a copy. A list that is `known` is not read
    /// if the stamp of its file proves that it is the same.
    package func checklistAsItLies(knowing known: KnownLists = KnownLists()) -> ChecklistState {
        if !known.isEmpty, let stamp = fileStamp(),
            let progress = known.progress(of: name.description, stamp: stamp)
        {
            return .good(progress)
        }
        do {
            guard let bytes = try listBytes() else { return .missing }
            let list = try Checklist(bytes: bytes)
            // Most copies equal the list.
            let copy = try goodCopyBytes().flatMap { $0 == bytes ? nil : $0 }
            if let good = copy.flatMap({ try? Checklist(bytes: $0) }),
                list.reopening(of: good) == nil, let damage = list.damage(since: good)
            {
                return damaged(damage.description)
            }
            return .good(list.progress)
        } catch let error as Checklist.Damage {
            return damaged(error.description, hasCopy: hasGoodCopy)
        } catch {
            return .damaged("\(error)")
        }
    }

    /// Returns the bytes of the checklist; `nil` if it or its directory is missing.
    private func listBytes() throws(FileError) -> [UInt8]? {
        try directoryIfThere()?.contents(of: Self.listName, limit: Checklist.sizeLimit)
    }

    private func keep(_ bytes: [UInt8]) throws(FileError) {
        let isDurable = workspace.isDurable
        let lists = try workspace.directories.makeState("lists", isDurable: isDurable)
        try lists.replace(copyName, with: bytes, isDurable: isDurable)
    }

    private func damaged(_ words: String, hasCopy: Bool = true) -> ChecklistState {
        let advice =
            hasCopy
            ? "; to restore the last good copy: cp '\(goodListPath)' '\(taskListPath)'"
            : "; correct it by hand"
        return .damaged("invalid task_list.md: \(taskListPath): \(words)\(advice)")
    }

    /// Indicates whether there is a checklist, whatever its contents.
    ///
    /// - Throws: `FileError` if the directory can't be used.
    package func hasList() throws(FileError) -> Bool {
        try directoryIfThere()?.kind(of: Self.listName) ?? .nothing != .nothing
    }

    /// Indicates whether the agents' notes exist.
    ///
    /// - Throws: `FileError` if the directory can't be used.
    package func hasNotes() throws(FileError) -> Bool {
        try directoryIfThere()?.kind(of: Self.notesName) == .file
    }

    /// Returns the checklist's text, for people; empty if there is none.
    package func taskListText() -> String {
        String(decoding: ((try? listBytes()) ?? nil) ?? [], as: UTF8.self)
    }

    // MARK: - The log

    /// Opens the transcript for appending, and creates it if missing; the caller closes the descriptor.
    package func openLog() throws(FileError) -> Int32 {
        try directory().openForAppending(Self.logName)
    }

    /// Opens the log of the tree's setup as `openLog` does.
    package func openSetupLog() throws(FileError) -> Int32 {
        try directory().openForAppending(Self.setupLogName)
    }

    /// Opens the transcript for reading; returns -1 if there is none.
    ///
    /// The caller closes the descriptor.
    package func openLogForReading() throws(FileError) -> Int32 {
        try directoryIfThere()?.open(Self.logName, O_RDONLY, writes: false) ?? -1
    }

    // MARK: - The thread

    /// Saves a thread's id in `session.id`, atomically.
    ///
    /// - Throws: `FileError`, also if it is no thread's id.
    package func saveThread(_ id: String) throws(FileError) {
        guard let id = ThreadID.checked(id) else {
            throw FileError("\(id.debugDescription) is no thread's id")
        }
        let line = Array((id + "\n").utf8)
        try directory().replace(Self.threadName, with: line, isDurable: workspace.isDurable)
    }

    /// Returns the id in `session.id`; `nil` if there is none, or it is no thread's id.
    ///
    /// - Throws: `FileError` if the file can't be read, or is no plain file.
    package func savedThread() throws(FileError) -> String? {
        guard case .id(let id) = try thread() else { return nil }
        return id
    }

    /// Returns the contents of `session.id`.
    ///
    /// - Throws: `FileError` if the file can't be read, or is no plain file.
    package func thread() throws(FileError) -> SavedThread {
        guard let bytes = try directoryIfThere()?.contents(of: Self.threadName, limit: 256) else {
            return .none
        }
        let text = String(decoding: bytes[...].trimmed, as: UTF8.self)
        if text.isEmpty { return .none }
        guard let id = ThreadID.checked(text) else {
            let shown = text.prefix(ThreadID.longest).debugDescription
            return .other(
                "\(path)/\(Self.threadName) holds \(shown), which is no thread's id: no session "
                    + "resumes it"
            )
        }
        return .id(id)
    }

    /// Returns the time of the last change in the directory.
    func lastActivity() throws(FileError) -> WallTime {
        let names = [".", Self.listName, Self.notesName, Self.logName, Self.threadName]
        let directory = try directoryIfThere()
        let times = names.compactMap { name in
            directory?.status(of: name).map {
                Int64($0.st_mtim.tv_sec) * 1000 + Int64($0.st_mtim.tv_nsec) / 1_000_000
            }
        }
        return WallTime(millisecondsSinceEpoch: times.max() ?? 0)
    }
}

/// The contents of a task's `session.id`.
package enum SavedThread: Hashable, Sendable {
    /// No contents, or no file.
    case none
    /// A thread's id.
    case id(String)
    /// Something else, described in a message.
    case other(String)
}

/// The result of inspecting a checklist, to be compared with the next inspection.
package struct ChecklistLook: Hashable, Sendable {
    /// The checklist.
    package let state: ChecklistState
    /// The error in saving a good list as the last good copy, or in reading the list; `nil` for none.
    package fileprivate(set) var unkept: FileError?
    /// Stamp of a complete list's file: see `TaskDirectory.listStamp`.
    package fileprivate(set) var stamp: String?
    /// The work that a person added to a complete task, in words; `nil` for none.
    package fileprivate(set) var reopening: String?
    /// Hash of a good list's bytes.
    fileprivate var fingerprint: Int?
    /// Stamp of the list's file, proof that the list is the same; `nil` if there is none.
    fileprivate var file: FileStamp?

    /// Stamp of a good list's file, as `KnownLists` takes it; `nil` if no stamp is proof of the list.
    package var listFile: String? { if case .good = state { file?.text } else { nil } }

    fileprivate init(_ state: ChecklistState, of bytes: [UInt8]? = nil) {
        self.state = state
        fingerprint = bytes?.hashValue
    }

    /// Indicates whether a good list was found that differs from the last inspection's.
    package func isNews(after last: ChecklistLook) -> Bool {
        if case .good = state { self != last } else { false }
    }

    /// Compares the findings, not the file's stamp.
    package static func == (one: ChecklistLook, other: ChecklistLook) -> Bool {
        one.state == other.state && one.unkept == other.unkept && one.stamp == other.stamp
            && one.reopening == other.reopening && one.fingerprint == other.fingerprint
    }

    /// Hashes a part of the findings.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(state)
        hasher.combine(fingerprint)
    }

    fileprivate func isOf(_ bytes: [UInt8]) -> Bool { fingerprint == bytes.hashValue }
}
