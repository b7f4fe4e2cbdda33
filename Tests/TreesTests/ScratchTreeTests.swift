import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `The tree for merges` {
    private func scratch(
        _ fixture: GitFixture,
        _ strategy: MergeStrategy = .merge
    ) throws -> ScratchTree {
        let repository = try Repository.around(fixture.root, fixture.git)
        return try ScratchTree(
            in: Directory(following: fixture.root + "/.autonomous/.quire"),
            of: repository,
            at: try repository.commit("main", fixture.git),
            strategy: strategy,
            fixture.git
        ) { _, _ in true }
    }

    /// What a killed merge leaves of the tree, and whether git still knows it.
    @Test(arguments: ["whole", "without .git", "strange .git", "unknown", "no directory"])
    func `is made anew whatever a killed merge has left`(rest: String) throws {
        try GitFixture.with { fixture in
            _ = try fixture.trees()
            _ = try scratch(fixture)
            let path = fixture.root + "/.autonomous/.quire/.merge"
            try fixture.write("x", "deep/new.txt", in: path)
            let files = FileManager.default
            switch rest {
            case "without .git": try files.removeItem(atPath: path + "/.git")
            case "strange .git": try put("gitdir: /nowhere\n", path + "/.git")
            case "unknown":
                try fixture.run("worktree", "remove", "--force", path)
                try fixture.write("x", "deep/new.txt", in: path)
            case "no directory": try files.removeItem(atPath: path)
            default: break
            }
            let tree = try scratch(fixture)
            #expect(text(path + "/a.txt") == "one\n")
            #expect(!files.fileExists(atPath: path + "/deep"))
            tree.remove()
            #expect(!files.fileExists(atPath: path))
            #expect(try fixture.run("worktree", "list").split(separator: "\n").count == 1)
        }
    }
}
