import Foundation
import TestSupport
import Testing

@Suite struct `Logs in words` {
    /// A run of one task whose agent says these lines after its thread's beginning.
    private func withLog(
        _ items: [[String: Any]],
        environment: [String: String] = [:],
        _ body: (QuireRun) throws -> Void
    ) throws {
        try withRun { run in
            var lines =
                #"{"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}"#
            for (number, item) in items.enumerated() {
                let event: [String: Any] = [
                    "type": "item.completed", "item": item.merging(["id": "\(number)"]) { $1 },
                ]
                let data = try JSONSerialization.data(withJSONObject: event, options: .sortedKeys)
                lines += "\n" + String(decoding: data, as: UTF8.self)
            }
            lines += "\n" + #"{"type":"turn.failed","error":{"message":"the build\nbroke"}}"# + "\n"
            try put(lines, run.root + "/lines")
            try put(
                "#!/bin/sh\ncat > /dev/null\ncat '\(run.root)/lines'\nexit 1\n",
                run.root + "/agent"
            )
            #expect(chmod(run.root + "/agent", 0o755) == 0)
            try put(
                "version: 1\nrun: {agent: {command: [./agent]}}\n"
                    + "tasks: [{name: t, prompt: p, same_failure: 1}]\n",
                run.root + "/m.yaml"
            )
            #expect(try run.quire(["run", "m.yaml"], environment: environment).status == 100)
            try body(run)
        }
    }

    private static func command(_ command: String, output: String, code: Int) -> [String: Any] {
        [
            "type": "command_execution", "command": "/bin/bash -lc '\(command)'",
            "aggregated_output": output, "exit_code": code,
            "status": code == 0 ? "completed" : "failed",
        ]
    }

    @Test func `show commands whole, their exit status, and the end of what a failed one said`()
        throws
    {
        let long = "check " + (1...100).map { "--option-\($0)" }.joined(separator: " ")
        let output =
            (1...20_000).map { "line \($0)\n" }.joined() + "\u{1B}[31mKeyError: schema\u{1B}[0m\n"
        let items = [
            Self.command(long, output: output, code: 3),
            Self.command("make step", output: "nothing to see\n", code: 0),
        ]
        try withLog(items) { run in
            let logs = try run.quire(["logs", "t"])
            #expect(logs.output.contains("  runs \(long) → exit status 3\n"), "\(logs.output)")
            #expect(logs.output.contains("\n    line 20000\n    KeyError: schema\n"))
            #expect(!logs.output.contains("line 19000\n"))
            #expect(logs.output.contains("  runs make step → exit status 0\n"))
            #expect(!logs.output.contains("nothing to see"))
            #expect(logs.output.contains(#/\n! failed: the build\n    broke\n/#))
        }
    }

