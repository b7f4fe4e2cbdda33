import Orchestration
import Testing

@testable import Manifest

@Suite struct `The settings of trees` {
    private func tasks(_ defaults: String, _ task: String = "name: a") throws -> [Manifest.Task] {
        try parse("version: 1\ndefaults: {\(defaults)}\ntasks: [{\(task), prompt: p}]").tasks
    }

    @Test(
        arguments: [
            ("setup: npm ci", "name: a", "npm ci", 1200),
            ("setup: npm ci", "name: a, setup: {command: make, timeout: 1m}", "make", 60),
            ("setup: {command: make}", "name: a", "make", 1200),
            ("setup: x", "name: a, setup: ~", nil, 0),
            (
                "setup: \"make {k} ${HOME}\"", "name: \"a-{k}\", matrix: {k: [one]}",
                "make one ${HOME}", 1200
            ),
        ] as [(String, String, String?, Int)]
    )
    func `have a setup with the values of the matrix`(
        defaults: String,
        task: String,
        command: String?,
        seconds: Int
    ) throws {
        let setup = try tasks("isolation: worktree, " + defaults, task)[0].tree?.setup
        #expect(setup == command.map { UserCommand($0, timeout: .seconds(seconds)) })
    }

    @Test func `have artifacts with the values of the matrix`() throws {
        let task = "name: \"a-{k}\", matrix: {k: [one, two]}"
        let found = try tasks("artifacts: [\"dist/{k}.gz\", \"*.log\"]", task).map(\.artifacts)
        #expect(found == [["dist/one.gz", "*.log"], ["dist/two.gz", "*.log"]])
    }

    @Test(arguments: ["base: main", "branch: \"x/{task}\"", "include: [x]", "setup: make"])
    func `need a tree`(setting: String) {
        let found = messages("version: 1\ntasks: [{name: a, prompt: p, \(setting)}]")
        #expect(found.count == 1 && found[0].contains("add isolation: worktree"), "\(found)")
    }

    @Test(arguments: [
        ("{task}: {entries}, {session}", "port: 1 of 2 entries, 3"),
        ("{x y} {{task}}", "{x y} {port}"),
        ("Port", "Port"),
    ])
    func `have a subject of commits`(template: String, subject: String) throws {
        let defaults = "isolation: worktree, commit: {subject: '\(template)'}"
        let commits = try #require(try tasks(defaults)[0].tree?.commits)
        let key = SessionKey(task: "port", number: 3)
        #expect(commits.subject(of: key, entries: "1 of 2 entries") == subject)
        let usual = try #require(try tasks("isolation: worktree")[0].tree?.commits)
        #expect(usual.subject(of: key, entries: "none") == "port: none")
    }

    @Test(arguments: [
        ("{tsk}", "did you mean {task}?"), ("{run}", "there are {task}, {entries}, {session}"),
        ("{Entries}", "did you mean {entries}?"),
    ])
    func `tell of a subject's placeholders that are none`(template: String, words: String) {
        let found = messages(
            "version: 1\ntasks: [{name: a, prompt: p, isolation: worktree, commit: {subject: 'x \(template)'}}]"
        )
        #expect(found.count == 1 && found[0].hasSuffix(words), "\(found)")
    }

    @Test(
        arguments: [
            ("commit: true", "name: a", true), ("commit: {max_file: 1M}", "name: a", true),
            ("commit: true", "name: a, commit: false", false),
            ("retries: {limit: 5}", "name: a", false),
            ("isolation: worktree", "name: a, isolation: none, commit: true", true),
            ("isolation: worktree", "name: a, isolation: none", false),
            ("isolation: worktree", "name: a, commit: true", false),
        ]
    )
    func `let work be committed without a tree where that is asked for`(
        defaults: String,
        task: String,
        areMade: Bool
    ) throws {
        #expect((try tasks(defaults, task)[0].commits != nil) == areMade)
    }

    @Test(
        arguments: [
            (
                "name: x.lock",
                "the name \"x.lock\" can't be used for a branch: a part of it ends with .lock"
            ),
            ("name: x.", "the name \"x.\" can't be used for a branch: it ends with a dot"),
            ("name: HEAD", nil),
            ("name: HEAD, branch: '{task}'", "git has another meaning for HEAD"),
            (
                "name: a, branch: '{task}.lock'",
                "git takes for no branch: a part of it ends with .lock"
            ),
            (
                "name: a, branch: 'x y/{task}'",
                "\"branch\" gives \"x y/a\", which git takes for no branch"
            ),
            ("name: a, branch: 'x..{task}'", "it has .. in it"),
            ("name: a, branch: '/{task}'", "it has a slash with nothing before or after it"),
            ("name: x.lock, isolation: none", nil), ("name: x.y, branch: 'w@/{task}'", nil),
        ] as [(String, String?)]
    )
    func `have branches that git takes`(task: String, words: String?) {
        let found = messages(
            "version: 1\ndefaults: {isolation: worktree}\ntasks: [{\(task), prompt: p}]"
        )
        #expect(found.count == (words == nil ? 0 : 1), "\(found)")
        if let words { #expect(found.first?.contains(words) == true, "\(found)") }
    }

    /// Tasks, sessions at once, and whether their commits are refused.
    @Test(arguments: [
        ("name: a, commit: true|name: b", 2, true), ("name: a, commit: true|name: b", 1, false),
        ("name: a, commit: true|name: b, needs: [a], commit: true", 4, false),
        ("name: a, commit: true|name: b, isolation: worktree", 4, false),
        ("name: a, commit: true|name: b, directory: x|name: c, directory: y", 4, true),
        ("name: a, commit: true|name: b, needs: [a]|name: c, needs: [a]", 4, false),
    ])
    func `refuse commits of work beside others`(
        tasks: String,
        concurrency: Int,
        isRefused: Bool
    )
        throws
    {
        let list = tasks.split(separator: "|").map { "- {prompt: p, \($0)}" }
        let manifest = try parse("version: 1\ntasks:\n" + list.joined(separator: "\n"))
        let mistakes = manifest.sharedCommits(named: "m", concurrency: concurrency) { _ in "/w" }
        #expect(mistakes.count == (isRefused ? 1 : 0), "\(mistakes)")
    }
}
