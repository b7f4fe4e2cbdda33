package import FileAccess
import Foundation
package import Orchestration

/// The directory that holds a project's task directories: the git top level, or a plain directory.
package struct Workspace: Hashable, Sendable {
    /// The absolute path.
    package let root: String
    /// True if Quire's own writes to the task directories and the good copies must survive a power
    /// failure.
    package var isDurable = false
    /// Quire's directories in the workspace, each opened once.
    package let directories: WorkspaceDirectories

    /// Makes a workspace of a directory as it is.
    package init(root: String) {
        self.root = root
        directories = WorkspaceDirectories(root: root)
    }

    package static func == (one: Workspace, other: Workspace) -> Bool {
        one.root == other.root && one.isDurable == other.isDurable
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(root)
        hasher.combine(isDurable)
    }

    /// Returns the workspace of an absolute directory: the top level of the git work tree around it, or
    /// the directory itself; see `GitTopLevel` for the rules.
    package static func containing(_ directory: String) -> Workspace {
        let start = directory.resolved(in: "/")
        return Workspace(root: GitTopLevel.around(start) ?? start)
    }

    /// True if the workspace is the top level of a git work tree.
    package var isGitTopLevel: Bool {
        root.withoutLinks.map { GitTopLevel.around($0) == $0 } ?? false
    }

    /// Path of the directory that contains the task directories.
    package var autonomousDirectory: String { (root == "/" ? "" : root) + "/.autonomous" }

    /// Path of Quire's own state.
    package var stateDirectory: String { autonomousDirectory + "/.quire" }

    /// Returns the absolute path of what a person named: from the workspace, or after `~` from `home`.
    package func path(of name: String, home: String) -> String {
        let isAtHome = name == "~" || name.hasPrefix("~/")
        return (isAtHome ? home + name.dropFirst() : name).absolute(in: root)
    }

    /// Returns the directory of a task, whether it exists or not.
    package func taskDirectory(_ name: TaskName) -> TaskDirectory {
        TaskDirectory(workspace: self, name: name)
    }

    /// True if the directory that contains task directories exists; another machine may have only the
    /// database.
    package var hasTasks: Bool { (try? directories.autonomous()) != nil }

    /// Returns the tasks whose directories exist, by name; files are ignored.
    ///
    /// Checklists that are `known` and unchanged are not read again.
    ///
    /// - Throws: `FileError` if the directory that contains them can't be read.
    package func tasks(knowing known: KnownLists = KnownLists()) throws(FileError) -> [TaskListing]
    {
        guard let autonomous = try directories.autonomous() else { return [] }
        return try autonomous.names().mapSideBySide { name -> TaskListing? in
            guard let task = try? TaskName(given: name) else { return nil }
            switch autonomous.kind(of: name) {
            case .directory, .link: return TaskListing(taskDirectory(task), known)
            case .nothing, .file, .pipe, .socket, .device: return nil
            }
        }.compactMap(\.self)
    }

    /// Returns the task with a checklist whose directory changed last.
    ///
    /// - Throws: `FileError` if the directory that contains the tasks can't be read.
    package func mostRecentTask() throws(FileError) -> TaskListing? {
        try tasks().filter { $0.checklist != .missing }.max { $0.lastActivity < $1.lastActivity }
    }
}

/// A summary of a task directory.
package struct TaskListing: Hashable, Sendable {
    /// The task's name.
    package var name: TaskName
    /// The checklist's state.
    package var checklist: ChecklistState
    /// The newest thread; `nil` for none.
    package var thread: String?
    /// Time of the last change in the directory.
    package var lastActivity: WallTime
    /// The question that waits for an answer, in one line; `nil` for none.
    package var question: String?

    init(_ directory: TaskDirectory, _ known: KnownLists) {
        directory.hold()
        defer { directory.letGo() }
        name = directory.name
        checklist = directory.checklistAsItLies(knowing: known)
        do {
            thread = try directory.savedThread()
            lastActivity = try directory.lastActivity()
            question = try? directory.question()?.oneLine(TaskEnded.questionLength)
        } catch {
            // An unusable directory is reported as damage of its checklist.
            if case .damaged = checklist {} else { checklist = .damaged("\(error)") }
            lastActivity = WallTime(millisecondsSinceEpoch: 0)
        }
    }
}
