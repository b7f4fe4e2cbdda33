import Foundation
import TestSupport
import Testing

@Suite struct `The other commands` {
    @Test func `status, list and logs tell what the disk says`() throws {
        try withRun { run in
            try run.write([("t", "entries=2 items=1 stderr=100"), ("u", "fail=turn-failed")])
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            let status = try run.quire(["status"])
            #expect(status.output.contains("\"m\" finished"))
            #expect(status.output.contains("the simulated turn failed"))
            let json = try run.quire(["status", "m.yaml", "--json"])
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            )
            let tasks = try #require(object["tasks"] as? [[String: Any]])
            #expect(tasks.map { $0["outcome"] as? String } == ["complete", "failed"])
            #expect(tasks[0]["ticked"] as? Int == 2)
            let list = try run.quire(["list"])
            #expect(list.output.contains("✓ t (2/2 - 100% complete) [session: "))
            #expect(list.output.contains("? u (no task_list.md)"))
            #expect(try run.quire(["logs", "t"]).output.contains("runs make step-1"))
            #expect(
                try run.quire(["logs", "t", "--raw"]).output == text(run.task("t") + "/session.log")
            )
            #expect(try run.quire(["logs", "t", "--stderr"]).output.contains("eeee"))
        }
    }

    @Test func `logs go on as the log grows, until Ctrl-C`() throws {
        try withRun { run in
            let log = run.task("t") + "/session.log"
            func line(_ text: String) -> String {
                #"{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"\#(text)"}}"#
                    + "\n"
            }
            try put(line("first"), log)
            var hasGrown = false
            let outcome = try run.quire(["logs", "t", "-f"]) { output, pid in
                if output.contains("first"), !hasGrown {
                    hasGrown = true
                    _ = try? shell("echo '\(line("second").dropLast())' >> '\(log)'", in: run.root)
                } else if output.contains("second") {
                    kill(pid, SIGINT)
                }
            }
            #expect(outcome.output == "first\nsecond\n")
            #expect(outcome.status == 130 && !outcome.isLate)
        }
    }

    @Test func `where nothing was run they say so`() throws {
        try withRun { run in
            let status = try run.quire(["status"])
            #expect(status.status == 69 && status.error.contains("start one: quire run"))
            #expect(try run.quire(["list"]).output.contains("no tasks in"))
            let logs = try run.quire(["logs", "nobody"])
            #expect(logs.status == 69 && logs.error.contains("has had no session"))
            #expect(!FileManager.default.fileExists(atPath: run.root + "/.autonomous"))
        }
    }

    @Test func `a killed run is not shown as running`() throws {
        try withRun { run in
            try run.write([("t", "duration=30s")])
            _ = try run.quire(["run", "m.yaml"], watching: signal(SIGKILL, at: "session 1 starts"))
            #expect(try run.quire(["status"]).output.contains("\"m\" killed"))
        }
    }

    @Test func `plan shows what would run and starts nothing`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=2"), ("u", "entries=2")],
                agent: QuireRun.simulator
            )
            let outcome = try run.quire(["plan", "m.yaml"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("2 tasks, 4 sessions at once"))
            #expect(outcome.error.contains("work in the same directory"))
            #expect(!FileManager.default.fileExists(atPath: run.root + "/.autonomous"))
        }
    }

    @Test(arguments: [
        ("", "it is empty"), ("version: 1\n", "there are no tasks"),
        (
            "version: 1\ntasks:\n  - {name: a, prompt: p, max_session: 3}\n",
            "m.yaml:3:26: unknown key \"max_session\" in a task; did you mean \"max_sessions\"?"
        ),
        (
            "version: 1\ntasks:\n  - {name: a, prompt: p}\n  - {name: a, prompt: q}\n",
            "task \"a\" is already defined on line 3; names must be unique"
        ),
    ])
    func `a manifest with errors ends with 64 and names them`(
        manifest: String,
        words: String
    ) throws {
        try withRun { run in
            try put(manifest, run.root + "/m.yaml")
            for command in ["run", "plan"] {
                let outcome = try run.quire([command, "m.yaml"])
                #expect(outcome.status == 64)
                #expect(outcome.error.contains(words), "\(outcome.error)")
            }
        }
    }

    @Test(arguments: [
        ("rnu", "there is no command \"rnu\"; did you mean \"run\"?"),
        ("stats m.yaml", "there is no command \"stats\"; did you mean \"status\"?"),
        ("help lgos", "there is no command or topic \"lgos\"; did you mean \"logs\"?"),
        ("m.yaml", "there is no command \"m.yaml\"; see quire help"),
        ("skill lsit", "there is no command \"skill lsit\"; did you mean \"skill list\"?"),
        ("skill quire", "there is no command \"skill quire\"; see quire help"),
    ])
    func `that there are not are told as that, with what may have been meant`(
        words: String,
        told: String
    ) throws {
        try withRun { run in
            let outcome = try run.quire(words.split(separator: " ").map(String.init))
            #expect(outcome.status == 64 && outcome.error == told + "\n", "\(outcome.error)")
        }
    }

    @Test(arguments: ["logs nope", "explain nope"])
    func `end alike for a task that is not there`(words: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try run.quire(words.split(separator: " ").map(String.init)).status == 69)
        }
    }

    @Test func `a missing manifest and a bad flag end with 64`() throws {
        try withRun { run in
            let missing = try run.quire(["run", "nowhere.yaml"])
            #expect(missing.status == 64 && missing.error.contains("there is no such file"))
            #expect(try run.quire(["run", "m.yaml", "--concurrency", "0"]).status == 64)
            #expect(try run.quire(["run", "m.yaml", "--no-such-flag"]).status == 64)
        }
    }

    @Test func `help tells a newcomer what to do`() throws {
        try withRun { run in
            let help = try run.quire(["--help"])
            #expect(help.status == 0)
            let commands = [
                "run", "plan", "task", "list", "status", "limits", "logs", "diff", "merge", "pr",
                "export",
                "prune", "doctor", "answer", "tell", "trust", "skill", "watch", "attach",
                "pause", "resume", "drain", "stop", "skip", "retry", "set", "add",
            ]
            for command in commands {
                #expect(help.output.contains("\n  \(command) "))
            }
            #expect(!help.output.contains("codex-sim"))
        }
    }

    @Test func `doctor names what is missing`() throws {
        try withRun { run in
            let outcome = try run.quire(["doctor"], environment: ["PATH": "/nonexistent"])
            #expect(outcome.status == 69)
            #expect(outcome.output.contains("✗ agent: the agent \"codex\" was not found in PATH"))
            let well = try run.quire(["doctor", "--agent", Program.built("codex-sim")])
            // What else it looks at is the machine's.
            #expect(well.status == (well.output.contains("✗") ? 69 : 0), "\(well.output)")
            #expect(well.output.contains("✓ agent"), "\(well.output)")
            #expect(well.output.contains("codex-cli 0.163.0 (simulated)"))
        }
    }
}
