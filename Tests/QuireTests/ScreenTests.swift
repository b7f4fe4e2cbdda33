import Foundation
import TestSupport
import Testing

/// Writes a manifest of tasks whose agents wait for a file before they work.
private func writeWaiting(_ run: QuireRun, _ tasks: [String] = ["t", "u", "v"]) throws {
    let agent = try run.writeAgent(
        "for turn in $(seq 30000); do test -e \"${0%/*}/go\" && break; sleep 0.02; done"
    )
    try run.write(tasks.map { ($0, "entries=2") }, concurrency: 2, agent: agent)
}

private func letGo(_ run: QuireRun) throws { try put("", run.root + "/go") }

/// The process of a run, as the database's owner names itself.
private func runner(_ run: QuireRun) -> Int32? {
    text(run.root + "/.autonomous/.quire/run.lock").split(separator: "\n").first
        .flatMap { Int32($0) }
}

@Suite struct `A run on a terminal's screen` {
    @Test func `shows slots and tasks, follows keys and sizes, and ends as it began`() throws {
        try withRun { run in
            try writeWaiting(run)
            try TmuxTerminal.with(run) { terminal in
                let modes = try terminal.modes("before")
                try terminal.enter("$QUIRE run m.yaml")
                try terminal.wait { $0.contains("2 running") && $0.contains("ACTIVITY") }
                #expect(try terminal.isAlternate)
                try terminal.press("Down", "Down")
                try terminal.wait { $0.contains("> v") }
                try terminal.press("/", "v", "Enter")
                try terminal.wait { $0.contains("filter: v") && !$0.contains("  u ") }
                try terminal.press("Enter")
                try terminal.wait { $0.contains("checklist") && $0.contains("q: back") }
                try terminal.press("Escape")
                try terminal.wait { $0.contains("filter: v") }
                try terminal.press("?")
                try terminal.wait { $0.hasPrefix("Keys") }
                try terminal.press("q", "Escape")
                for (columns, rows) in [(40, 8), (20, 3), (200, 50), (100, 30)] {
                    try terminal.resize(columns: columns, rows: rows)
                    try terminal.wait { screen in
                        let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
                        return lines.first?.hasPrefix("m") == true
                            && lines.dropLast().last?.hasPrefix("?: keys") == true
                            && lines.count == rows + 1
                    }
                }
                try terminal.press("q")
                try terminal.wait { $0.contains("quire run --detach") }
                try terminal.press("n", "C-c")
                try terminal.wait { $0.contains("stopping: nothing more starts") }
                try letGo(run)
                let end = try terminal.waitForShell(below: "OUTCOME")
                #expect(try !terminal.isAlternate)
                #expect(!end.contains("^C") && !end.contains("ACTIVITY"))
                // Nothing of the screen has gone into what can be scrolled back to.
                #expect(try !terminal.screen(withHistory: true).contains("ACTIVITY"))
                #expect(try terminal.modes("after") == modes)
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: terminal.state + "/quire")
                        == []
                )
            }
        }
    }

    @Test func `gives the terminal back while it is suspended`() throws {
        try withRun { run in
            try writeWaiting(run)
            try TmuxTerminal.with(run) { terminal in
                let modes = try terminal.modes("before")
                try terminal.enter("$QUIRE run m.yaml")
                try terminal.wait { $0.contains("2 running") }
                for turn in 0..<2 {
                    try terminal.press("C-z")
                    try terminal.wait { $0.contains("Stopped") }
                    #expect(try !terminal.isAlternate)
                    #expect(try terminal.modes("stopped\(turn)") == modes)
                    try terminal.enter("clear; fg")
                    try terminal.wait { $0.contains("2 running") && $0.contains("?: keys") }
                    #expect(try terminal.isAlternate)
                }
                // A stop that nobody can see coming is noticed afterwards.
                let pid = try #require(runner(run))
                kill(pid, SIGSTOP)
                // The shell writes onto the screen that nobody has left.
                try terminal.wait { $0.contains("Stopped") }
                try terminal.enter("fg")
                try terminal.wait {
                    $0.contains("2 running") && $0.contains("?: keys") && !$0.contains("Stopped")
                }
                try letGo(run)
                try terminal.waitForShell(below: "OUTCOME")
                #expect(try terminal.modes("after") == modes)
            }
        }
    }

    @Test func `that was killed has its terminal restored by the next start of Quire`() throws {
        try withRun { run in
            try writeWaiting(run)
            // A shell that leaves the terminal as it finds it.
            try TmuxTerminal.with(run, shell: "sh") { terminal in
                let modes = try terminal.modes("before")
                try terminal.enter("$QUIRE run m.yaml")
                try terminal.wait { $0.contains("2 running") }
                let pid = try #require(runner(run))
                kill(pid, SIGKILL)
                #expect(eventually { !isRunning(pid) })
                #expect(try terminal.isAlternate)
                #expect(try terminal.modes("killed", end: "C-j") != modes)
                try terminal.enter("$QUIRE version > /dev/null; echo restored", end: "C-j")
                try terminal.wait { $0.contains("restored") }
                #expect(try !terminal.isAlternate)
                #expect(try terminal.modes("after") == modes)
                try letGo(run)
            }
        }
    }

    private func isRunning(_ pid: Int32) -> Bool {
        kill(pid, 0) == 0 && !text("/proc/\(pid)/stat").contains(") Z ")
    }

    @Test(arguments: [
        ("TERM=dumb $QUIRE run m.yaml", "session 1 starts"),
        ("$QUIRE run m.yaml | cat", "session 1 starts"),
        ("CI=1 $QUIRE run m.yaml", "session 1 starts"),
    ])
    func `is lines where there is no screen to draw`(command: String, words: String) throws {
        try withRun { run in
            try run.write([("t", "entries=2")])
            try TmuxTerminal.with(run) { terminal in
                try terminal.enter(command)
                try terminal.wait { $0.contains(words) && $0.contains("OUTCOME") }
                #expect(try !terminal.isAlternate)
            }
        }
    }
}

