import Foundation
import TestSupport
import Testing

@Suite struct `A run with hooks` {
    private struct Fact: Decodable {
        var event: String
        var hook: String?
        var result: String?
    }

    private func facts(in run: QuireRun) throws -> [String] {
        let facts: [Fact] = try decodedLines(of: run.root + "/events")
        return facts.compactMap { fact in
            fact.hook.map { "\(fact.event) \($0)\(fact.result.map { " \($0)" } ?? "")" }
        }
    }

    private func defaults(_ hooks: String, _ more: String = "") -> String {
        "{retries: {delay: 10ms, max_delay: 20ms}, hooks: {\(hooks)}\(more)}"
    }

    /// Notes the occasion, its variables and its standard input.
    private static let note =
        #"echo "$QUIRE_HOOK $QUIRE_TASK:$QUIRE_SESSION:$QUIRE_OUTCOME" >> hooks; cat > "$QUIRE_HOOK.json""#

    @Test func `runs each on its occasion, with data as variables and as JSON`() throws {
        try withRun { run in
            let note = "'\(Self.note)'"
            let ofTasks =
                "before_session: \(note), after_session: \(note), on_complete: \(note), on_fail: \(note)"
            try run.write(
                [("t", "entries=1")],
                defaults: defaults(ofTasks),
                run: "hooks: {run_begin: \(note), run_end: \(note)}"
            )
            let plan = try run.quire(["plan", "m.yaml"]).output
            #expect(
                plan.contains("commands that would run as hooks, without a sandbox:"),
                "\(plan)"
            )
            for hook in ["before_session", "on_fail", "run_begin", "run_end"] {
                #expect(plan.contains("  \(hook): \(Self.note)  (at most 1 min)"), "\(plan)")
            }
            let outcome = try run.quire(["run", "m.yaml", "--events", "events"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let lines = [
                "run_begin ::", "before_session t:1:", "after_session t:1:", "before_session t:2:",
                "after_session t:2:", "on_complete t:2:complete", "run_end ::finished",
            ]
            #expect(text(run.root + "/hooks") == lines.joined(separator: "\n") + "\n")
            #expect(
                try facts(in: run).filter { !$0.contains("session") } == [
                    "hook_began run_begin", "hook_ended run_begin passed", "hook_began on_complete",
                    "hook_ended on_complete passed", "hook_began run_end",
                    "hook_ended run_end passed",
                ]
            )
            let json = text(run.root + "/run_end.json")
            #expect(json.contains(#""outcomes":{"complete":1}"#), "\(json)")
            #expect(
                text(run.root + "/on_complete.json").contains(#""task_dir":"\#(run.task("t"))""#)
            )
            #expect(text(run.task("t") + "/hooks.log").contains("$ echo "))
            // Nothing is left to do, and nothing is to be told.
            let again = try run.quire(["run", "m.yaml"])
            #expect(
                again.status == 0 && text(run.root + "/hooks").split(separator: "\n").count == 7
            )
        }
    }

    /// Hooks of bad manners, and what is told of them; none changes an outcome.
    @Test(arguments: [
        ("exit 3", "failed: it ended with status 3; see"),
        (
            "{command: sleep 600, timeout: 100ms}",
            "failed: it took longer than 0.1 s (hooks: timeout)"
        ),
        ("{command: [sleep, '600'], timeout: 100ms}", "took longer than 0.1 s"),
        (
            "nowhere-to-be-found",
            "could not run: it is not there, or a program that it needs is not"
        ),
        ("[./m.yaml]", "could not run: it can't be executed (status 126)"),
        ("kill -KILL $$", "could not run: it was killed by SIGKILL"),
        ("{command: 'true', directory: nowhere}", "could not run: it could not be started"),
        ("yes | head -c 20000000; echo the end; exit 1", "hooks.log: the end"),
        ("exec < /dev/null; true", ""), ("setsid sleep 600 > /dev/null 2>&1 & echo $! > pid", ""),
    ])
    func `bears a hook of bad manners`(hook: String, words: String) throws {
        try withRun { run in
            let quoted = hook.hasPrefix("{") || hook.hasPrefix("[") ? hook : "'\(hook)'"
            try run.write([("t", "entries=1")], defaults: defaults("on_complete: \(quoted)"))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("hook on_complete \(words.isEmpty ? "is done" : "")"))
            #expect(words.isEmpty || outcome.output.contains(words), "\(outcome.output)")
            guard hook.hasPrefix("setsid") else { return }
            #expect(try shell("kill -0 $(cat pid)", in: run.root).status != 0)
        }
    }

    @Test func `gives no session to an agent whose hook fails`() throws {
        try withRun { run in
            let hook = "test -e ready || { touch ready; echo not ready; exit 1; }"
            try run.write([("t", "entries=1")], defaults: defaults("before_session: '\(hook)'"))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let words =
                "t: session 1 failed, 0 s: its hook before_session failed: it ended with status 1; see "
            #expect(
                outcome.output.contains("its hook before_session failed"),
                "\(words)\(outcome.output)"
            )
            #expect(outcome.output.contains("hooks.log: not ready"), "\(outcome.output)")
        }
    }

    @Test func `begins nothing where its own hook fails`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1")],
                run: "hooks: {run_begin: exit 1, run_end: touch end}"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69, "\(outcome.output)\(outcome.error)")
            #expect(
                outcome.output.contains("the hook run_begin failed: it ended with status 1; see ")
                    && outcome.output.contains("; nothing was started"),
                "\(outcome.output)"
            )
            #expect(!outcome.output.contains("starts ("), "\(outcome.output)")
            #expect(!FileManager.default.fileExists(atPath: run.root + "/end"))
        }
    }

    @Test func `refuses the same run to a hook, and says why`() throws {
        try withRun { run in
            let quire = Program.built("quire")
            let hook = "'\(quire)' run m.yaml > nested 2>&1; echo $? >> nested"
            try run.write([("t", "entries=1")], defaults: defaults("on_complete: \"\(hook)\""))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let nested = text(run.root + "/nested")
            #expect(nested.hasSuffix("\n69\n"), "\(nested)")
            #expect(nested.contains("this quire was started by the hook on_complete"), "\(nested)")
        }
    }

    @Test func `tells of a hook that Quire's death cut off, and runs none twice`() throws {
        try withRun { run in
            let hook =
                "echo $QUIRE_TASK >> ran; if [ $QUIRE_TASK = t ]; then kill -KILL $PPID; exec sleep 600; fi"
            try run.write([("t", "entries=1")], defaults: defaults("on_complete: '\(hook)'"))
            let killed = try run.quire(["run", "m.yaml"])
            #expect(killed.status == 128 + SIGKILL, "\(killed.output)\(killed.error)")
            let again = try run.quire(["run", "m.yaml", "--events", "events"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            let words = "t: its hook on_complete was cut off when Quire died, and is not run again"
            #expect(again.output.contains(words), "\(again.output)")
            #expect(text(run.root + "/ran") == "t\n")
            #expect(try facts(in: run) == ["hook_ended on_complete lost"])
        }
    }

    @Test func `hands messages over, with a title and a text`() throws {
        try withRun { run in
            try script(
                #"printf '%s\n' "$1" "$2" "$3" > message; cat > message.json"#,
                run.root + "/tell"
            )
            try run.write(
                [("t", "entries=1")],
                run: "notify: {command: [./tell, first], on: [end]}"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(
                text(run.root + "/message") == "first\nQuire: m is finished\n1 task: 1 complete\n"
            )
            let json = text(run.root + "/message.json")
            #expect(
                json.contains(#""hook":"notify""#)
                    && json.contains(#""title":"Quire: m is finished""#)
            )
        }
    }

    @Test func `warns at once where messages reach nobody, and fails no run`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")], run: "notify: [nowhere-to-be-found]")
            let words =
                "the command of messages to you \"nowhere-to-be-found\" was not found in PATH"
            let plan = try run.quire(["plan", "m.yaml"])
            #expect(plan.status == 0 && plan.error.contains(words), "\(plan.error)")
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("warning: \(words)"), "\(outcome.output)")
            #expect(
                outcome.output.contains("warning: the hook notify could not run"),
                "\(outcome.output)"
            )
        }
    }
}
