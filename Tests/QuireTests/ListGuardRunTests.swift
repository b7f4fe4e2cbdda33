import Foundation
import TestSupport
import Testing

@Suite struct `A list that an agent changed` {
    /// Keeps each session's prompt for the test.
    private static let keepsPrompt =
        "cat > prompt-$QUIRE_SESSION; exec < prompt-$QUIRE_SESSION"

    @Test func `is put back, and the next session is told, and no other`() throws {
        try withRun { run in
            let agent = try run.writeAgent(Self.keepsPrompt)
            try run.write([("t", "entries=3 damage=remove fail-on=2")], agent: agent)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let refused = run.root + "/.autonomous/.quire/refused/t.md"
            let words =
                "Put Back: a session before you changed task_list.md as no session may (entry 3 is "
                + "gone). The list was put back, with the ticks that count. The file as that session "
                + "left it is \(refused).\n"
            for session in 1...4 {
                let prompt = text(run.root + "/prompt-\(session)")
                #expect(prompt.contains(words) == (session == 3), "\(session): \(prompt)")
            }
            // The tick of the session that removed an entry counts.
            #expect(text(run.root + "/prompt-3").contains("Current Progress: 1/3\n"))
            #expect(text(refused).contains("[x] Task 1") && !text(refused).contains("Task 3"))
            #expect(run.list("t").contains("- [x] Task 3"))
            #expect(text(run.root + "/.autonomous/.quire/lists/t.md") == run.list("t"))
        }
    }

    @Test func `is put back by the next leg where Quire died meanwhile`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                """
                \(Self.keepsPrompt)
                if [ $QUIRE_SESSION = 2 ]; then
                  sed -i '/Task 3/d; s/\\[ \\] Task 1/[x] Task 1/' .autonomous/t/task_list.md
                  kill -KILL $PPID
                  exec sleep 600
                fi
                """
            )
            try run.write(
                [("t", "entries=3")],
                defaults: "{tamper_limit: 1}",
                agent: agent
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 128 + SIGKILL)
            #expect(!run.list("t").contains("Task 3"))
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(again.output.contains("a session changed its list (entry 3 is gone)"))
            let prompt = text(run.root + "/prompt-3")
            #expect(prompt.contains("Put Back: ") && prompt.contains("Current Progress: 1/3\n"))
            #expect(run.list("t").contains("- [x] Task 3"))
        }
    }

    @Test func `by a person between two runs is gone on with as it is, with a word`() throws {
        try withRun { run in
            try run.write([("t", "entries=3")], defaults: "{max_sessions: 2}")
            #expect(try run.quire(["run", "m.yaml"]).status == 101)
            let outcome = try shell(
                "sed -i '/Task 2/d; s/piece 3/the rest/; s/x. Task 1/ ] Task 1/' task_list.md",
                in: run.task("t")
            )
            #expect(outcome.status == 0)
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 0, "\(again.output)")
            #expect(
                again.output.contains(
                    "its list was changed while no session worked on it: the box of entry 1 was "
                        + "unticked; it goes on"
                ),
                "\(again.output)"
            )
            let list = run.list("t")
            #expect(list.contains("[x] Task 3: the rest") && !list.contains("Task 2"))
        }
    }

    @Test func `is told of the room that is left in it`() throws {
        try withRun { run in
            let agent = try run.writeAgent(Self.keepsPrompt)
            try run.write(
                [("t", "entries=2 append=1")],
                defaults: "{growth: 50%}",
                agent: agent
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let prompts = (1...4).map { text(run.root + "/prompt-\($0)") }
            #expect(!prompts[0].contains("Room in the List"))
            #expect(prompts[1].contains("Room in the List: at most 1 entry may be appended\n"))
            #expect(prompts[2].contains("Room in the List: none; append no entries\n"))
            #expect(prompts[3].contains("Taken Out: entry 4 was appended by a session before you"))
            #expect(run.list("t").contains("- [x] Task 3") && !run.list("t").contains("Task 4"))
        }
    }

    @Test func `costs a session that changes nothing else no more than two reads`() throws {
        try withRun { run in
            try run.write([("t", "entries=6")])
            let trace = run.root + "/trace"
            let outcome = try shell(
                "strace -f -qq -e trace=openat -o '\(trace)' '\(Program.built("quire"))' run m.yaml",
                in: run.root
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            // By its name in the open directory: agents use the path.
            let reads = text(trace).split(separator: "\n").count {
                $0.contains(", \"task_list.md\", O_RDONLY") || $0.contains(", \"t.md\", O_RDONLY")
            }
            // Seven sessions; the beginning; and a look at whether the complete list is still the same.
            #expect(reads <= 7 * 2 + 3, "\(text(trace))")
        }
    }
}