@Suite struct `A run in the background` {
    @Test func `outlives its terminal, and is watched from another`() throws {
        try withRun { run in
            try writeWaiting(run)
            defer { endProcesses(mentioning: run.root) }
            try TmuxTerminal.with(run) { terminal in
                try terminal.enter("$QUIRE run --detach m.yaml; echo status $?")
                let said = try terminal.wait { $0.contains("status 0") }
                #expect(said.contains("goes on in the background"))
                // The path is longer than a line.
                #expect(said.replacing("\n", with: "").contains("detached.log"))
                try terminal.close()
            }
            try TmuxTerminal.with(run) { terminal in
                try terminal.enter("$QUIRE watch")
                try terminal.wait { $0.contains("2 running") && $0.contains("ACTIVITY") }
                try terminal.press("Enter")
                try terminal.wait {
                    $0.contains("checklist") && $0.contains("#1 initializer, slot 0")
                }
                try terminal.press("q", "q")
                try terminal.waitForShell(below: "$QUIRE watch")
                #expect(runner(run).map { kill($0, 0) } == 0)
                try terminal.enter("clear; $QUIRE watch")
                try terminal.wait { $0.contains("2 running") }
                try letGo(run)
                try terminal.wait { $0.contains("finished") && $0.contains("3 of 3 complete") }
                try terminal.press("q")
                let end = try terminal.waitForShell(below: "OUTCOME")
                #expect(end.contains("3 tasks: 3 complete"))
            }
            let log = text(run.root + "/.autonomous/.quire/detached.log")
            #expect(log.contains("t: session 1 starts") && log.contains("3 tasks: 3 complete"))
            let lines = try run.quire(["watch"])
            #expect(lines.status == 0 && lines.output.contains("3 tasks: 3 complete"))
        }
    }

    @Test func `names what to call next as the person called it`() throws {
        try withRun { run in
            try put(
                "version: 1\nrun: {agent: simulated}\ndefaults: {retries: {limit: 0}}\ntasks:\n"
                    + "  - {name: f, prompt: \"sim: fail=turn-failed\"}\n",
                run.root + "/m.yaml"
            )
            #expect(try run.quire(["run", "--detach", "m.yaml"]).status == 0)
            defer { endProcesses(mentioning: run.root) }
            let log = run.root + "/.autonomous/.quire/detached.log"
            #expect(eventually { text(log).contains(": quire run m.yaml --retry-failed\n") })
        }
    }

