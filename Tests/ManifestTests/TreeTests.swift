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
}
