import Foundation
import TestSupport
import Testing

@Suite struct `quire run` {
    @Test func `every checklist is ticked and the status is 0`() throws {
        try withRun { run in
            try run.write((1...12).map { ("t\($0)", "entries=3 items=2") })
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("12 tasks: 12 complete · 48 sessions"))
            for number in 1...12 {
                #expect(run.list("t\(number)").components(separatedBy: "- [x]").count == 4)
            }
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 0)
            #expect(!again.output.contains("starts"))
        }
    }

    @Test func `a thread's id is saved while its session runs`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 duration=600s")])
            var (id, log) = ("", "")
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard id.isEmpty, output.contains("session 1 starts") else { return }
                _ = eventually {
                    id = text(run.task("t") + "/session.id")
                    return !id.isEmpty
                }
                log = text(run.task("t") + "/session.log")
                kill(pid, SIGKILL)
            }
            #expect(outcome.status == 137)
            #expect(log.contains("thread.started") && !log.contains("turn.completed"))
            let thread = id.trimmingCharacters(in: .newlines)
            #expect(!thread.isEmpty && log.contains("\"\(thread)\""))
        }
    }

    static let endings: [(directives: String, defaults: String, status: Int32, words: String)] = [
        ("fail=turn-failed", "{}", 100, "the same failure 3 times in a row"),
        ("fail=overload", "{}", 100, "gave up after 5 retries"),
        ("fail=stream-cut fail-on=2", "{}", 0, "COMPLETE"),
        ("fail=context-window fail-on=2", "{}", 0, "COMPLETE"),
        ("fail=state-locked fail-on=1", "{}", 0, "COMPLETE"),
        ("fail=authentication", "{}", 69, "unexpected status 401"),
        ("fail=refuse", "{}", 100, "Not inside a trusted directory"),
        ("crash=9 fail-on=2", "{}", 0, "killed by signal 9"),
        ("torn", "{}", 100, "output ended before its turn did"),
        ("garbage", "{}", 100, "not Codex's JSON Lines"),
        ("ticks=0", "{stall_after: 2}", 100, "2 sessions in a row ticked nothing"),
        ("no-list", "{}", 100, "wrote no task_list.md"),
        ("entries=9", "{max_sessions: 3}", 101, "reached max_sessions (3)"),
        ("damage=reword fail-on=2", "{}", 0, "changed its list (entry 1 was reworded)"),
        ("damage=remove fail-on=2", "{}", 0, "changed its list (entry 3 is gone)"),
        ("damage=empty fail-on=2", "{}", 0, "changed its list (it has no entries"),
        ("damage=delete fail-on=2", "{}", 0, "changed its list (it is gone)"),
        ("damage=reorder fail-on=2", "{}", 0, "changed its list (line 6: entry 2 stands after"),
        ("damage=untick fail-on=3", "{}", 0, "changed its list (the box of entry 1 was unticked)"),
        ("damage=delete fail-on=2,3", "{}", 100, "2 sessions changed its list (tamper_limit)"),
        ("damage=delete fail-on=2,3", "{tamper_limit: 3}", 0, "2 of 3 such sessions"),
        ("damage=empty fail-on=2", "{tamper_limit: 1}", 100, "1 session changed its list"),
        ("append=1 entries=1", "{growth: refuse}", 0, "entry 2 was appended, and taken out"),
        ("append=1 entries=1", "{growth: 200%}", 0, "entry 4 was appended, and taken out"),
        // The other sessions must not be silent for so long, however busy the machine is.
        ("hang fail-on=2", "{idle_timeout: 5s}", 0, "silent for its idle timeout"),
        ("hang ignore-term fail-on=2", "{idle_timeout: 5s}", 0, "is killed"),
        (
            "duration=600s fail-on=9", "{session_timeout: 300ms, stall_after: 1, max_sessions: 1}",
            101,
            "longer than its session timeout"
        ),
        ("grandchild=60s fail-on=1", "{}", 0, "held its output open"),
        ("torn-utf8", "{}", 0, "COMPLETE"),
        ("append=1 entries=1", "{max_sessions: 3}", 101, "made progress, 2/3"),
        ("line=64M", "{}", 0, "COMPLETE"), ("stderr=4M", "{}", 0, "COMPLETE"),
    ]

    @Test(arguments: endings)
    func `a task ends as its agent's behaviour deserves`(
        directives: String,
        defaults: String,
        status: Int32,
        words: String
    ) throws {
        try withRun { run in
            let rest = defaults.dropFirst().dropLast()
            let all = "{retries: {delay: 10ms, max_delay: 20ms}\(rest.isEmpty ? "" : ", ")\(rest)}"
            let entries = directives.contains("entries") ? "" : "entries=3 "
            try run.write([("t", entries + directives)], defaults: all, run: "grace: 200ms")
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == status, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(!outcome.isLate)
            #expect(!FileManager.default.fileExists(atPath: run.task("t") + "/.runner.lock"))
            #expect(processes(mentioning: run.root + "/m.yaml").isEmpty)
        }
    }

    @Test(arguments: ["", "trap '' TERM; "], ["setsid", "env -i setsid"])
    func `what a session leaves behind is ended, and what it still uses is not`(
        preparation: String,
        launcher: String
    ) throws {
        try withRun { run in
            // Each session counts what the ones before it left, leaves a process in a session of its
            // own, and counts what there is when it has been at work for a while.
            try put(
                """
                #!/bin/bash
                count() { pgrep -c -f "^/bin/bash ${0%/*}/helper"; }
                before=$(count)
                (\(launcher) "${0%/*}/helper" >/dev/null 2>&1 </dev/null &)
                until test -e "${0%/*}/helps"; do sleep 0.01; done
                rm "${0%/*}/helps"
                sleep 0.3
                echo "$before $(count)" >>"${0%/*}/count"
                exec '\(Program.built("codex-sim"))' "$@"
                """,
                run.root + "/agent"
            )
            try put(
                "#!/bin/bash\n\(preparation)touch \"${0%/*}/helps\"\nwhile :; do sleep 0.1; done\n",
                run.root + "/helper"
            )
            for name in ["agent", "helper"] { chmod(run.root + "/" + name, 0o755) }
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}, grace: 100ms}
                tasks: [{name: t, prompt: "sim: entries=2"}]
                """,
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(text(run.root + "/count") == "0 1\n0 1\n0 1\n")
            #expect(try shell("pgrep -f '^/bin/bash \(run.root)/helper'", in: "/").output == "")
            #expect(processes(mentioning: run.root + "/m.yaml").isEmpty)
        }
    }

    @Test func `the log holds every session's stdout, and a torn line is separated`() throws {
        try withRun { run in
            try run.write([("t", "entries=2 torn fail-on=2")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let lines = text(run.task("t") + "/session.log").split(separator: "\n")
            #expect(lines.filter { $0.contains("thread.started") }.count == 3)
            #expect(lines.filter { $0 == #"{"type":"turn.compl"# }.count == 1)
        }
    }

    @Test func `Ctrl-C drains, a second one ends the sessions, and the run can go on`() throws {
        try withRun { run in
            try run.write((1...3).map { ("t\($0)", "entries=1 duration=600s fail-on=9") })
            var signals = 0
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                if output.contains("t3: session 1 starts"), signals == 0 {
                    signals = 1
                    kill(pid, SIGINT)
                } else if output.contains("press Ctrl-C again to end them now"), signals == 1 {
                    signals = 2
                    // Sooner it would be the same wish.
                    usleep(600_000)
                    kill(pid, SIGINT)
                }
            }
            #expect(outcome.status == 130, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("3 sessions asked to end"))
            #expect(outcome.output.contains("was stopped"))
            #expect(processes(mentioning: run.root + "/m.yaml").isEmpty)
            try run.write((1...3).map { ("t\($0)", "entries=1") })
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test(arguments: [1, 6, 12, 18, 24, 30])
    func `killed at any moment and started again it completes and redoes nothing`(
        sessions: Int
    ) throws {
        try withRun { run in
            let work = run.root + "/work.txt"
            try run.write(
                (1...8).map { ("t\($0)", "entries=3 duration=20ms work=\(work)") },
                agent: try run.writeKiller(at: sessions)
            )
            let first = try run.quire(["run", "m.yaml"])
            #expect(first.status == 137)
            let done = first.output.split(separator: "\n").filter { $0.contains("COMPLETE") }
                .compactMap { $0.split(separator: " ").dropFirst().first?.dropLast() }
            let before = text(work).split(separator: "\n").count
            let second = try run.quire(["run", "m.yaml"])
            #expect(second.status == 0, "\(second.output) \(second.error)")
            for task in done { #expect(!second.output.contains("\(task): session")) }
            for number in 1...8 { #expect(!run.list("t\(number)").contains("- [ ]")) }
            #expect(text(work).split(separator: "\n").count > before)
            #expect(processes(mentioning: run.root + "/m.yaml").isEmpty)
        }
    }

    @Test func `failed tasks are tried again only when asked for`() throws {
        try withRun { run in
            try run.write([("t", "fail=turn-failed")])
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            try run.write([("t", "entries=1")])
            let still = try run.quire(["run", "m.yaml"])
            #expect(still.status == 100)
            #expect(still.output.contains("--retry-failed"))
            #expect(try run.quire(["run", "m.yaml", "--retry-failed"]).status == 0)
        }
    }

    @Test func `two at once on one manifest: the second names the first`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 until=seen")])
            var second: Outcome?
            let first = try run.quire(["run", "m.yaml"]) { output, pid in
                guard second == nil, output.contains("session 1 starts") else { return }
                second = try? run.quire(["run", "m.yaml"])
                try? put("", run.root + "/seen")
                #expect(second?.error.contains("already being run by process \(pid)") == true)
            }
            #expect(second?.status == 69)
            #expect(first.status == 0)
        }
    }

    @Test func `a state directory that is deleted under a run costs it no lock`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 until=seen")])
            var second: Outcome?
            let first = try run.quire(["run", "m.yaml"]) { output, pid in
                guard second == nil, output.contains("session 1 starts") else { return }
                try? FileManager.default.removeItem(atPath: run.root + "/.autonomous/.quire")
                let words = "it waits for its directory: 't' is already running (pid: \(pid))"
                second = try? run.quire(["run", "m.yaml"], watching: signal(SIGKILL, at: words))
                try? put("", run.root + "/seen")
            }
            #expect(second?.status == 137, "\(String(describing: second))")
            #expect(first.output.contains("t: COMPLETE"), "\(first)")
        }
    }

    @Test(arguments: [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func `one that was started without its descriptors keeps its locks`(closing: String) throws {
        try withRun { run in
            try run.write([("t", "until=seen")])
            try put("## Tasks\n- [ ] Task 1: a\n", run.task("t") + "/task_list.md")
            try put("# Progress\n", run.task("t") + "/progress.md")
            let quire = "'\(Program.built("quire"))'"
            let outcome = try shell(
                """
                \(quire) run m.yaml \(closing) &
                until test -e .autonomous/t/session.log; do sleep 0.02; done
                \(quire) run m.yaml; echo "run: $?"
                \(quire) task --task-name t --continue --agent '\(Program.built("codex-sim"))'
                echo "task: $?"
                touch seen; wait $!; echo "first: $? of $!"
                """,
                in: run.root
            )
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.contains("run: 69") && !lines.contains("task: 0"), "\(outcome)")
            // What it has to say could not be written.
            let first = try #require(lines.last { $0.hasPrefix("first: 69 of ") }, "\(outcome)")
            let pid = first.split(separator: " ")[3]
            #expect(outcome.error.contains("already being run by process \(pid) "), "\(outcome)")
            #expect(outcome.error.contains("'t' is already running (pid: \(pid))"), "\(outcome)")
            #expect(text(run.task("t") + "/session.log").contains("turn.completed"))
        }
    }

    @Test func `of two manifests in one state directory the second names the first`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 until=seen")])
            let other = "version: 1\nrun: {agent: simulated}\ntasks: [{name: o, prompt: p}]\n"
            try put(other, run.root + "/other.yaml")
            var second: Outcome?
            let first = try run.quire(["run", "m.yaml"]) { output, pid in
                guard second == nil, output.contains("session 1 starts") else { return }
                second = try? run.quire(["run", "other.yaml"])
                try? put("", run.root + "/seen")
                let message = second?.error ?? ""
                #expect(message.contains("m.yaml is already being run by process \(pid) on "))
                #expect(message.contains(" since 2"))
            }
            #expect(second?.status == 69)
            #expect(first.status == 0)
        }
    }

    @Test func `a task that another process owns waits, names the owner and goes on`() throws {
        try withRun { run in
            try run.write([("t", "entries=1"), ("u", "entries=1")])
            try put("1\n", run.task("t") + "/.runner.lock/pid")
            var isFree = false
            let outcome = try run.quire(["run", "m.yaml"]) { output, _ in
                guard !isFree, output.contains("u: COMPLETE") else { return }
                isFree = true
                try? FileManager.default.removeItem(atPath: run.task("t") + "/.runner.lock")
            }
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("it waits for its directory: 't' is already running"))
            #expect(outcome.output.contains("(pid: 1)"))
            #expect(run.list("t").contains("- [x] Task 1"))
        }
    }

    @Test func `quire task works beside a run, on a task of its own`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 until=seen")])
            var other: Outcome?
            let first = try run.quire(["run", "m.yaml"]) { output, _ in
                guard other == nil, output.contains("session 1 starts") else { return }
                other = try? run.quire(
                    ["task", "Do it", "--task-name", "o", "--agent", Program.built("codex-sim")],
                    environment: ["CODEX_SIM": "entries=1"]
                )
                try? put("", run.root + "/seen")
            }
            #expect(other?.status == 0, "\(other?.error ?? "")")
            #expect(first.status == 0)
        }
    }

    @Test func `events are JSON Lines with a version`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let outcome = try run.quire(["run", "m.yaml", "--events", "-", "--progress", "none"])
            #expect(outcome.status == 0)
            let events = try outcome.output.split(separator: "\n").map { line in
                try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                )
            }
            #expect(events.allSatisfy { $0["version"] as? Int == 1 && $0["time"] is String })
            #expect(events.map { $0["sequence"] as? Int } == Array(1...events.count))
            let names = events.compactMap { $0["event"] as? String }
            #expect(names.first == "run_began" && names.last == "run_ended")
            #expect(names.filter { $0 == "session_ended" }.count == 2)
        }
    }

    @Test func `a reader that goes away stops nothing`() throws {
        try withRun { run in
            try run.write((1...4).map { ("t\($0)", "entries=2 duration=50ms") })
            let quire = Program.built("quire")
            let outcome = try Program(
                "/bin/sh",
                ["-c", "'\(quire)' run m.yaml --events - 2>/dev/null | head -n 1"],
                in: run.root
            ).run()
            #expect(outcome.output.contains("run_began"))
            for number in 1...4 { #expect(!run.list("t\(number)").contains("- [ ]")) }
        }
    }

    @Test func `a task begun by hand is continued`() throws {
        try withRun { run in
            try put("## Tasks\n- [x] Task 1: a\n- [ ] Task 2: b\n", run.task("t") + "/task_list.md")
            try put("# Progress\n", run.task("t") + "/progress.md")
            try run.write([("t", "ticks=1")])
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("session 1 starts (executor, 1/2)"))
            #expect(run.list("t") == "## Tasks\n- [x] Task 1: a\n- [x] Task 2: b\n")
        }
    }

    @Test(arguments: [
        ("command: [/nonexistent/agent]", "does not exist"),
        ("command: [./m.yaml]", "can't be executed"), ("command: [./.git]", "is a directory"),
        ("command: [no-such-agent]", "not found in PATH"),
    ])
    func `an agent that can't run is told before anything starts`(
        agent: String,
        words: String
    ) throws {
        try withRun { run in
            try put(
                "version: 1\nrun: {agent: {\(agent)}}\ntasks: [{name: t, prompt: p}]\n",
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69)
            #expect(outcome.error.contains(words))
            #expect(!FileManager.default.fileExists(atPath: run.root + "/.autonomous/t"))
        }
    }

    @Test func `what the run can't write to is told before anything starts`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let events = try run.quire(["run", "m.yaml", "--events", "/proc/nowhere/e"])
            #expect(events.status == 69 && events.error.contains("/proc/nowhere can't be made"))
            let state = try run.quire(["run", "m.yaml", "--state-dir", "/proc/nowhere"])
            #expect(state.status == 69 && state.error.contains("No such file or directory"))
            #expect(!FileManager.default.fileExists(atPath: run.task("t")))
        }
    }

    @Test(arguments: ["--dangerously-bypass-approvals-and-sandbox", "-", "../../x", "a b"])
    func `what an agent calls its thread and is no id is told, not saved and not resumed`(
        name: String
    ) throws {
        try withRun { run in
            try put(
                #"""
                #!/bin/bash
                printf '%s\n' "$*" >>"${0%/*}/arguments"
                cat >/dev/null
                printf '## Tasks\n\n- [ ] Task 1: a\n' >"$QUIRE_DIRECTORY/task_list.md"
                echo >"$QUIRE_DIRECTORY/progress.md"
                printf '{"type":"thread.started","thread_id":"%s"}\n{"type":"turn.started"}\n' "$NAME"
                echo '{"type":"turn.failed","error":{"message":"stream disconnected before completion"}}'
                exit 1
                """#,
                run.root + "/agent"
            )
            chmod(run.root + "/agent", 0o755)
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}}
                defaults: {retries: {limit: 1, delay: 10ms}}
                tasks: [{name: t, prompt: p, env: {NAME: "\(name)"}}]
                """,
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("which is no thread's id"), "\(outcome.output)")
            #expect(!FileManager.default.fileExists(atPath: run.task("t") + "/session.id"))
            let calls = text(run.root + "/arguments").split(separator: "\n")
            #expect(calls.count == 2)
            #expect(calls.allSatisfy { !$0.contains("resume") && !$0.contains(" \(name) ") })
        }
    }

    @Test func `a task that ended before is shown with its reason`() throws {
        try withRun { run in
            try put("#!/no/such/interpreter\n", run.root + "/agent")
            chmod(run.root + "/agent", 0o755)
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}}
                defaults: {retries: {delay: 10ms}}
                tasks: [{name: t, prompt: p}]
                """,
                run.root + "/m.yaml"
            )
            for _ in 1...2 {
                let outcome = try run.quire(["run", "m.yaml"])
                #expect(outcome.status == 100)
                #expect(outcome.output.contains("no/such/interpreter\", which is not there"))
                #expect(outcome.output.contains("1 task: 1 failed"))
            }
        }
    }

    @Test func `a task directory that is a link out or a file fails its task alone`() throws {
        try withRun { run in
            try run.write([("link", "entries=1"), ("file", "entries=1"), ("good", "entries=1")])
            try FileManager.default.createDirectory(
                atPath: run.root + "/.autonomous",
                withIntermediateDirectories: true
            )
            try FileManager.default.createSymbolicLink(
                atPath: run.task("link"),
                withDestinationPath: "/usr"
            )
            try put("mine", run.task("file"))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100)
            #expect(outcome.output.contains("is a link to \"/usr\", not a directory"))
            #expect(outcome.output.contains("is a file, not a directory; move it away"))
            #expect(outcome.output.contains("good: COMPLETE"))
            #expect(text(run.task("file")) == "mine")
        }
    }
}
