import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `The tree for merges` {
    /// The rest of the tree that a killed merge leaves, and whether git still knows it.
    @Test(arguments: ["whole", "without .git", "strange .git", "unknown", "no directory"])
    func `is made anew whatever a killed merge has left`(rest: String) throws {
        try GitFixture.with { fixture in
            _ = try fixture.trees()
            _ = try fixture.scratch()
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
            let tree = try fixture.scratch()
            #expect(text(path + "/a.txt") == "one\n")
            #expect(!files.fileExists(atPath: path + "/deep"))
            tree.remove()
            #expect(!files.fileExists(atPath: path))
            #expect(try fixture.run("worktree", "list").split(separator: "\n").count == 1)
        }
    }

    /// The task has merged the target, and resolved a conflict, as a repair does; or it has not.
    @Test(arguments: MergeStrategy.allCases, [false, true])
    func `brings a task's merges in whatever the strategy is`(
        strategy: MergeStrategy,
        hasMerge: Bool
    ) throws {
        try GitFixture.with { fixture in
            let tree = try fixture.trees().tree(for: fixture.request("port")).directory
            func commit(_ words: String) throws {
                try fixture.write("\(words)\n", "\(words).txt", in: tree)
                try fixture.commitAll(words, in: tree)
            }
            try commit("first")
            if hasMerge {
                try fixture.write("task\n", "a.txt", in: tree)
                try fixture.commitAll("change a line", in: tree)
                try fixture.write("main\n", "a.txt")
                try fixture.commitAll("change it, too")
                _ = try? fixture.run(in: tree, "merge", "--quiet", "main")
                try fixture.write("both\n", "a.txt", in: tree)
                try fixture.commitAll("merge main", in: tree)
            }
            try commit("last")
            let old = try fixture.run("rev-parse", "main")
            let candidate = MergeCandidate(
                task: "port",
                tip: try fixture.run("rev-parse", "quire/run/port")
            )
            let scratch = try fixture.scratch(strategy)
            defer { scratch.remove() }
            let outcome = try MergeQueue.outcome(
                of: [candidate],
                onto: old,
                in: scratch,
                isChecked: false
            )
            #expect(outcome.merged == ["port"], "\(outcome.leftOut)")
            #expect(outcome.squashed == (strategy == .rebase && hasMerge ? ["port"] : []))
            #expect(
                try fixture.run("rev-parse", "\(outcome.tip)^{tree}")
                    == fixture.run("rev-parse", "\(candidate.tip)^{tree}")
            )
            #expect(
                try fixture.run("rev-list", "--merges", "\(old)..\(outcome.tip)").isEmpty
                    == (strategy != .merge)
            )
        }
    }
}
