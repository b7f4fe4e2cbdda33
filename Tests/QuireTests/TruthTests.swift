import Foundation
import TestSupport
import Testing

/// One task, with a prompt that its simulated agent follows.
private func manifest(_ name: String, task: String = "a", prompt: String) -> String {
    "version: 1\nrun: {name: \(name), agent: simulated}\n"
        + "tasks:\n  - {name: \(task), prompt: \"sim: entries=2\\n\(prompt)\"}\n"
}

@Suite struct `A checklist belongs to its prompt` {
    @Test func `another prompt is told before anything starts, by run and by plan`() throws {
        try withRun { run in
            try put(manifest("w1", prompt: "Port it."), run.root + "/w1.yaml")
            try put(manifest("w2", prompt: "Add logging."), run.root + "/w2.yaml")
            #expect(try run.quire(["run", "w1.yaml"]).status == 0)
            let list = run.list("a")
            for command in ["run", "plan"] {
                let refused = try run.quire([command, "w2.yaml"])
                #expect(refused.status == 64)
                #expect(refused.error.contains(".autonomous/a/prompt.md"))
                #expect(refused.error.contains("quire run w2.yaml --redo a\n"))
                #expect(refused.error.contains("quire run w2.yaml --keep-lists\n"))
            }
            #expect(run.list("a") == list)
            #expect(try run.quire(["run", "w1.yaml"]).status == 0)
        }
    }

    @Test func `the way on that is named leads on, with every option that was given`() throws {
        try withRun { run in
            func write(_ prompt: String) throws {
                let tasks = ["a", "b", "c"].map {
                    "  - {name: \($0), prompt: \"sim: entries=1\\n\(prompt)\"}\n"
                }
                try put(
                    "version: 1\nrun: {agent: simulated}\ntasks:\n" + tasks.joined(),
                    run.root + "/m.yaml"
                )
            }
            try write("Port it.")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try write("Add logging.")
            let options = ["--redo", "a", "--retry-failed", "--markdown", "r.md", "--skip", "c"]
            let refused = try run.quire(["run", "m.yaml"] + options)
            #expect(refused.status == 64)
            let ways = refused.error.split(separator: "\n").compactMap {
                $0.split(separator: ": quire run ", maxSplits: 1).dropFirst().first
            }
            let given = "m.yaml --redo a --retry-failed --markdown r.md --skip c"
            #expect(ways == ["\(given) --redo b", "\(given) --keep-lists"], "\(refused.error)")
            let leg = try run.quire(["run"] + ways[0].split(separator: " ").map(String.init))
            #expect(leg.status == 0, "\(leg.error)")
            let piped = try shell(
                "cat m.yaml | '\(Program.built("quire"))' run /dev/stdin --state-dir s",
                in: run.root
            )
            let way = "with the manifest on standard input again: quire run - --state-dir s --redo"
            #expect(piped.error.contains(way), "\(piped.error)")
        }
    }

