import Foundation
import TestSupport
import Testing

@Suite struct `A run whose commits have no author` {
    /// Variables that make an author incomplete, for a git that makes none up.
    private static let incomplete: [[String: String]] = [
        [:], ["GIT_AUTHOR_NAME": "Ada", "GIT_COMMITTER_NAME": "Ada"],
        ["GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"],
        ["GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"],
    ]

    private func write(_ trees: TreeRun, defaults: String, tasks: [String] = ["one"]) throws {
        try trees.git("config user.useConfigOnly true")
        let entries = tasks.enumerated().map { place, name in
            let needs = place < 2 ? "" : ", needs: [\(tasks[0]), \(tasks[1])]"
            return "  - {name: \(name), prompt: \"sim: entries=1\"\(needs)}\n"
        }
        try put(
            "version: 1\nrun: {agent: simulated, concurrency: 1, admission: \(QuireRun.unbounded)}\n"
                + "defaults: \(defaults)\ntasks:\n" + entries.joined(),
            trees.run.root + "/m.yaml"
        )
    }

    @Test(arguments: incomplete, ["{isolation: worktree}", "{commit: true}"])
    func `ends before it begins, and says what to set`(
        variables: [String: String],
        defaults: String
    ) throws {
        try withTrees(["one"]) { trees in
            try write(trees, defaults: defaults)
            try trees.git("add m.yaml agent && git commit --quiet -m m")
            let plan = try trees.run.quire(["plan", "m.yaml"], environment: variables)
            #expect(plan.status == 0, "\(plan.error)")
            #expect(plan.error.contains("warning: git knows no author"), "\(plan.error)")
            let doctor = try trees.run.quire(["doctor"], environment: variables)
            #expect(doctor.output.contains("⚠ commits: git knows no author"), "\(doctor.output)")
            let outcome = try trees.run.quire(["run", "m.yaml"], environment: variables)
            #expect(outcome.status == 69, "\(outcome.output)\(outcome.error)")
            #expect(outcome.error.contains("git config --global user.name"), "\(outcome.error)")
            #expect(outcome.error.contains("user.email") && outcome.error.contains("author:"))
            #expect(!FileManager.default.fileExists(atPath: trees.run.task("one")))

            let well = try trees.quire("run", "m.yaml")
            #expect(well.status == 0, "\(well.output)\(well.error)")
            // Where nothing is left, nothing is committed.
            let done = try trees.run.quire(["run", "m.yaml"], environment: variables)
            #expect(done.status == 0, "\(done.output)\(done.error)")
            let again = try trees.run.quire(
                ["run", "m.yaml", "--redo", "one"],
                environment: variables
            )
            #expect(again.status == 69, "\(again.output)\(again.error)")
        }
    }

    /// What needs no author of git's: defaults, and the tasks, of which the third needs the others.
    private static let others: [(defaults: String, tasks: [String])] = [
        ("{}", ["a"]), ("{isolation: worktree, commit: false}", ["a", "b"]),
        ("{isolation: worktree, commit: {author: \"Eve <eve@example.org>\"}}", ["a", "b"]),
        ("{commit: {author: \"Eve <eve@example.org>\"}}", ["a"]),
    ]

    @Test(arguments: others)
    func `is none where git need not know one`(defaults: String, tasks: [String]) throws {
        try withTrees(["one"]) { trees in
            try write(trees, defaults: defaults, tasks: tasks)
            try trees.git("add m.yaml agent && git commit --quiet -m m")
            let plan = try trees.run.quire(["plan", "m.yaml"])
            #expect(!plan.error.contains("author"), "\(plan.error)")
            let outcome = try trees.run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
        }
    }

    @Test func `is one where what several tasks did is merged`() throws {
        try withTrees(["one"]) { trees in
            let defaults = "{isolation: worktree, commit: {author: \"Eve <eve@example.org>\"}}"
            try write(trees, defaults: defaults, tasks: ["a", "b", "c"])
            let outcome = try trees.run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69, "\(outcome.output)")
        }
    }
}