    @Test func `tell each session's number, time, thread and end`() throws {
        try withLog([["type": "agent_message", "text": "one\n  two"]]) { run in
            let logs = try run.quire(["logs", "t"]).output
            let heading =
                #/^— session 1, initializer, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00, thread 0199a213-81c0-7800-8aa1-bbab2a035a53\n/#
            #expect(logs.prefixMatch(of: heading) != nil, "\(logs)")
            #expect(logs.contains("\none\n  two\n"))
            #expect(
                logs.contains(
                    #/\n— session 1 failed after \d+s.*: the build broke\n— t has failed: .*\n$/#
                ),
                "\(logs)"
            )
        }
    }

    @Test func `are shown without a run database that can't be read, which is told`() throws {
        try withLog([["type": "agent_message", "text": "hello"]]) { run in
            let database = run.root + "/.autonomous/.quire/quire.db"
            for side in ["-wal", "-shm"] { unlink(database + side) }
            try put("no database", database)
            let logs = try run.quire(["logs", "t"])
            #expect(logs.status == 0 && logs.output.contains("\nhello\n"), "\(logs)")
            #expect(logs.error.contains("ends of sessions are not shown: "), "\(logs)")
            #expect(try run.quire(["logs", "t", "--raw"]).error.isEmpty)
        }
    }

    /// Follows a task from before its first session to its end, past a log that is replaced on the way.
    ///
    /// Each wait is for a fact, and as long as a stuck test may take.
    private static let following = """
        await() {
          n=0
          until eval "$1"; do
            n=$((n + 1)) && [ $n -lt 6000 ] && kill -0 $logs && sleep 0.05 || { echo "never: $1" >&2; exit 1; }
          done
        }
        logs=$$
        "$1" run m.yaml --progress none & run=$!
        await '[ -e began ]'
        "$1" logs -f t > out 2> err & logs=$!
        await "grep -q 'waiting for its first' err"
        mkdir -p .autonomous/t
        say() { echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"'$1'"}}'; }
        say first > .autonomous/t/session.log
        await "grep -q first out"
        say second > new && mv new .autonomous/t/session.log
        await "grep -A99 'begun anew' out | grep -q second"
        touch go
        wait $run || exit 2
        wait $logs || exit 3
        """

    @Test func `wait for the first session, go over to a new log, and end with the task`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                """
                if [ "$QUIRE_TASK" = first ]; then
                  touch began
                  until [ -e go ]; do sleep 0.05; done
                fi
                """
            )
            try run.write(
                [("first", "entries=1"), ("t", "entries=1")],
                concurrency: 1,
                agent: agent,
                run: "scheduler: fifo"
            )
            let outcome = try Program(
                "/bin/sh",
                ["-c", Self.following, "sh", Program.built("quire")],
                in: run.root
            ).run()
            #expect(outcome.status == 0, "\(outcome.error)\(text(run.root + "/out"))")
            let lines = text(run.root + "/out").split(separator: "\n")
            #expect(lines.count { $0.contains(" wrote the checklist after ") } == 1, "\(lines)")
            #expect(lines.count { $0.contains(" made progress after ") } == 1, "\(lines)")
            #expect(lines.last == "— t is complete: every entry is ticked", "\(lines)")
        }
    }

    @Test func `are of the sessions, the time, the tasks and the failures that are asked for`()
        throws
    {
        try withRun { run in
            try run.write([
                ("port-1", "entries=1 fail=turn-failed fail-on=2"), ("port-2", "fail=turn-failed"),
                ("b", "entries=1"),
            ])
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            func shown(_ words: String...) throws -> String {
                let outcome = try run.quire(["logs"] + words)
                #expect(outcome.status == 0, "\(words): \(outcome.error)")
                return outcome.output
            }
            let second = try shown("port-1", "--session", "2")
            #expect(
                second.contains("— session 2, ") && second.contains("— session 2 failed after ")
            )
            #expect(!second.contains("session 1") && !second.contains("session 3"), "\(second)")
            let failed = try shown("port-1", "--failed")
            #expect(failed.contains("— session 2 failed after "), "\(failed)")
            #expect(!failed.contains("session 1") && !failed.contains("session 3"), "\(failed)")
            let both = try shown("port-*", "--failed")
            #expect(both.hasPrefix("== port-1\n") && both.contains("\n== port-2\n"), "\(both)")
            #expect(!both.contains("== b"))
            // Without a task: those that failed in the end.
            let all = try shown("--failed")
            #expect(all.contains("— port-2 has failed: ") && !all.contains("port-1"), "\(all)")
            let (recent, whole) = (try shown("b", "--since", "1h"), try shown("b"))
            #expect(recent == whole)
            let none = try run.quire(["logs", "b", "--session", "9"])
            #expect(none.status == 69 && none.error.contains("no session 9; its newest is 2"))
            let nothing = try shown("b", "--since", "2100-01-01")
            #expect(nothing == "— b is complete: every entry is ticked\n", "\(nothing)")
        }
    }

    @Test(arguments: [
        (["t", "--since", "tomorrow"], 64, "no time such as 18:30"), ([], 64, "quire list shows"),
        (["t", "--raw", "--failed"], 64, "--raw and --json show a log as it is"),
        (["x-*"], 69, "no task matches \"x-*\" in "),
    ])
    func `say what can't be asked for`(words: [String], status: Int32, message: String) throws {
        try withRun { run in
            let outcome = try run.quire(["logs"] + words)
            #expect(outcome.status == status && outcome.error.contains(message), "\(outcome)")
        }
    }

    @Test(arguments: ["nope", "t"])
    func `are not waited for where no run holds the task`(task: String) throws {
        try withRun { run in
            if task == "nope" {
                try run.write([("t", "entries=1")])
                #expect(try run.quire(["run", "m.yaml"]).status == 0)
            }
            let outcome = try run.quire(["logs", "-f", task])
            #expect(outcome.status == 69, "\(outcome.output)")
            #expect(outcome.error.contains("has had no session"), "\(outcome.error)")
        }
    }

    @Test func `tell of a session that said nothing at all`() throws {
        try withRun { run in
            try run.write([("t", "fail=refuse")])
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            let logs = try run.quire(["logs", "t"]).output
            #expect(logs.contains(#/— session 1, initializer, .* failed/#), "\(logs)")
        }
    }
}

@Suite struct `Text of agents` {
    /// What GitHub's runner takes for a command: of a line, and anywhere in it.
    private func commands(in text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map(String.init).filter {
            $0.drop { $0.isWhitespace }.hasPrefix("::") || $0.contains("##[")
        }
    }

