import Application
import Autonomous
import Driver
import FileAccess
import Foundation
import Manifest
import Orchestration
import Trees

/// The disk space that tasks' new trees would take, and the free space at their place.
struct TreeRoom: Encodable {
    /// The number of new trees.
    let trees: Int
    /// The disk that they would take, in bytes.
    let bytes: Int64
    /// The free disk in bytes; `nil` where the system does not tell.
    let free: Int64?

    private struct Base: Hashable {
        var topLevel: String
        var commit: String
    }

    /// Measures the trees that the tasks of a manifest do not have yet; `nil` if all have theirs.
    ///
    /// - Throws: `GitError` and `Trouble` if git can't measure them.
    init?(_ manifest: Manifest, in workspace: Workspace) throws {
        let place = manifest.treePlace(in: workspace)?.path ?? Self.place(in: workspace)
        let bases = manifest.tasks.compactMap { task -> Base? in
            let path = place + "/" + task.plan.name
            guard let tree = task.tree, FileKind(path) == .nothing else { return nil }
            return Base(
                topLevel: Workspace.containing(task.directory).root,
                commit: tree.base
            )
        }
        guard !bases.isEmpty else { return nil }
        let git = try ManifestFile.git()
        var sum: Int64 = 0
        for (base, alike) in Dictionary(grouping: bases, by: { $0 }) {
            let repository = try Repository.around(base.topLevel, git)
            let size = try repository.size(of: base.commit, git).bytes
            sum = sum.addingClamped(size.multipliedClamped(by: Int64(alike.count)))
        }
        (trees, bytes, free) = (bases.count, sum, Self.free(at: place))
    }

    /// Makes the room for so many trees of one size, where the newest tree of the workspace is.
    init(for trees: Int, _ size: TreeSize, in workspace: Workspace) {
        self.trees = trees
        bytes = size.bytes.multipliedClamped(by: Int64(trees))
        free = Self.free(at: Self.newest(in: workspace) ?? Self.place(in: workspace))
    }

    /// True unless the trees would fill the disk.
    var isEnough: Bool { free.map { bytes < $0 } ?? true }

    /// The room in words, without an end.
    var words: String {
        let free = free.map { ", of \($0.bytesForPeople) free" } ?? ""
        return "\(Format.count(trees, "tree")) would take about \(bytes.bytesForPeople)\(free)"
    }

    /// Words on trees that would fill the disk; `nil` if they fit.
    var warning: String? {
        isEnough ? nil : "\(words): free some space, or run fewer tasks (--only)"
    }

    private static func place(in workspace: Workspace) -> String {
        workspace.stateDirectory + "/worktrees"
    }

    /// Returns the directory of the tree that was last worked in; `nil` if there is none.
    private static func newest(in workspace: Workspace) -> String? {
        guard let directory = try? workspace.directories.state("trees") else { return nil }
        let records = TreeRecords(directory)
        func age(_ record: TreeRecord) -> Int64 {
            records.lastChange(of: record.task)?.millisecondsSinceEpoch ?? 0
        }
        // A record that can't be read is told by whoever needs it.
        return (try? records.all())?.max { age($0) < age($1) }?.path.parentPath
    }

    /// Returns the disk that is free in a directory, which may still be to be made.
    private static func free(at place: String) -> Int64? {
        var path = place
        while FileKind(path) == .nothing, path != "/" { path = path.parentPath }
        return MachineReader(places: [path]).read().disks.first?.free
    }
}

extension Manifest {
    /// Returns the directory that the run names for trees; `nil` for the usual one.
    func treePlace(in workspace: Workspace) -> TreePlace? {
        worktrees.map {
            TreePlace($0, in: workspace, home: Terminal.environment["HOME"] ?? NSHomeDirectory())
        }
    }
}
