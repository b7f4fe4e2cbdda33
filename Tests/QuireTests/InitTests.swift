import Foundation
import Manifest
import Orchestration
import TestSupport
import Testing

@Suite struct `quire init` {
    private func plan(_ run: QuireRun, _ words: [String]) throws -> [String: String] {
        let written = try run.quire(["init"] + words)
        #expect(written.status == 0, "\(written.error)")
        let plan = try run.quire(["plan", "quire.yaml", "--json"])
        #expect(plan.status == 0, "\(plan.error)")
        let manifest = try Manifest.load(path: run.root + "/quire.yaml")
        return Dictionary(uniqueKeysWithValues: manifest.tasks.map { ($0.plan.name, $0.prompt) })
    }

    @Test func `writes tasks in words, and overwrites nothing`() throws {
        try withRun { run in
            let tasks = try plan(
                run,
                ["Port the parser", "Port the parser", "say \"hi\": \\n # {x} é"]
            )
            #expect(tasks.count == 3)
            #expect(tasks["port-the-parser"] == "Port the parser")
            #expect(tasks.values.contains("say \"hi\": \\n # {x} é"))
            let text = text(run)
            let again = try run.quire(["init", "Another"])
            #expect(
                again.status == 69
                    && again.error.contains("it exists; name another file with --output")
            )
            #expect(text == self.text(run))
        }
    }

    private func text(_ run: QuireRun) -> String { TestSupport.text(run.root + "/quire.yaml") }

    @Test func `writes one task to begin with`() throws {
        try withRun { run in
            let tasks = try plan(run, [])
            #expect(tasks.count == 1)
        }
    }

    @Test func `reads tasks from standard input`() throws {
        try withRun { run in
            let quire = Program.built("quire")
            let outcome = try shell(
                "printf 'One thing\\n\\n  \\nAnother\\n' | \(quire) init -",
                in: run.root
            )
            #expect(outcome.status == 0, "\(outcome.error)")
            let manifest = try Manifest.load(path: run.root + "/quire.yaml")
            #expect(manifest.tasks.map(\.prompt) == ["One thing", "Another"])
            let none = try shell("printf '' | \(quire) init - --output other.yaml", in: run.root)
            #expect(none.status == 64 && none.error.contains("there is no task"))
        }
    }

    @Test func `makes a task of each row of a file`() throws {
        try withRun { run in
            try put("service,owner\nauth,\"Ada, L.\"\nbilling,Bob\n", run.root + "/s.csv")
            let tasks = try plan(
                run,
                ["--csv", "s.csv", "--prompt", "Port {service} for {owner}."]
            )
            #expect(
                tasks == ["auth": "Port auth for Ada, L..", "billing": "Port billing for Bob."]
            )
            try put("name\nnot a name\n", run.root + "/bad.csv")
            let bad = try run.quire(["init", "--csv", "bad.csv", "--output", "b.yaml"])
            #expect(
                bad.status == 64 && bad.error.contains("can't be a task's name"),
                "\(bad.error)"
            )
            #expect(!FileManager.default.fileExists(atPath: run.root + "/b.yaml"))
        }
    }

    @Test func `makes a task of each issue, whatever its words`() throws {
        try withRun { run in
            let body = "  first\r\n\r\n- [ ] x: \"y\"\n# not a comment\n\ttab {z}\u{1B}[31m\u{2028}"
            let issues = [
                ["number": 7, "title": "It \"breaks\"", "body": body],
                ["number": 3, "title": "Two\\", "body": ""],
            ]
            let json = try JSONSerialization.data(withJSONObject: issues)
            try put(String(decoding: json, as: UTF8.self), run.root + "/issues.json")
            try script(
                "cat '\(run.root)/issues.json'; echo \"$@\" > '\(run.root)/words'",
                run.root + "/bin/gh"
            )
            let path =
                run.root + "/bin:"
                + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
            let outcome = try run.quire(
                ["init", "--issues", "--label", "bug"],
                environment: ["PATH": path]
            )
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(TestSupport.text(run.root + "/words").contains("--label bug"))
            let tasks = try Manifest.load(path: run.root + "/quire.yaml").tasks
            #expect(tasks.map(\.plan.name) == ["issue-3", "issue-7"])
            #expect(tasks[0].prompt == "Resolve issue #3: Two\\")
            let end = body.replacing("\r\n", with: "\n").dropLast()
            #expect(tasks[1].prompt == "Resolve issue #7: It \"breaks\"\n\n" + end)
        }
    }

    @Test func `knows the repository`() throws {
        try withRun { run in
            try put("// A package.\n", run.root + "/Package.swift")
            _ = try plan(run, ["Do it"])
            #expect(
                text(run).contains("  verify: swift test ") && text(run).contains("isolation: none")
            )
            let git =
                "git init -q && git -c user.name=T -c user.email=t@t commit -q --allow-empty -m work"
            #expect(try shell("rm quire.yaml; \(git)", in: run.root).status == 0)
            _ = try plan(run, ["Do it"])
            #expect(text(run).contains("isolation: worktree"))
        }
    }

    @Test(arguments: [
        (["x", "--issues"], "only one of them"),
        (["--prompt", "x"], "--prompt is for the rows of --csv"),
        (["--label", "x"], "--label is for --issues"),
        (["--csv", "nowhere.csv"], "there is no such file"),
    ])
    func `refuses`(words: [String], message: String) throws {
        try withRun { run in
            let outcome = try run.quire(["init"] + words)
            #expect(outcome.status == 64 && outcome.error.contains(message), "\(outcome.error)")
        }
    }
}
