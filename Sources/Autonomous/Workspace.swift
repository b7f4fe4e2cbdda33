package import FileAccess
import Foundation
package import Orchestration

/// Where the task directories of a project lie: the git top level, or a plain directory.
package struct Workspace: Hashable, Sendable {
    /// The absolute path.
    package let root: String
    /// Whether what Quire itself writes into the task directories and their good copies is to
    /// survive a power failure, too.
    package var isDurable = false
    /// The directories in it that are Quire's, each opened once.
    package let directories: WorkspaceDirectories

    /// Takes a directory as it is.
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

    /// The workspace of an absolute directory: the top level of the git work tree around it, or
    /// itself; see `GitTopLevel` for what git is.
    package static func containing(_ directory: String) -> Workspace {
        let start = directory.resolved(in: "/")
        return Workspace(root: GitTopLevel.around(start) ?? start)
    }

    /// Whether the workspace is the top level of a git work tree.
    package var isGitTopLevel: Bool {
        root.withoutLinks.map { GitTopLevel.around($0) == $0 } ?? false
    }

    /// Where the task directories lie.
    package var autonomousDirectory: String { (root == "/" ? "" : root) + "/.autonomous" }

    /// Where Quire keeps what is its own.
    package var stateDirectory: String { autonomousDirectory + "/.quire" }

    /// The directory of a task, whether it exists or not.
    package func taskDirectory(_ name: TaskName) -> TaskDirectory {
        TaskDirectory(workspace: self, name: name)
    }

    /// Whether task directories lie here at all: on another machine only the database may.
    package var hasTasks: Bool { (try? directories.autonomous()) != nil }

    /// The tasks whose directories exist, by name; files beside them are ignored.
    ///
    /// - Throws: `FileError` when the directory around them can't be read.
    package func tasks() throws(FileError) -> [TaskListing] {
        guard let autonomous = try directories.autonomous() else { return [] }
        return try autonomous.names().mapSideBySide { name -> TaskListing? in
            guard let task = try? TaskName(given: name) else { return nil }
            switch autonomous.kind(of: name) {
            case .directory, .link: return TaskListing(taskDirectory(task))
            case .nothing, .file, .pipe, .socket, .device: return nil
            }
        }.compactMap(\.self)
    }

    /// The task that was worked on last, of those with a checklist.
    ///
    /// - Throws: `FileError` when the directory around them can't be read.
    package func mostRecentTask() throws(FileError) -> TaskListing? {
        try tasks().filter { $0.checklist != .missing }.max { $0.lastActivity < $1.lastActivity }
    }
}

/// A task directory at a glance.
package struct TaskListing: Hashable, Sendable {
    /// The task's name.
    package var name: TaskName
    /// The checklist as it lies.
    package var checklist: ChecklistState
    /// The newest thread; `nil` for none.
    package var thread: String?
    /// When anything in the directory changed last.
    package var lastActivity: WallTime

    init(_ directory: TaskDirectory) {
        directory.hold()
        defer { directory.letGo() }
        name = directory.name
        checklist = directory.checklistAsItLies()
        do {
            thread = try directory.savedThread()
            lastActivity = try directory.lastActivity()
        } catch {
            // A directory that is none is told by its checklist.
            if case .damaged = checklist {} else { checklist = .damaged("\(error)") }
            lastActivity = WallTime(millisecondsSinceEpoch: 0)
        }
    }
}
