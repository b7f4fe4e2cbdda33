import Foundation
import TestSupport
import Testing

@Suite struct `With verdict, a session` {
    private static let defaults = "{verdict: true, retries: {delay: 10ms, max_delay: 20ms}}"

    @Test func `asks a person by its statement, and its task goes on once that is answered`() throws
    {
        try withRun { run in
            try run.write(
                [("t", "entries=2")],
                defaults: Self.defaults,
                agent: QuireRun.simulator
            )
            try run.direct(
                #"t 2 ticks=0 says={"status":"blocked","question":"Which_base?","evidence":null}"#
            )
            let asked = try run.quire([
                "run", "m.yaml", "--markdown", "r.md", "--events", "e.jsonl",
            ])
            #expect(asked.status == 101, "\(asked.output)\(asked.error)")
            #expect(asked.output.contains("NEEDS-YOU (0/2, 2 sessions): it asks: Which base?"))
            #expect(text(run.task("t") + "/question.md") == "Which base?\n")
            #expect(text(run.root + "/e.jsonl").contains(#""statement":{"#))
            let answered = try run.quire(["answer", "t", "The second."])
            #expect(answered.status == 0, "\(answered.error)")
            let last = try run.quire(["run", "m.yaml"])
            #expect(last.status == 0, "\(last.output)\(last.error)")
            #expect(text(run.task("t") + "/answers.md").contains("> Which base?\n"))
        }
    }

    /// Last messages, and the words with which they are told.
    @Test(arguments: [
        ("says=All_is_well.", "its last message is not in the form asked for: All is well."),
        ("says-bytes=9K", "its last message has 9216 bytes"),
        ("says-bytes=2M", "its last message"),
        (#"says={"status":"done","question":null,"evidence":"trust_me"}"#, "the list decides"),
        (#"says={"status":"blocked","question":null,"evidence":null}"#, "asks nothing"),
    ])
    func `changes nothing by a statement that is none, or a lie`(
        directive: String,
        words: String
    ) throws {
        try withRun { run in
            try run.write(
                [("t", "entries=2")],
                defaults: Self.defaults,
                agent: QuireRun.simulator
            )
            try run.direct("t 2 \(directive)")
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("(2/2, 3 sessions)"), "\(outcome.output)")
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
    }

    @Test func `makes no statement where its agent has no schema for one, with a word`() throws {
        try withRun { run in
            let codex = try CodexOfOnesOwn(run)
            try run.write([("t", "entries=1")], defaults: Self.defaults, agent: "codex")
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("verdict has no effect with "), "\(outcome.output)")
            #expect(!codex.sessions.contains { $0.contains("--output-schema") })
        }
    }
}

@Suite struct `A task with a ladder of models` {
    @Test func `has a better model after evidence, and each command tells which and why`() throws {
        try withRun { run in
            let agent = try run.writeAgent("echo \"$QUIRE_TASK $*\" >> calls")
            try put(
                """
                version: 1
                run: {agent: \(agent), admission: \(QuireRun.unbounded)}
                defaults: {models: [small, large], verify: "test -e done-$QUIRE_TASK || { echo not yet; exit 1; }"}
                tasks:
                  - {name: t, prompt: "sim: entries=1"}
                  - {name: pinned, model: own, prompt: "sim: entries=1 work=done-pinned"}

                """,
                run.root + "/m.yaml"
            )
            let plan = try run.quire(["plan", "m.yaml"])
            #expect(plan.output.contains("small, large  (t)"), "\(plan.output)")
            // The third executor does the work that the check wants, with the better model.
            try run.direct("t 4 work=done-t")
            let outcome = try run.quire(["run", "m.yaml", "--markdown", "r.md", "--junit", "j.xml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let calls = text(run.root + "/calls").split(separator: "\n")
            func names(_ task: String) -> [String] {
                calls.filter { $0.hasPrefix(task + " ") }
                    .map { $0.firstMatch(of: /--model ([a-z]+)/).map { String($0.1) } ?? "" }
            }
            #expect(names("t") == ["small", "small", "small", "large"])
            #expect(Set(names("pinned")) == ["own"])
            let why = "its check failed 2 times: it ended with status 1"
            #expect(
                outcome.output.contains(
                    "goes on with the model large in place of small, since \(why)"
                )
            )
            #expect(
                text(run.root + "/r.md").contains("since session 4 with large in place of small")
            )
            let explained = try run.quire(["explain", "t"])
            #expect(
                explained.output.contains("Its model is large, in place of small, since \(why)")
            )
            #expect(try run.quire(["explain", "pinned"]).output.contains("Its model") == false)
            let status = try run.quire(["status", "--json"])
            #expect(status.output.contains(#""model" : "large""#), "\(status.output)")
        }
    }
}