    @Test func `begins nothing anew that is there but not selected, and says so`() throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("c", "entries=1")])
            for command in ["run", "plan"] {
                let outcome = try run.quire([command, "m.yaml", "--redo", "a", "--only", "c"])
                #expect(outcome.status == 64)
                #expect(outcome.error.contains("--redo: \"a\" is in"), "\(outcome.error)")
            }
        }
    }

    @Test func `with --redo the old work is put away and the task begins anew`() throws {
        try withRun { run in
            try put(manifest("m", prompt: "Port it."), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put(manifest("m", prompt: "Add logging."), run.root + "/m.yaml")
            let nobody = try run.quire(["run", "m.yaml", "--redo", "b*"])
            #expect(nobody.status == 64 && nobody.error.contains("no task"))
            let again = try run.quire(["run", "m.yaml", "--redo", "a*"])
            #expect(again.status == 0, "\(again.error)")
            #expect(again.output.contains("1 task: 1 complete · 3 sessions"))
            #expect(again.output.contains("it begins anew; its earlier work is in"))
            #expect(!again.output.contains("a: goes on"), "\(again.output)")
            #expect(text(run.task("a") + "/prompt.md") == "sim: entries=2\nAdd logging.\n")
            let archive = run.root + "/.autonomous/.quire/archive"
            let old = try #require(
                try FileManager.default.contentsOfDirectory(atPath: archive).first
            )
            #expect(text("\(archive)/\(old)/prompt.md") == "sim: entries=2\nPort it.\n")
            #expect(text("\(archive)/\(old)/task_list.md").contains("- [x] Task 2"))
            #expect(try run.quire(["run", "m.yaml"]).output.contains("1 complete · 0 sessions"))
        }
    }

    @Test func `with --keep-lists the list goes on under the new prompt`() throws {
        try withRun { run in
            try put(manifest("m", prompt: "Port it."), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put("- [ ] Task 3: more\n", to: run.task("a") + "/task_list.md")
            try put(manifest("m", prompt: "Add logging."), run.root + "/m.yaml")
            let kept = try run.quire(["run", "m.yaml", "--keep-lists"])
            #expect(kept.status == 0, "\(kept.error)")
            #expect(kept.output.contains("1 complete · 1 session "))
            #expect(text(run.task("a") + "/prompt.md") == "sim: entries=2\nAdd logging.\n")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test func `a complete list that is kept is asked about once`() throws {
        try withRun { run in
            try put(manifest("m", prompt: "Port it."), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put(manifest("m", prompt: "Add logging."), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 64)
            let kept = try run.quire(["run", "m.yaml", "--keep-lists"])
            #expect(kept.status == 0 && kept.output.contains("1 complete · 0 sessions"))
            #expect(text(run.task("a") + "/prompt.md") == "sim: entries=2\nAdd logging.\n")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test func `tasks that begin anew are waited for by those that need them`() throws {
        try withRun { run in
            try put(
                """
                version: 1
                run: {agent: simulated, concurrency: 2, admission: \(QuireRun.unbounded)}
                tasks:
                  - {name: a, prompt: "sim: entries=1"}
                  - {name: b, prompt: "sim: entries=1", needs: [a]}
                """,
                run.root + "/m.yaml"
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let again = try run.quire(["run", "m.yaml", "--redo", "*"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            let parts = again.output.components(separatedBy: "a: COMPLETE")
            #expect(parts.count == 2 && !parts[0].contains("b: session"), "\(again.output)")
        }
    }

    @Test func `a directory of the original's is taken as it is`() throws {
        try withRun { run in
            let list = "## Tasks\n\n- [x] Task 1: one\n- [x] Task 2: two\n"
            try put(list, run.task("a") + "/task_list.md")
            try put("", run.task("a") + "/progress.md")
            try put(manifest("m", prompt: "Port it."), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(text(run.task("a") + "/prompt.md").isEmpty)
            // Work that is left is done under this prompt from now on.
            try put("- [ ] Task 3: three\n", to: run.task("a") + "/task_list.md")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(text(run.task("a") + "/prompt.md") == "sim: entries=2\nPort it.\n")
        }
    }

    @Test func `the drop-in command goes on as the original does, and says so`() throws {
        try withRun { run in
            let agent = ["--agent", Program.built("codex-sim")]
            let first = try run.quire(["task", "sim: entries=1", "-n", "a"] + agent)
            #expect(first.status == 0, "\(first.output)\(first.error)")
            #expect(text(run.task("a") + "/prompt.md") == "sim: entries=1\n")
            let second = try run.quire(["task", "sim: entries=9", "-n", "a"] + agent)
            #expect(second.status == 0)
            #expect(second.error.contains("was written for another description"))
            #expect(run.list("a").contains("Task 1") && !run.list("a").contains("Task 2"))
        }
    }

    @Test func `that differs in what is not seen is shown with it`() throws {
        try withRun { run in
            func manifest(_ prompt: String) throws {
                try put(
                    "version: 1\nrun: {agent: simulated, admission: \(QuireRun.unbounded)}\n"
                        + "tasks: [{name: t, prompt: \"\(prompt)\"}]\n",
                    run.root + "/m.yaml"
                )
            }
            try manifest(#"sim: entries=1\nhello\nthere"#)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try manifest(#"sim: entries=1\nhello\r\nthere"#)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 64, "\(outcome.error)")
            #expect(outcome.error.contains(#"hello\nthere""#), "\(outcome.error)")
            #expect(outcome.error.contains(#"hello\r\nthere""#), "\(outcome.error)")
        }
    }

    @Test func `in a workspace that is not there is told as that`() throws {
        try withRun { run in
            for words in [["list"], ["list", "--json"]] {
                let outcome = try run.quire(words + ["--workspace", "/nonexist"])
                #expect(outcome.status == 69, "\(outcome.output)")
                #expect(outcome.error.contains("there is no directory /nonexist"))
            }
        }
    }
}

@Suite struct `The task directory is the truth` {
    /// What a person did to a complete task; what the next run says of it, and its sessions.
    private static let changes: [(String, String, String)] = [
        ("sed -i 's/x. Task 2/ ] Task 2/' task_list.md", "entry 2 was unticked", "1 session "),
        ("echo '- [ ] Task 3: more' >> task_list.md", "entry 3 was appended", "1 session "),
        ("rm -r ../a", "its directory was deleted: it begins anew", "3 sessions "),
        ("touch task_list.md", "", "0 sessions "),
        ("cp -p task_list.md new && mv new task_list.md", "", "0 sessions "),
        ("echo a note >> task_list.md", "", "0 sessions "),
        ("echo '- [x] Task 3: done by hand' >> task_list.md", "", "0 sessions "),
    ]

    @Test(arguments: changes)
    func `what a person changed is seen, told and done`(
        change: String,
        words: String,
        sessions: String
    ) throws {
        try withRun { run in
            try put(manifest("m", prompt: "p"), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try shell(change, in: run.task("a")).status == 0)
            let hasWork = sessions != "0 sessions "
            // Whoever only looks sees what the next run will.
            let status = try run.quire(["status", "m.yaml"]).output
            #expect(status.contains("1 unfinished") == hasWork, "\(status)")
            let explained = try run.quire(["explain", "a"]).output
            #expect(explained.contains("a is complete") != hasWork, "\(explained)")
            let list = try run.quire(["list"]).output
            #expect(list.contains("100% complete") != hasWork, "\(list)")
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(again.output.contains("1 task: 1 complete · \(sessions)"), "\(again.output)")
            #expect(words.isEmpty || again.output.contains(words), "\(again.output)")
            #expect(try run.quire(["run", "m.yaml"]).output.contains("1 complete · 0 sessions"))
            #expect(try run.quire(["status", "m.yaml"]).output.contains("1 complete"))
        }
    }

    @Test(
        arguments: [
            "sed -i '/Task 1/d' task_list.md", "sed -i 's/Task 1: /Task 1: other /' task_list.md",
            ": > task_list.md", "rm task_list.md", "mkdir x; mv task_list.md x",
        ]
    )
    func `a complete list that was damaged is not complete any more`(change: String) throws {
        try withRun { run in
            try put(manifest("m", prompt: "p"), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try shell(change, in: run.task("a")).status == 0)
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 100, "\(again.output)")
            #expect(again.output.contains("damaged"))
            let copy = text(run.root + "/.autonomous/.quire/lists/a.md")
            #expect(copy.contains("- [x] Task 2"))
        }
    }

    @Test func `a complete task that nobody touched costs a look at it and its two files alone`()
        throws
    {
        try withRun { run in
            try run.write((1...20).map { ("t\($0)", "entries=1") })
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let trace = run.root + "/trace"
            let command =
                "strace -f -qq -y -e trace=%file,%desc -o '\(trace)' "
                + "'\(Program.built("quire"))' run m.yaml"
            let again = try shell(command, in: run.root)
            #expect(again.status == 0, "\(again.output)\(again.error)")
            // By its path, or by its name in the directory around it, which is open.
            let names = [".autonomous/t", ".autonomous>, \"t"]
            let calls = text(trace).split(separator: "\n").filter { call in
                names.contains { call.contains($0) }
            }
            // A look at the directory, one at the list, and one at the prompt.
            #expect(calls.count == 60, "\(calls.joined(separator: "\n"))")
        }
    }

    /// Returns the number of calls that open checklists or their copies while a command runs.
    private func opened(by arguments: [String], in run: QuireRun) throws -> Int {
        let trace = run.root + "/trace"
        let command =
            "strace -f -qq -e trace=open,openat -o '\(trace)' "
            + "'\(Program.built("quire"))' \(arguments.joined(separator: " "))"
        let outcome = try shell(command, in: run.root)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
        return text(trace).split(separator: "\n").count { call in
            call.contains("\"task_list.md\"") || call.contains(#/"t\d+\.md"/#)
        }
    }

    @Test func `whoever looks reads no list again that the run has read`() throws {
        try withRun { run in
            try run.write((1...20).map { ("t\($0)", "entries=1") })
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let looks = [
                ["status", "m.yaml"], ["status", "--json"], ["list"], ["plan", "m.yaml"],
            ]
            for look in looks { #expect(try opened(by: look, in: run) == 0, "\(look)") }
            #expect(try shell("touch t7/task_list.md", in: run.root + "/.autonomous").status == 0)
            // The list, and its copy.
            for look in looks { #expect(try opened(by: look, in: run) == 2, "\(look)") }
        }
    }

    @Test func `a list with work left is not read again either, if it was old when it was read`()
        throws
    {
        try withRun { run in
            let list = "## Tasks\n- [x] Task 1: one\n- [ ] Task 2: two\n"
            for number in 1...5 {
                try FileManager.default.createDirectory(
                    atPath: run.task("t\(number)"),
                    withIntermediateDirectories: true
                )
                try put(list, run.task("t\(number)") + "/task_list.md")
            }
            // Until the files' times prove something.
            let areOld = eventually {
                (1...5).allSatisfy { number in
                    var status = stat()
                    return lstat(run.task("t\(number)") + "/task_list.md", &status) == 0
                        && time(nil) - status.st_ctim.tv_sec > 3
                }
            }
            #expect(areOld)
            try run.write(
                (1...5).map { ("t\($0)", "") },
                defaults: "{max_sessions: 1, retries: {limit: 0}}",
                agent: "{command: [/bin/true]}"
            )
            _ = try run.quire(["run", "m.yaml"])
            let looks = [["status", "m.yaml"], ["list"]]
            for look in looks { #expect(try opened(by: look, in: run) == 0, "\(look)") }
            #expect(try run.quire(["status"]).output.contains("1/2"))
            let change = "echo '- [ ] Task 3: three' >> t2/task_list.md"
            #expect(try shell(change, in: run.root + "/.autonomous").status == 0)
            for look in looks { #expect(try opened(by: look, in: run) == 1, "\(look)") }
            #expect(try run.quire(["status"]).output.contains("1/3"))
            #expect(try run.quire(["list"]).output.contains("(1/3 - 33%"))
        }
    }

    @Test func `a run that was killed is not running, whoever has its number now`() throws {
        try withRun { run in
            try run.write([("a", "entries=1 hang")], run: "grace: 1s")
            var program = Program(Program.built("quire"), ["run", "m.yaml"], in: run.root)
            program.deadline = .seconds(120)
            var isKilled = false
            _ = try program.run { output, pid in
                guard !isKilled, output.contains("session 1") else { return }
                let status = try? run.quire(["status"]).output
                #expect(status?.contains("\" running (") == true, "\(status ?? "")")
                isKilled = true
                kill(pid, SIGKILL)
            }
            // The journal's number is a living process's now: this test's.
            let own = "UPDATE run SET pid = \(ProcessInfo.processInfo.processIdentifier)"
            let database = run.root + "/.autonomous/.quire/quire.db"
            let script =
                "import sqlite3; c = sqlite3.connect('\(database)'); c.execute('\(own)'); c.commit()"
            #expect(try shell("python3 -c \"\(script)\"", in: run.root).status == 0)
            #expect(try run.quire(["status"]).output.contains("\" killed ("))
            #expect(try run.quire(["list"]).output.contains("killed"))
            let explained = try run.quire(["explain", "a"]).output
            #expect(explained.contains("a is waiting"), "\(explained)")
            #expect(explained.contains("was cut off when Quire died"), "\(explained)")
        }
    }
}

@Suite struct `A run holds all its tasks` {
    /// Arguments that leave "bad" out.
    @Test(arguments: [["--only", "good"], ["--skip", "bad"], ["--shard", "K/2"]])
    func `those that a leg leaves out keep what is known of them`(arguments: [String]) throws {
        try withRun { run in
            try run.write(
                [("good", "entries=1"), ("bad", "fail=turn-failed")],
                defaults: "{same_failure: 1}"
            )
            let first = try run.quire(["run", "m.yaml"])
            #expect(first.status == 100)
            let hint = "to try the failed tasks again: quire run m.yaml --retry-failed"
            #expect(first.output.contains(hint))
            var part = arguments
            if arguments.last == "K/2" {
                let shard = try run.quire(["plan", "m.yaml", "--shard", "1/2"])
                part[1] = shard.output.contains("good") ? "1/2" : "2/2"
            }
            let leg = try run.quire(["run", "m.yaml", "--junit", "j.xml"] + part)
            #expect(leg.status == 0, "\(leg.output)\(leg.error)")
            let status = try run.quire(["status"]).output
            #expect(status.contains("good  complete"), "\(status)")
            #expect(status.contains("bad   failed"), "\(status)")
            #expect(status.contains("the simulated turn failed"), "\(status)")
            #expect(try run.quire(["explain", "bad"]).output.contains("bad has failed"))
            let whole = try run.quire(["run", "m.yaml"])
            #expect(whole.status == 100, "\(whole.output)")
            #expect(whole.output.contains(hint))
            #expect(whole.output.contains("the simulated turn failed"))
        }
    }

    @Test func `a leg of some tasks says so, and its totals are of all`() throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1"), ("c", "entries=1")])
            #expect(try run.quire(["run", "m.yaml", "--only", "b"]).status == 0)
            let leg = try run.quire(["run", "m.yaml", "--only", "a", "--junit", "j.xml"])
            #expect(leg.status == 0)
            #expect(leg.output.contains("3 tasks: 2 complete, 1 unfinished"))
            #expect(leg.output.contains("this leg took 1 task; 2 were not selected"))
            let junit = text(run.root + "/j.xml")
            #expect(junit.contains("name=\"b\"") && junit.contains("name=\"c\""))
            let status = try run.quire(["status"]).output
            #expect(status.contains("not selected in the newest leg"), "\(status)")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test(arguments: [true, false], [["--only", "a"], ["--skip", "b"]])
    func `those left out are what their lists say`(isRecorded: Bool, arguments: [String]) throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1"), ("c", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            if !isRecorded {
                try FileManager.default.removeItem(atPath: run.root + "/.autonomous/.quire")
            }
            let list = run.task("b") + "/task_list.md"
            try put(run.list("b").replacingOccurrences(of: "[x]", with: "[ ]"), list)
            let leg = try run.quire(["run", "m.yaml"] + arguments)
            #expect(leg.status == 0, "\(leg.output)\(leg.error)")
            #expect(leg.output.contains("3 tasks: 2 complete, 1 unfinished"), "\(leg.output)")
            #expect(leg.output.contains("b: its list was changed") == isRecorded)
            #expect(!leg.output.contains("b: session"))
            for command in [["status"], ["list"]] {
                let rows = try run.quire(command).output.split(separator: "\n")
                let row = try #require(
                    rows.first { $0.split(separator: " ").prefix(2).contains("b") }
                )
                #expect(row.contains("0/1") && !row.contains("complete"), "\(rows)")
            }
            let whole = try run.quire(["run", "m.yaml"])
            #expect(whole.status == 0 && whole.output.contains("3 tasks: 3 complete"))
            #expect(run.list("b").contains("[x]"))
        }
    }

    /// What becomes of a complete task's directory, as a shell command in it, and what is told of the task.
    private static let losses: [(command: String, words: String, state: String)] = [
        ("rm -r ../b", "2 tasks: 1 complete, 1 unfinished", "waiting"),
        ("rm task_list.md", "2 tasks: 1 complete, 1 unfinished", "waiting"),
        ("rm task_list.md && mkdir task_list.md", "2 tasks: 1 complete, 1 damaged", "damaged"),
        ("rm task_list.md && ln -s ../a/task_list.md .", "1 complete, 1 damaged", "damaged"),
    ]

    @Test(arguments: losses)
    func `those left out are not complete without their lists`(
        command: String,
        words: String,
        state: String
    ) throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try shell(command, in: run.task("b")).status == 0)
            let leg = try run.quire(["run", "m.yaml", "--only", "a", "--junit", "j.xml"])
            #expect(leg.status == 0 && leg.output.contains(words), "\(leg.output)\(leg.error)")
            #expect(leg.output.contains("b: its list was changed or deleted"), "\(leg.output)")
            let rows = try run.quire(["status"]).output.split(separator: "\n")
            let row = try #require(rows.first { $0.hasPrefix("b ") })
            #expect(row.contains(state), "\(rows)")
            // A run of all goes on where it can.
            #expect(try run.quire(["run", "m.yaml"]).status == (command == "rm -r ../b" ? 0 : 100))
        }
    }

    @Test func `those left out are complete where only the database is`() throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1")])
            #expect(try run.quire(["run", "m.yaml", "--state-dir", "state"]).status == 0)
            try FileManager.default.removeItem(atPath: run.root + "/.autonomous")
            let leg = try run.quire(["run", "m.yaml", "--state-dir", "state", "--only", "a"])
            #expect(leg.status == 0, "\(leg.error)")
            #expect(leg.output.contains("2 tasks: 2 complete"), "\(leg.output)")
        }
    }

    @Test func `a damaged list is told as that, and stays so when its task is left out`() throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let list = run.list("b").replacingOccurrences(of: "Task 1: ", with: "Task 1: other ")
            try put(list, run.task("b") + "/task_list.md")
            let words = "entry 1 was reworded"
            func expectTold(_ moment: String) throws {
                let rows = try run.quire(["status"]).output.split(separator: "\n")
                let row = try #require(rows.first { $0.hasPrefix("b ") })
                #expect(row.contains("damaged") && row.contains(words), "\(moment): \(rows)")
                let explained = try run.quire(["explain", "b"]).output
                #expect(
                    explained.contains("b is damaged") && explained.contains(words),
                    "\(explained)"
                )
            }
            try expectTold("before")
            let leg = try run.quire(["run", "m.yaml", "--only", "a"])
            #expect(leg.status == 0 && leg.output.contains(words), "\(leg.output)")
            try expectTold("left out")
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
        }
    }

    @Test(arguments: ["other", "", "\u{FEFF}", String(repeating: "long ", count: 10_000)])
    func `a prompt that was changed in the directory alone is seen`(prompt: String) throws {
        try withRun { run in
            try run.write([("a", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put(prompt, run.task("a") + "/prompt.md")
            for command in ["plan", "run"] {
                let outcome = try run.quire([command, "m.yaml"])
                #expect(outcome.status == 64, "\(command): \(outcome.output)\(outcome.error)")
                #expect(outcome.error.contains("--keep-lists"), "\(outcome.error)")
            }
            #expect(try run.quire(["run", "m.yaml", "--keep-lists"]).status == 0)
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 0 && !again.output.contains("goes on"), "\(again.output)")
        }
    }

    @Test func `an archive that can't be used keeps a task from beginning anew`() throws {
        try withRun { run in
            try run.write([("a", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put("", run.root + "/.autonomous/.quire/archive")
            let refused = try run.quire(["run", "m.yaml", "--redo", "a"])
            #expect(refused.status == 69, "\(refused.output)")
            #expect(refused.error.contains("archive"), "\(refused.error)")
            #expect(run.list("a").contains("[x]"))
            #expect(try run.quire(["run", "m.yaml"]).output.contains("1 complete"))
        }
    }

    @Test func `a task whose directory is gone begins anew for any run`() throws {
        try withRun { run in
            try run.write([("a", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try FileManager.default.removeItem(atPath: run.task("a"))
            try run.write([("a", "entries=2")])
            try FileManager.default.moveItem(
                atPath: run.root + "/m.yaml",
                toPath: run.root + "/other.yaml"
            )
            let outcome = try run.quire(["run", "other.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("it begins anew"), "\(outcome.output)")
        }
    }

    @Test func `a row's sessions, tokens and time are of the same legs`() throws {
        try withRun { run in
            try run.write([("a", "entries=3"), ("b", "entries=3")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let first = try run.quire(["status"]).output
            let row = try #require(first.split(separator: "\n").first { $0.hasPrefix("a ") })
            let cells = row.split(separator: " ").map(String.init)
            let again = try run.quire(["run", "m.yaml"]).output
            let lines = again.split(separator: "\n")
            let line = try #require(lines.first { $0.contains("complete  a ") })
            // ENTRIES, SESSIONS and TOKENS of the row that status had.
            for cell in cells[2...4] { #expect(line.contains(cell), "\(row)\n\(line)") }
        }
    }
}

/// Appends to a file.
private func put(_ text: String, to path: String) throws {
    let file = try #require(FileHandle(forWritingAtPath: path))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
}
