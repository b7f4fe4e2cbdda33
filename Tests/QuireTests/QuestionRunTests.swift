import Foundation
import TestSupport
import Testing

@Suite struct `An agent that asks a person` {
    /// Keeps each session's prompt for the test.
    private static let keepsPrompt =
        "cat > prompt-$QUIRE_TASK-$QUIRE_SESSION; exec < prompt-$QUIRE_TASK-$QUIRE_SESSION"

    @Test func `is answered, and its task goes on and completes`() throws {
        try withRun { run in
            let agent = try run.writeAgent(Self.keepsPrompt)
            try run.write(
                [("t", "entries=2 ask=Which_database?"), ("u", "entries=1")],
                agent: agent
            )
            let asked = try run.quire(["run", "m.yaml", "--junit", "j.xml", "--markdown", "m.md"])
            #expect(asked.status == 101, "\(asked.output)\(asked.error)")
            let words = "it asks: Which database?"
            #expect(asked.output.contains("t: NEEDS-YOU (0/2, 2 sessions): \(words)"))
            #expect(asked.output.contains("\nt asks: Which database?\n"))
            #expect(asked.output.contains("\n    to answer: quire answer t \"…\"\n"))
            for report in ["j.xml", "m.md"] {
                let report = text(run.root + "/" + report)
                #expect(report.contains("needs-you") && report.contains("Which database?"))
                #expect(report.contains("; to answer: quire answer t "))
            }
            for command in [["status"], ["status", "--json"], ["explain", "t"], ["list"]] {
                let outcome = try run.quire(command)
                #expect(outcome.output.contains("Which database?"), "\(command): \(outcome.output)")
                if [["status"], ["explain", "t"]].contains(command) {
                    #expect(outcome.output.contains("o answer: quire answer t \"…\"\n"))
                }
            }
            // Nothing more is asked, and nothing more is spent, before there is an answer.
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 101 && !again.output.contains("session 3 starts"))

            let answered = try run.quire(["answer", "t", "The second one."])
            #expect(answered.status == 0, "\(answered.error)")
            #expect(answered.output == "t: answered; to go on: quire run '\(run.root)/m.yaml'\n")
            for command in ["status", "explain"] {
                let told = try run.quire([command, command == "status" ? "m.yaml" : "t"]).output
                let words = "its question is answered or withdrawn; the next run goes on with it"
                #expect(told.contains(words) && !told.contains("o answer: "), "\(told)")
            }
            let last = try run.quire(["run", "m.yaml"])
            #expect(last.status == 0, "\(last.output)\(last.error)")
            let exchange =
                "A session before you asked a person:\n\n> Which database?\n\n"
                + "A person answers:\n\n> The second one.\n\n"
            for session in 1...4 {
                let prompt = text(run.root + "/prompt-t-\(session)")
                #expect(!prompt.isEmpty && prompt.contains(exchange) == (session == 3))
            }
            #expect(text(run.task("t") + "/answers.md") == exchange)
            let left = try shell("ls .autonomous/t", in: run.root).output
            #expect(!left.contains("question.md") && !left.contains("answer.md"))
            #expect(try shell("ls .autonomous/.quire/words", in: run.root).output.isEmpty)
        }
    }

    @Test func `is answered while the run lives`() throws {
        try withRun { run in
            try run.write(
                [
                    ("t", "entries=1 ask=Which?"), ("needs-t", "entries=1"),
                    ("other", "entries=1 until=\(run.root)/go"),
                ]
            )
            let manifest = text(run.root + "/m.yaml")
                .replacing("{name: needs-t,", with: "{name: needs-t, needs: [t],")
            try put(manifest, run.root + "/m.yaml")
            let quire = Program.built("quire")
            let outcome = try shell(
                """
                '\(quire)' run m.yaml > out 2>&1 & run=$!
                alive() { kill -0 $run 2> /dev/null; }
                until grep -q 't: NEEDS-YOU' out || ! alive; do sleep 0.05; done
                '\(quire)' status > status
                '\(quire)' answer t - < /dev/null 2> empty
                echo This. | '\(quire)' answer t -
                until grep -q 'needs-t: COMPLETE' out || ! alive; do sleep 0.05; done
                touch go
                wait $run
                """,
                in: run.root
            )
            let said = text(run.root + "/out")
            #expect(outcome.status == 0, "\(said)")
            #expect(outcome.output == "t: answered; its run goes on with it by itself\n")
            #expect(text(run.root + "/empty").contains("there is no text in it"))
            #expect(said.contains("t: its question is answered, and it goes on\n"))
            #expect(text(run.root + "/status").contains("it asks: Which?"))
        }
    }

    @Test func `among tasks whose questions can't be read is answered all the same`() throws {
        try withRun { run in
            try run.write(
                [("a", "entries=1 ask=Which?"), ("b", "entries=1"), ("d", "entries=1 ask=When?")]
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 101)
            #expect(system("rm -f '\(run.task("a"))/question.md'") == 0)
            #expect(system("ln -s /etc/hostname '\(run.task("a"))/question.md'") == 0)
            let outcome = try run.quire(["answer", "*", "This."])
            #expect(outcome.status == 69 && outcome.error.contains("a: "), "\(outcome.error)")
            #expect(outcome.output.hasPrefix("d: answered; "), "\(outcome.output)")
            #expect(text(run.root + "/.autonomous/.quire/words/d.md").contains("> This."))
        }
    }

    @Test func `is told that a run which ends does not go on, and the next one does`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1 ask=Which?"), ("other", "entries=1 until=\(run.root)/go")]
            )
            let end = signal(SIGINT, at: "t: NEEDS-YOU")
            var answered: Outcome?
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                end(output, pid)
                guard answered == nil, output.contains("stopping: nothing more starts") else {
                    return
                }
                answered = try? run.quire(["answer", "t", "This."])
                try? put("", run.root + "/go")
            }
            #expect(outcome.status == 130, "\(outcome.output)\(outcome.error)")
            let words = "the run under way does not go on with it, the next one does: quire run "
            #expect(answered?.output == "t: answered; \(words)'\(run.root)/m.yaml'\n")
        }
    }

    @Test func `of a complete task is no question`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put("Which?", run.task("t") + "/question.md")
            let outcome = try run.quire(["answer", "t", "This."])
            #expect(outcome.status == 69 && outcome.error.contains("asks nothing now"))
        }
    }

    @Test func `that goes on asking the same has stalled`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1 ask=Which? ask-again")],
                defaults: "{stall_after: 2, retries: {delay: 10ms, max_delay: 20ms}}"
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 101)
            #expect(try run.quire(["answer", "t", "This."]).status == 0)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("a session asked again what the task had asked before"))
            #expect(outcome.output.contains("t: STALLED"))
            let answered = try run.quire(["answer", "t", "That."])
            let next = "quire run '\(run.root)/m.yaml' --retry-failed"
            #expect(answered.output == "t: answered; to go on: \(next)\n", "\(answered.error)")
        }
    }

    @Test func `has its answer after Quire died in the session that got it`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                """
                \(Self.keepsPrompt)
                if [ $QUIRE_SESSION = 3 ]; then kill -KILL $PPID; exec sleep 600; fi
                """
            )
            try run.write([("t", "entries=2 ask=Which?")], agent: agent)
            #expect(try run.quire(["run", "m.yaml"]).status == 101)
            #expect(try run.quire(["answer", "t", "This."]).status == 0)
            #expect(try run.quire(["run", "m.yaml"]).status == 128 + SIGKILL)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            for session in 3...5 {
                let prompt = text(run.root + "/prompt-t-\(session)")
                #expect(!prompt.isEmpty)
                #expect(prompt.contains("A person answers:\n\n> This.\n") == (session < 5))
            }
        }
    }

    @Test func `is heard by the next run where Quire died with its session`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                """
                if [ $QUIRE_SESSION = 2 ]; then
                  echo 'Which?' > .autonomous/t/question.md
                  kill -KILL $PPID
                  exec sleep 600
                fi
                """
            )
            try run.write([("t", "entries=1")], agent: agent)
            #expect(try run.quire(["run", "m.yaml"]).status == 128 + SIGKILL)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("t: NEEDS-YOU (0/1, 2 sessions): it asks: Which?"))
            // A person may also take the question away.
            #expect(try shell("rm question.md", in: run.task("t")).status == 0)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test func `steers neither a terminal nor a CI system with its question`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                """
                if [ $QUIRE_SESSION = 2 ]; then
                  printf '\\033[2J\\n::error::x\\n\\r::set-output name=a::b\\007' \\
                    > .autonomous/t/question.md
                fi
                """
            )
            try run.write([("t", "entries=2")], agent: agent)
            let environment = ["GITHUB_ACTIONS": "true"]
            let commands = [["run", "m.yaml"], ["status"], ["list"], ["explain", "t"]]
            for command in commands {
                let outcome = try run.quire(command, environment: environment)
                let said = outcome.output + outcome.error
                #expect(said.contains("set-output name=a"), "\(command): \(said)")
                #expect(!said.contains("\u{1B}") && !said.contains("\u{7}"))
                let lines = said.split(whereSeparator: \.isNewline)
                #expect(!lines.contains { $0.hasPrefix("::error::x") || $0.hasPrefix("::set-") })
            }
        }
    }
}

@Suite struct `Words of a person` {
    @Test func `reach the next session of each task that they are for, once`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                "cat > prompt-$QUIRE_TASK-$QUIRE_SESSION; exec < prompt-$QUIRE_TASK-$QUIRE_SESSION"
            )
            try run.write(
                [("a1", "entries=1"), ("a2", "entries=1"), ("b", "entries=1")],
                agent: agent
            )
            // No run has begun.
            let told = try run.quire(["tell", "a*", "Use tabs.", "--manifest", "m.yaml"])
            #expect(told.status == 0, "\(told.error)")
            #expect(told.output == "a1: its next session is told\na2: its next session is told\n")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            for (name, isTold) in [("a1-1", true), ("a2-1", true), ("a1-2", false), ("b-1", false)]
            {
                let prompt = text(run.root + "/prompt-\(name)")
                #expect(!prompt.isEmpty)
                #expect(
                    prompt.contains("A person tells you:\n\n> Use tabs.\n") == isTold,
                    "\(name)"
                )
            }
        }
    }

    @Test(
        arguments: [
            (["answer", "t", "yes"], 69, "asks nothing now"),
            (["tell", "tt", "x"], 64, "did you mean \"t\""),
            (["answer", "nothing-like-it", "x"], 64, "its tasks are t"),
            (["tell", "t"], 64, "name a file with --file"), (["tell", "t", " "], 64, "no text"),
            (["tell", "t", "x", "--file", "y"], 64, "not both"),
            (["tell", "t", "--file", "none"], 69, "none can't be read: No such file"),
            (["tell", "t", "--file", "."], 69, "can't be read: Is a directory"),
            (["tell", "t", "--file", "large"], 64, "more than 64 KiB"),
        ] as [([String], Int32, String)]
    )
    func `are refused with a reason`(call: [String], status: Int32, words: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put(String(repeating: "x", count: 1 << 20), run.root + "/large")
            let outcome = try run.quire(call)
            #expect(outcome.status == status, "\(outcome.output)\(outcome.error)")
            #expect(outcome.error.contains(words), "\(outcome.error)")
        }
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")),
        arguments: [("echo Mine. > $1; exit 1", true), ("exit 1", false)]
    )
    func `are kept where the editor passes nothing on`(editor: String, isKept: Bool) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put("#!/bin/sh\n\(editor)\n", run.root + "/editor")
            let outcome = try shell(
                """
                chmod +x editor; mkdir drafts; export TMPDIR=$PWD/drafts VISUAL=$PWD/editor
                script -qec "'\(Program.built("quire"))' tell t" /dev/null < /dev/null
                cat drafts/* 2> /dev/null
                """,
                in: run.root
            )
            #expect(outcome.output.contains("the editor failed"), "\(outcome.output)")
            #expect(outcome.output.contains("what you wrote is kept in") == isKept)
            #expect(outcome.output.hasSuffix("Mine.\n") == isKept)
        }
    }
}
