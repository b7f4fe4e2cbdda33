package import FileAccess
import Glibc
import Orchestration

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
    static let checkLogName = "verify.log"
    static let hookLogName = "hooks.log"
    /// The size in bytes above which a log of the user's commands is begun anew.
    static let largestCommandLog = 16 << 20
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
    /// Path of the log of the task's checks.
    package var checkLogPath: String { path + "/" + Self.checkLogName }
    /// Path of the log of the task's hooks.
    package var hookLogPath: String { path + "/" + Self.hookLogName }
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

    /// Creates the file `turnPath`.
    ///
    /// - Throws: `FileError` if that fails, or something else has the file's name: other processes open
    ///   it by its path.
    package func prepareTurn() throws(FileError) {
        let turns = try workspace.directories.makeState("turns", isDurable: false)
        let file = try turns.openForAppending("\(name).lock")
        close(file)
    }

    // MARK: - Its files

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

    // MARK: - The log

    /// Opens the transcript for appending, and creates it if missing; the caller closes the descriptor.
    package func openLog() throws(FileError) -> Int32 {
        try directory().openForAppending(Self.logName)
    }

    /// Opens the log of the tree's setup as `openLog` does.
    package func openSetupLog() throws(FileError) -> Int32 {
        try directory().openForAppending(Self.setupLogName)
    }

    /// Opens the log of the task's checks as `openLog` does; one that has grown large is begun anew.
    package func openCheckLog() throws(FileError) -> Int32 {
        try directory().openCommandLog(Self.checkLogName)
    }

    /// Opens the log of the task's hooks as `openCheckLog` does; a task that never began gets a directory.
    package func openHookLog() throws(FileError) -> Int32 {
        if try directoryIfThere() == nil { try create() }
        return try directory().openCommandLog(Self.hookLogName)
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

extension Workspace {
    /// Path of the log of a run's own hooks.
    package var hookLogPath: String { stateDirectory + "/hooks/run.log" }

    /// Opens the log of a run's own hooks as that of a task's is opened.
    package func openHookLog() throws(FileError) -> Int32 {
        try directories.makeState("hooks", isDurable: false).openCommandLog("run.log")
    }
}

extension Directory {
    /// Opens a log of the user's commands for appending; one that has grown large is begun anew.
    fileprivate func openCommandLog(_ name: String) throws(FileError) -> Int32 {
        let log = try openForAppending(name)
        var status = stat()
        if fstat(log, &status) == 0, status.st_size > TaskDirectory.largestCommandLog {
            // A log that can't be emptied only grows on.
            _ = ftruncate(log, 0)
        }
        return log
    }
}
