import Autonomous
import Driver
import FileAccess
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
        let bases = manifest.tasks.compactMap { task -> Base? in
            let path = Self.place(in: workspace) + "/" + task.plan.name
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
        (trees, bytes, free) = (bases.count, sum, Self.free(in: workspace))
    }

    /// Makes the room for so many trees of one size.
    init(for trees: Int, _ size: TreeSize, in workspace: Workspace) {
        self.trees = trees
        bytes = size.bytes.multipliedClamped(by: Int64(trees))
        free = Self.free(in: workspace)
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

    private static func free(in workspace: Workspace) -> Int64? {
        let places = [place(in: workspace), workspace.autonomousDirectory, workspace.root]
        return places.lazy.compactMap { MachineReader(places: [$0]).read().disks.first?.free }.first
    }
}
