import Foundation
import TestSupport
import Testing

/// `quire task` as those call it who had the original system: by the skill's script, at the path of the original's.
@Suite struct `quire task` {
    private static let runner =
        URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/quire/Plugin/skills/autonomous-skill")
        .appending(path: "scripts/run-session.sh").standardizedFileURL.path

    private func task(
        _ run: QuireRun,
        _ arguments: [String],
        _ directives: String = "entries=2",
        agent: String? = Program.built("codex-sim"),
        in directory: String? = nil,
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        let bin = run.root + "/bin"
        if !FileManager.default.fileExists(atPath: bin + "/quire") {
            try script("exec '\(Program.built("quire"))' \"$@\"", bin + "/quire")
            try script("exec '\(Program.built("codex-sim"))' \"$@\"", bin + "/codex")
        }
        let words = arguments + (agent.map { ["--agent", $0] } ?? [])
        var program = Program("/bin/sh", [Self.runner] + words, in: directory ?? run.root)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        program.environment = ["CODEX_SIM": directives, "PATH": bin + ":" + path]
        return try program.run(watching: watching)
    }

    @Test func `without Quire in PATH the script says how to get it, and ends with 1`() throws {
        try withRun { run in
            var program = Program("/bin/sh", [Self.runner, "Build API"], in: run.root)
            program.environment = ["PATH": "/nonexistent"]
            let outcome = try program.run()
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.error.contains("✗ Required command 'quire' not found"))
            #expect(outcome.error.contains("Please install Quire"))
        }
    }

    @Test func `a task is initialized and carried out in the original's words`() throws {
        try withRun { run in
            let outcome = try task(run, ["Build API"], "entries=1")
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            for words in [
                "Generated task name: build-api", "SESSION 1 - build-api", "INITIALIZER SESSION",
                "SESSION 2 - build-api", "EXECUTOR SESSION", "Session ID saved: ", "Progress: 1/1",
                "ALL TASKS COMPLETED!", "Final task list:",
            ] {
                #expect(outcome.output.contains(words), "\(words): \(outcome.output)")
            }
            #expect(text(run.task("build-api") + "/session.id").count == 37)
        }
    }

    @Test func `a cap with work left ends with 0, and --continue goes on`() throws {
        try withRun { run in
            let first = try task(run, ["Build API", "--max-sessions", "1"])
            #expect(first.status == 0)
            #expect(first.output.contains("Reached maximum sessions (1)"))
            try put("", run.root + "/.autonomous/zzz-file")
            let second = try task(run, ["--continue", "--no-auto-continue"])
            #expect(second.output.contains("Continuing most recent task: build-api"))
            #expect(second.output.contains("Progress: 1/2"))
            let third = try task(run, ["-n", "build-api", "-c"])
            #expect(third.output.contains("ALL TASKS COMPLETED!"))
        }
    }

    @Test func `a generated name never continues a task, a given one does`() throws {
        try withRun { run in
            let name = String(repeating: "a", count: 30)
            _ = try task(run, [name + "aaa", "--no-auto-continue"])
            let second = try task(run, [name + "aaa", "--no-auto-continue"])
            #expect(second.output.contains("Generated task name: \(name.dropLast(2))-2"))
            #expect(second.output.contains("INITIALIZER SESSION"))
        }
    }

    static let refusals: [([String], String)] = [
        (["--task-name", ".hidden", "x"], "Task name cannot start with a dot"),
        (["--task-name", "."], "Task name cannot start with a dot"),
        (["--task-name", "../x", "x"], "cannot start with a dot"),
        (["--task-name", "a/b", "x"], "path traversal"),
        (["--task-name", "nobody"], "no description provided"),
        (["--continue"], "no existing tasks found"), ([], "No task description or name provided"),
        (["--max-sessions", "many", "x"], "max-sessions"),
    ]

    @Test(arguments: refusals)
    func `bad input ends with 1 and says why`(arguments: [String], words: String) throws {
        try withRun { run in
            let outcome = try task(run, arguments)
            #expect(outcome.status == 1)
            #expect((outcome.output + outcome.error).contains(words), "\(outcome.error)")
        }
    }

    @Test func `a name that says nothing is made of the time, with a warning`() throws {
        try withRun { run in
            let outcome = try task(run, ["中文任务", "--no-auto-continue"])
            #expect(outcome.error.contains("Non-alphanumeric description detected"))
            #expect(outcome.output.contains("Generated task name: task-20"))
        }
    }

    @Test func `a directory without notes, or with a damaged list, ends with 1`() throws {
        try withRun { run in
            try put("## Tasks\n- [ ] Task 1: a\n", run.task("t") + "/task_list.md")
            let missing = try task(run, ["-n", "t", "-c"])
            #expect(missing.status == 1 && missing.error.contains("is missing"))
            try put("", run.task("t") + "/progress.md")
            try put(
                "## Tasks\n- [ ] Task 1: a\n- [ ] 2. invalid\n",
                run.task("t") + "/task_list.md"
            )
            let damaged = try task(run, ["-n", "t", "-c"])
            #expect(damaged.status == 1)
            #expect(damaged.output.contains("invalid task_list.md"))
        }
    }

    @Test func `a session that damages the list ends with 1, and the list is put back`() throws {
        try withRun { run in
            let list = "## Tasks\n- [ ] Task 1: a\n"
            try put(list, run.task("t") + "/task_list.md")
            try put("", run.task("t") + "/progress.md")
            let outcome = try task(run, ["-n", "t", "-c", "--no-auto-continue"], "damage=empty")
            #expect(outcome.status == 1, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("invalid task_list.md"), "\(outcome.output)")
            #expect(run.list("t") == list)
        }
    }

    @Test func `the prompt names the files, and holds neither list nor notes`() throws {
        try withRun { run in
            try put("## Tasks\n- [ ] Task 1: the-entry\n", run.task("t") + "/task_list.md")
            try put("the-notes\n", run.task("t") + "/progress.md")
            let agent = run.root + "/agent"
            try script("tee -a prompt | '\(Program.built("codex-sim"))' \"$@\"", agent)
            let outcome = try task(run, ["-n", "t", "-c", "--no-auto-continue"], agent: agent)
            #expect(outcome.output.contains("Progress: 0/1"), "\(outcome.output)")
            let prompt = text(run.root + "/prompt")
            for words in ["Task Name: t\n", "Task Directory: \(run.task("t"))", "Executor Agent"] {
                #expect(prompt.contains(words), "\(words): \(prompt)")
            }
            #expect(!prompt.contains("the-entry") && !prompt.contains("the-notes"))
        }
    }

    @Test func `below the git top level the task lies there, and Codex is found in PATH`() throws {
        try withRun { run in
            let below = run.root + "/a/b"
            try FileManager.default.createDirectory(
                atPath: below,
                withIntermediateDirectories: true
            )
            let outcome = try task(
                run,
                ["Build API", "--no-auto-continue", "--max-sessions", "1"],
                agent: nil,
                in: below
            )
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(run.list("build-api").contains("- [ ] Task 2"))
            #expect(!FileManager.default.fileExists(atPath: below + "/.autonomous"))
        }
    }

    @Test func `an initializer that writes nothing ends with 1`() throws {
        try withRun { run in
            let outcome = try task(run, ["Build API"], "no-list")
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("Initializer did not create required files"))
        }
    }

    @Test func `a stale lock is taken over, a living one is respected`() throws {
        try withRun { run in
            try put(
                "\(TestEnvironment.impossibleProcess)\n",
                run.task("demo") + "/.runner.lock/pid"
            )
            let outcome = try task(run, ["-n", "demo", "Demo task", "--no-auto-continue"])
            #expect(outcome.status == 0 && outcome.output.contains("stale lock"))
            try put("1\n", run.task("demo") + "/.runner.lock/pid")
            let refused = try task(run, ["-n", "demo", "-c"])
            #expect(refused.status == 1)
            #expect(refused.error.contains("'demo' is already running (pid: 1)"))
        }
    }

    @Test func `a resume that fails is followed by a fresh session`() throws {
        try withRun { run in
            try put("## Tasks\n- [ ] Task 1: a\n", run.task("t") + "/task_list.md")
            try put("", run.task("t") + "/progress.md")
            try put("stale-session\n", run.task("t") + "/session.id")
            let outcome = try task(run, ["-n", "t", "--resume-last", "--no-auto-continue"])
            #expect(outcome.status == 0, "\(outcome.output)")
            #expect(outcome.output.contains("Resume failed"))
            #expect(outcome.output.contains("ALL TASKS COMPLETED!"))
        }
    }

    @Test func `--network warns, and the sandbox is off`() throws {
        try withRun { run in
            let outcome = try task(run, ["x", "--network", "--no-auto-continue"])
            #expect(outcome.output.contains("danger-full-access"))
        }
    }

    @Test func `--list shows every task`() throws {
        try withRun { run in
            _ = try task(run, ["Build API", "--no-auto-continue"])
            let outcome = try task(run, ["--list"])
            #expect(outcome.output.contains("○ build-api (0/2 - 0%) [session: "))
        }
    }

    @Test func `Ctrl-C ends with 130 and says how to continue`() throws {
        try withRun { run in
            var signals = 0
            let outcome = try task(run, ["Build API"], "duration=600s") { output, pid in
                if output.contains("Session ID saved"), signals == 0 {
                    signals = 1
                    kill(pid, SIGINT)
                } else if output.contains("again to end them now"), signals == 1 {
                    signals = 2
                    // Sooner it would be the same wish.
                    usleep(600_000)
                    kill(pid, SIGINT)
                }
            }
            #expect(outcome.status == 130, "\(outcome.output)")
            #expect(
                outcome.output.contains("To continue: quire task --task-name build-api --continue")
            )
        }
    }
}
