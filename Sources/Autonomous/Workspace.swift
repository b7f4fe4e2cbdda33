import Foundation
package import Orchestration

/// Where the task directories of a project lie: the git top level, or a plain directory.
package struct Workspace: Hashable, Sendable {
    /// The absolute path.
    package let root: String
    /// Whether what Quire itself writes into the task directories and their good copies is to
    /// survive a power failure, too.
    package var isDurable = false

    /// Takes a directory as it is.
    package init(root: String) {
        self.root = root
    }

    /// The workspace of an absolute directory: the nearest one above with a `.git`, or itself.
    package static func containing(_ directory: String) -> Workspace {
        var path = (directory as NSString).standardizingPath
        let start = path
        while path != "/" {
            if FileKind(path + "/.git") != .nothing { return Workspace(root: path) }
            path = (path as NSString).deletingLastPathComponent
        }
        return Workspace(root: start)
    }

    /// Where the task directories lie.
    package var autonomousDirectory: String { root + "/.autonomous" }

    /// Where Quire keeps what is its own.
    package var stateDirectory: String { autonomousDirectory + "/.quire" }

    /// The directory of a task, whether it exists or not.
    package func taskDirectory(_ name: TaskName) -> TaskDirectory {
        TaskDirectory(workspace: self, name: name)
    }

    /// Whether task directories lie here at all: on another machine only the database may.
    package var hasTasks: Bool { FileKind(autonomousDirectory) == .directory }

    /// The tasks whose directories exist, by name; files beside them are ignored.
    package func tasks() -> [TaskListing] {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: autonomousDirectory)) ?? []
        return names.sorted().compactMap { name in
            guard let name = try? TaskName(given: name) else { return nil }
            let directory = taskDirectory(name)
            return FileKind(directory.path) == .directory ? TaskListing(directory) : nil
        }
    }

    /// The task that was worked on last, of those with a checklist.
    package func mostRecentTask() -> TaskListing? {
        tasks().filter { $0.checklist != .missing }.max { $0.lastActivity < $1.lastActivity }
    }
}

/// A task directory at a glance.
package struct TaskListing: Hashable, Sendable {
    /// The task's name.
    package var name: TaskName
    /// The checklist, not held against the last good copy.
    package var checklist: ChecklistState
    /// The newest thread; `nil` for none.
    package var thread: String?
    /// When anything in the directory changed last.
    package var lastActivity: WallTime

    init(_ directory: TaskDirectory) {
        name = directory.name
        checklist = directory.checklistAsItLies()
        thread = directory.savedThread()
        lastActivity = directory.lastActivity()
    }
}