    @Test func `that does not begin says why, with the run's own status`() throws {
        try withRun { run in
            try put("version: 1\ntasks: []\n", run.root + "/bad.yaml")
            let bad = try run.quire(["run", "--detach", "bad.yaml"])
            let same = try run.quire(["run", "bad.yaml"])
            #expect(bad.status == 64 && bad.error == same.error)
            try writeWaiting(run)
            let first = try run.quire(["run", "--detach", "m.yaml"])
            defer { endProcesses(mentioning: run.root) }
            #expect(first.status == 0 && first.output.contains("goes on in the background"))
            let second = try run.quire(["run", "--detach", "m.yaml"])
            #expect(second.status == 69 && second.error.contains("is already being run by process"))
            try letGo(run)
            #expect(eventually { run.list("v").components(separatedBy: "- [x]").count == 3 })
            #expect(
                eventually {
                    text(run.root + "/.autonomous/.quire/detached.log").contains(
                        "3 tasks: 3 complete"
                    )
                }
            )
        }
    }

    @Test func `of which there is none is told by watch`() throws {
        try withRun { run in
            let outcome = try run.quire(["watch"])
            #expect(outcome.status == 69 && outcome.error.contains("quire run"))
        }
    }
}

@Suite struct `A thread that is handed to a person` {
    /// A simulated agent that answers for `codex resume`: notes its call, and ticks the first open entry.
    private static let agent = """
        if [ "$1" = resume ]; then
          printf '%s\\n' "$PWD" "$@" > call
          ls .autonomous/t/.runner.lock > lock
          sed -i '0,/- \\[ \\]/s//- [x]/' .autonomous/t/task_list.md
          echo talking; exit 3
        fi
        """

    @Test func `is continued where its sessions work, and its list is looked at`() throws {
        try withRun { run in
            let agent = try run.writeAgent(Self.agent)
            try run.write(
                [("t", "entries=3")],
                defaults:
                    "{max_sessions: 2, model: some-model, codex_args: [-c, a=1, --color, never]}",
                agent: agent
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 101)
            let thread = text(run.task("t") + "/session.id").split(separator: "\n").first ?? ""
            try TmuxTerminal.with(run) { terminal in
                try terminal.enter("$QUIRE attach t; echo status $?")
                let said = try terminal.wait { $0.contains("status 3") }
                #expect(said.contains("talking"))
                #expect(said.contains("t: 2/3 entries ticked, it was 1/3 before"))
            }
            let call = text(run.root + "/call").split(separator: "\n").map(String.init)
            #expect(
                call == [
                    run.root, "resume", "-C", run.root, "--sandbox", "workspace-write", "--model",
                    "some-model", "-c", "a=1", "--add-dir", run.task("t"), String(thread),
                ]
            )
            #expect(text(run.root + "/lock").contains("pid"))
            #expect(!FileManager.default.fileExists(atPath: run.task("t") + "/.runner.lock"))
        }
    }

    @Test func `is refused while a session has it, without a terminal, and where there is none`()
        throws
    {
        try withRun { run in
            try writeWaiting(run)
            defer { endProcesses(mentioning: run.root) }
            let alone = try run.quire(["attach", "t"])
            #expect(alone.status == 64 && alone.error.contains("needs a terminal"))
            try TmuxTerminal.with(run) { terminal in
                try terminal.enter("$QUIRE attach t; echo status $?")
                try terminal.wait { $0.contains("status 69") && $0.contains("quire list") }
                try terminal.enter("clear; $QUIRE run --detach m.yaml; echo status $?")
                try terminal.wait { $0.contains("status 0") }
                try terminal.enter("clear; $QUIRE attach t; echo status $?")
                try terminal.wait { $0.contains("status 69") && $0.contains("has no thread yet") }
                try put("0198a5a4-1111-7222-8333-444455556666\n", run.task("t") + "/session.id")
                try terminal.enter("clear; $QUIRE attach t; echo status $?")
                try terminal.wait { $0.contains("status 69") && $0.contains("quire stop t") }
                try letGo(run)
            }
        }
    }
}
