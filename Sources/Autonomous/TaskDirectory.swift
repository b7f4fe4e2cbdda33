package import FileAccess
import Glibc
package import Orchestration

/// A task's directory: the truth about its work, shared with the original system.
///
/// The only place that knows the names of its files. Its functions block, and are called on worker
/// threads. The first that opens the directory checks it, and the others reach the same one or none:
/// copies of the value share what is known of it.
package struct TaskDirectory: Sendable {
    /// The workspace it lies in.
    package let workspace: Workspace
    /// The task's name.
    package let name: TaskName
    let opened = OpenedDirectory()

    static let listName = "task_list.md"
    static let promptName = "prompt.md"
    static let notesName = "progress.md"
    static let logName = "session.log"
    static let threadName = "session.id"
    static let lockName = ".runner.lock"
    var copyName: String { "\(name).md" }

    init(workspace: Workspace, name: TaskName) {
        (self.workspace, self.name) = (workspace, name)
    }

    /// The absolute path.
    package var path: String { workspace.autonomousDirectory + "/" + name.description }
    /// The checklist.
    package var taskListPath: String { path + "/" + Self.listName }
    /// The agents' notes.
    package var progressPath: String { path + "/" + Self.notesName }
    /// The transcript of all sessions.
    package var logPath: String { path + "/" + Self.logName }
    /// The last good copy of the checklist, where no agent has any business.
    package var goodListPath: String { workspace.stateDirectory + "/lists/" + copyName }
    /// What a session that a launcher started elsewhere holds locked while anything of it lives.
    package var turnPath: String { workspace.stateDirectory + "/turns/\(name).lock" }
    var lockPath: String { path + "/" + Self.lockName }

    // MARK: - The directory itself

    /// Makes the directory where it is missing.
    ///
    /// - Throws: `FileError` when something else stands in its place, a link too, when it is another
    ///   user's, or can't be written to.
    package func create() throws(FileError) {
        let outer = try workspace.directories.makeAutonomous(isDurable: workspace.isDurable)
        let directory = try outer.makeDirectory(name.description, isDurable: workspace.isDurable)
        try directory.checkOwner(in: outer)
        try directory.checkWritable()
        try opened.note(directory)
    }

    /// The directory, opened: the one that was opened before, or that is held open.
    ///
    /// - Throws: `FileError` where there is none, or not the one from before any more.
    package func directory() throws(FileError) -> Directory {
        guard let directory = try directoryIfThere() else {
            throw FileError("opening the task directory", path, errno: ENOENT)
        }
        return directory
    }

    /// The directory, opened, as `directory()` does it; `nil` where there never was one.
    package func directoryIfThere() throws(FileError) -> Directory? {
        try opened.directory { () throws(FileError) -> Directory? in
            try workspace.directories.autonomous()?.directory(name.description)
        } checking: { (identity: FileIdentity) throws(FileError) in
            try Directory.check(path, is: identity)
        }
    }

    /// Keeps the directory open from the next use on, until `letGo`: for the time that it is worked
    /// on, as thousands of directories can't be open at a time.
    package func hold() { opened.hold() }

    /// Ends what `hold` began.
    package func letGo() { opened.letGo() }

    /// Makes sure that the path leads to the directory that was opened before, for agents know it
    /// by its path.
    ///
    /// - Throws: `FileError` that tells what became of it.
    package func checkPlace() throws(FileError) {
        guard let identity = opened.identity else { return }
        try Directory.check(path, is: identity)
    }

    // MARK: - The checklist

    /// Looks at the checklist, holds it against the last good copy, and keeps a good one as the
    /// new last good copy.
    ///
    /// A good list that has not changed since `last`, the look before this one, is not parsed twice, nor
    /// read where its file tells that.
    /// One that can't be kept is good all the same, and one that can't be read now is taken to be
    /// as it was; the look's `unkept` says why.
    ///
    /// At the beginning of a leg (`isFirst`) no agent is at work: what was then changed in a list that
    /// was complete was changed by a person, who may untick boxes, too.
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
            // Before the look into the file: what changes meanwhile shows the next time.
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

    /// Makes a place for `turnPath`.
    ///
    /// - Throws: `FileError` when that can't be done, or something else has the file's name: others
    ///   open it by its path.
    package func prepareTurn() throws(FileError) {
        let turns = try workspace.directories.makeState("turns", isDurable: false)
        let file = try turns.openForAppending("\(name).lock")
        close(file)
    }

    /// Looks at the checklist as `inspectAndKeep` does, past what this machine remembers of a file
    /// system that another one has written to.
    package func inspectAfreshAndKeep(after last: ChecklistLook) -> ChecklistLook {
        (try? directory())?.refresh()
        return inspectAndKeep(after: last, isFirst: false, trustsStamps: false)
    }

    /// What the system tells of the checklist's file; `nil` where that can't vouch for its contents.
    private func listFile() throws(FileError) -> FileStamp? {
        try workspace.directories.autonomous()?
            .status(of: Self.listName, in: name.description).flatMap(FileStamp.init)
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
        let directory = try directory()
        let stamp = stamp { directory.status(of: $0) }
        return try listBytes() == bytes ? stamp : nil
    }

    /// The bytes of the last good copy; `nil` where there is none.
    ///
    /// One that can't be read now must not pass for one that is not there.
    private func goodCopyBytes() throws(FileError) -> [UInt8]? {
        try workspace.directories.state("lists")?
            .contents(of: copyName, limit: Checklist.sizeLimit)
    }

    private func goodCopy() throws(FileError) -> Checklist? {
        try goodCopyBytes().flatMap { try? Checklist(bytes: $0) }
    }

    private var hasGoodCopy: Bool { (try? goodCopy()) != nil }

    /// Looks at the checklist as a new leg will, but changes nothing and locks nothing.
    ///
    /// One that is missing is missing, whether there is a copy or not.
    package func checklistAsItLies() -> ChecklistState {
        do {
            guard let bytes = try listBytes() else { return .missing }
            let list = try Checklist(bytes: bytes)
            // Most copies are the list itself.
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

    /// The bytes of the checklist; `nil` where there is none, or no directory for it.
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

    /// Whether there is a checklist, whatever it says.
    ///
    /// - Throws: `FileError` when the directory can't be used.
    package func hasList() throws(FileError) -> Bool {
        try directoryIfThere()?.kind(of: Self.listName) ?? .nothing != .nothing
    }

    /// Whether the agents' notes are there.
    ///
    /// - Throws: `FileError` when the directory can't be used.
    package func hasNotes() throws(FileError) -> Bool {
        try directoryIfThere()?.kind(of: Self.notesName) == .file
    }

    /// The checklist as it stands, for people; empty when there is none.
    package func taskListText() -> String {
        String(decoding: ((try? listBytes()) ?? nil) ?? [], as: UTF8.self)
    }

    // MARK: - The log

    /// Opens the transcript to append to it, and makes it where there is none; the caller closes the
    /// descriptor.
    package func openLog() throws(FileError) -> Int32 {
        try directory().openForAppending(Self.logName)
    }

    /// Opens the transcript to read it; -1 where there is none.
    ///
    /// The caller closes the descriptor.
    package func openLogForReading() throws(FileError) -> Int32 {
        try directoryIfThere()?.open(Self.logName, O_RDONLY, writes: false) ?? -1
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
        try directory().replace(Self.threadName, with: line, isDurable: workspace.isDurable)
    }

    /// The id in `session.id`; `nil` when there is none or it can't be one.
    ///
    /// - Throws: `FileError` when it can't be read, or is no file.
    package func savedThread() throws(FileError) -> String? {
        guard case .id(let id) = try thread() else { return nil }
        return id
    }

    /// What `session.id` holds.
    ///
    /// - Throws: `FileError` when it can't be read, or is no file.
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

    /// When anything in the directory changed last.
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
    /// The work that a person added to a complete task, in words; `nil` for none.
    package fileprivate(set) var reopening: String?
    /// Tells the bytes of a good list from others.
    fileprivate var fingerprint: Int?
    /// What vouches for the list being the same as long as it is the same; `nil` for nothing.
    fileprivate var file: FileStamp?

    fileprivate init(_ state: ChecklistState, of bytes: [UInt8]? = nil) {
        self.state = state
        fingerprint = bytes?.hashValue
    }

    /// Whether it found a good list that the look before did not.
    package func isNews(after last: ChecklistLook) -> Bool {
        if case .good = state { self != last } else { false }
    }

    /// Compares what was found; not what vouches for that.
    package static func == (one: ChecklistLook, other: ChecklistLook) -> Bool {
        one.state == other.state && one.unkept == other.unkept && one.stamp == other.stamp
            && one.reopening == other.reopening && one.fingerprint == other.fingerprint
    }

    /// Hashes what is compared.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(state)
        hasher.combine(fingerprint)
    }

    fileprivate func isOf(_ bytes: [UInt8]) -> Bool { fingerprint == bytes.hashValue }
}