    @Test func `commands GitHub Actions in no command's output`() throws {
        try withRun { run in
            let hostile = #"\n::add-mask::e\n  ::error::x\n##[error]x \u001b[2J\u202e"#
            try put(
                """
                #!/bin/sh
                cat > /dev/null
                echo '{"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}'
                echo '{"type":"item.completed","item":{"id":"1","type":"agent_message","text":"a\(hostile)"}}'
                echo '::error::raw ##[group]x'
                printf '\\n::error::of standard error\\n ##[error]y \\033[31m' >&2
                echo '{"type":"turn.failed","error":{"message":"b\(hostile)"}}'
                exit 1
                """,
                run.root + "/agent"
            )
            #expect(chmod(run.root + "/agent", 0o755) == 0)
            try put(
                #"{"version": 1, "run": {"name": "n\#(hostile)", "agent": {"command": ["./agent"]}}, "#
                    + #""tasks": [{"name": "t", "prompt": "p\#(hostile)", "same_failure": 1}]}"#,
                run.root + "/m.yaml"
            )
            let environment = ["GITHUB_ACTIONS": "true", "CI": "true"]
            let first = try run.quire(["run", "m.yaml"], environment: environment)
            #expect(first.status == 100, "\(first.error)")
            let words = [
                ["logs", "t"], ["logs", "t", "--raw"], ["logs", "t", "--json"],
                ["logs", "t", "--stderr"],
                ["status"], ["status", "--json"], ["list"], ["list", "--json"], ["explain", "t"],
                ["explain", "t", "--json"], ["plan", "m.yaml"], ["plan", "m.yaml", "--json"],
                ["simulate", "m.yaml"], ["task", "--list"], ["status", "x\n::error::y"],
                ["explain", "x\n::error::y"], ["logs", "x\n::error::y"], ["run", "x\n::error::y"],
                ["frobnicate\n::error::y ##[group]"], ["run", "m.yaml", "--only", "x\n::error::y"],
                ["run", "m.yaml", "--concurrency", "\n::error::y"],
                ["doctor", "--agent", "x\n::error::y"],
            ]
            for words in words {
                let outcome = try run.quire(words, environment: environment)
                #expect(commands(in: outcome.output + outcome.error).isEmpty, "\(words)")
                let isHostile = (outcome.output + outcome.error).unicodeScalars.contains {
                    $0 != "\n" && $0.properties.generalCategory == .control || $0 == "\u{202E}"
                }
                #expect(!isHostile, "\(words)")
            }
            let merged = try run.quire(["merge-runs", "."], environment: environment)
            let own = #/::stop-commands::.*|::quire-.*::|::(error|warning|notice) title=[^:]*::.*/#
            for line in commands(in: first.output + merged.output) {
                #expect(line.wholeMatch(of: own) != nil, "\(line)")
            }
        }
    }
}

@Suite struct `What CI says of itself` {
    /// Runs Quire on a terminal and says how it showed the run.
    private static let onTerminal = """
        import os, pty, sys
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(sys.argv[1], [sys.argv[1], "run", "m.yaml"])
        out = b""
        try:
            while more := os.read(terminal, 65536):
                out += more
        except OSError:
            pass
        os.waitpid(pid, 0)
        print("live" if b"\\x1b[" in out else "plain")
        """

    @Test(arguments: [
        (nil, "live"), ("", "live"), ("0", "live"), ("false", "live"), ("False", "live"),
        ("true", "plain"),
        ("1", "plain"), ("woodpecker", "plain"),
    ])
    func `is what the variable says, not that it is there`(value: String?, view: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            var program = Program(
                "/usr/bin/env",
                ["python3", "-c", Self.onTerminal, Program.built("quire")],
                in: run.root
            )
            program.environment["TERM"] = "xterm"
            program.environment["NO_COLOR"] = ""
            if let value { program.environment["CI"] = value }
            #expect(try program.run().output == view + "\n")
        }
    }

    @Test(arguments: [("true", true), ("false", false), ("0", false), ("", false), (" ", false)])
    func `holds for GitHub Actions, too`(value: String, isThere: Bool) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let outcome = try run.quire(["run", "m.yaml"], environment: ["GITHUB_ACTIONS": value])
            #expect(outcome.output.contains("::stop-commands::") == isThere)
        }
    }

    /// A directory, and a pipe that nobody reads.
    @Test(arguments: ["true", "mkfifo summary"])
    func `is no reason to fail where it takes no summary`(preparing: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try shell(preparing, in: run.root).status == 0)
            let path = run.root + (preparing == "true" ? "" : "/summary")
            let environment = ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": path]
            let outcome = try run.quire(["run", "m.yaml"], environment: environment)
            #expect(outcome.status == 0)
            #expect(outcome.error.contains("warning: the step summary"), "\(outcome.error)")
        }
    }
}
