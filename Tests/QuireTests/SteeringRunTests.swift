import Foundation
import TestSupport
import Testing

@Suite struct `A run that is steered` {
    private static let quire = "'\(Program.built("quire"))'"

    /// Runs a manifest in the background, and this script beside it.
    ///
    /// `seen WORDS` waits for words in its output, and gives up when it has ended.
    private func beside(_ script: String, _ run: QuireRun, _ options: String = "") throws -> Outcome
    {
        try shell(
            """
            \(Self.quire) run m.yaml --progress plain \(options) > out 2>&1 & run=$!
            alive() { kill -0 $run 2> /dev/null; }
            seen() { until grep -q -- "$1" out || ! alive; do sleep 0.05; done; }
            quire() { \(Self.quire) "$@"; }
            \(script)
            touch go; wait $run
            """,
            in: run.root
        )
    }

    @Test func `is paused, goes on with the same threads, and is charged nothing`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=2 until=\(run.root)/go"), ("u", "entries=1")],
                concurrency: 1
            )
            let outcome = try beside(
                """
                seen 't: session 1 starts'; sleep 0.5
                quire pause; seen 'session 1 was stopped'
                quire status > status; quire explain u > explain
                touch go; quire resume --json
                """,
                run
            )
            let said = text(run.root + "/out")
            #expect(outcome.status == 0, "\(said)")
            #expect(outcome.output.contains("paused: nothing more starts, 1 session ends"))
            #expect(outcome.output.contains("\"accepted\" : true"), "\(outcome.output)")
            #expect(said.contains("starts are held by a pause: paused by "), "\(said)")
            #expect(said.contains("t: session 2 starts (initializer, resuming "), "\(said)")
            for file in ["status", "explain"] {
                #expect(text(run.root + "/" + file).contains("paused by "), "\(file)")
            }
            let status = try run.quire(["status", "--json"]).output
            #expect(status.contains("\"action\" : \"pause\""), "\(status)")
        }
    }

    @Test func `stops, skips, sets and retries, and ends drained`() throws {
        try withRun { run in
            try run.write(
                [
                    ("a", "entries=1 until=\(run.root)/go"), ("b", "entries=1"), ("c", "entries=1"),
                    ("d", "entries=1"), ("e", "entries=1 until=\(run.root)/go"),
                ],
                concurrency: 1
            )
            let outcome = try beside(
                """
                seen 'a: session 1 starts'
                quire skip b; quire set priority e=5; quire set concurrency=2
                seen 'e: session 1 starts'
                quire stop a; seen 'a: CANCELLED'
                quire retry a
                quire drain
                """,
                run
            )
            let said = text(run.root + "/out")
            #expect(outcome.status == 101, "\(said)")
            #expect(said.contains("a: CANCELLED (-, 1 session): stopped by "), "\(said)")
            #expect(said.contains("at most 2 sessions at once"), "\(said)")
            #expect(said.contains("was drained"), "\(said)")
            #expect(!said.contains("b: session"), "\(said)")
            // Started again, nothing is drained or skipped, and what was set holds.
            let again = try run.quire(["run", "m.yaml", "--progress", "plain"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(again.output.contains("b: COMPLETE"), "\(again.output)")
            #expect(again.output.contains("as before the run was started again"))
        }
    }

    @Test func `takes new tasks of its manifest only when it is asked to`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 until=\(run.root)/go")])
            let outcome = try beside(
                """
                seen 't: session 1 starts'
                echo '  - {name: new, prompt: "sim: entries=1", needs: [t]}' >> m.yaml
                seen 'the manifest has 1 new task'
                quire status | grep 'quire add'
                quire add m.yaml; quire add m.yaml
                echo '  - {name: odd, prompt: x, needs: [odd]}' >> m.yaml
                quire add m.yaml; echo $?
                sed -i '$d' m.yaml
                """,
                run
            )
            let said = text(run.root + "/out")
            #expect(outcome.status == 0, "\(said)")
            #expect(outcome.output.contains("\"new\" added"), "\(outcome.output)")
            #expect(outcome.output.contains("has no task that the run lacks"))
            #expect(outcome.output.contains("\n64\n"), "\(outcome.output)\(outcome.error)")
            #expect(said.contains("new: COMPLETE"), "\(said)")
        }
    }

    @Test func `is told to at once what an answer or a note says, and by whom`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1 ask=Which?"), ("other", "entries=1 until=\(run.root)/go")]
            )
            let outcome = try beside(
                """
                seen 't: NEEDS-YOU'
                quire tell other 'Mind the gap.'
                quire answer t This.
                seen 't: COMPLETE'
                """,
                run
            )
            let said = text(run.root + "/out")
            #expect(outcome.status == 0, "\(said)")
            #expect(outcome.output.contains("t: answered; its run goes on with it by itself"))
            #expect(said.contains("a note for \"other\" by "), "\(said)")
            #expect(said.contains("an answer to \"t\" by "), "\(said)")
        }
    }

    @Test func `that nobody carries out is told what to do instead`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let none = try run.quire(["pause"])
            #expect(none.status == 69 && none.error.contains("no run is recorded"), "\(none.error)")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let commands: [([String], String)] = [
                (["pause"], "to go on: quire run"), (["resume"], "to go on: quire run"),
                (["drain"], "to go on: quire run"), (["stop", "t"], "--skip t"),
                (["skip", "t"], "--skip t"), (["retry", "t"], "--retry-failed"),
                (["set", "concurrency=3"], "change them in the manifest"),
                (["add", "m.yaml"], "its next start takes new tasks by itself"),
            ]
            for (words, advice) in commands {
                let outcome = try run.quire(words)
                #expect(outcome.status == 69, "\(words): \(outcome.error)")
                #expect(outcome.error.contains("no run is under way"), "\(outcome.error)")
                #expect(outcome.error.contains(advice), "\(words): \(outcome.error)")
            }
        }
    }

    @Test(arguments: [
        ("concurrency", "is no setting"), ("concurency=3", "did you mean \"concurrency\"?"),
        ("concurrency=many", "a number of sessions such as 8"),
        ("budget.tokens=lots", "a number of tokens such as 60M"),
        ("priority", "priority needs tasks"),
    ])
    func `refuses settings that are none, also when no run lives`(
        word: String,
        reason: String
    ) throws {
        try withRun { run in
            let outcome = try run.quire(["set", word])
            #expect(outcome.status == 64 && outcome.error.contains(reason), "\(outcome.error)")
        }
    }

    @Test func `refuses what can't be, and goes on`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 until=\(run.root)/go")])
            let outcome = try beside(
                """
                seen 't: session 1 starts'
                for words in 'stop x*' 'skip t' 'retry t' 'set concurrency=0' \\
                  'set concurrency=1000000000' 'set on_limit=stop' 'resume'; do
                  quire $words 2>> errors; echo $?
                done
                quire stop t x --json 2>&1; echo $?
                """,
                run
            )
            #expect(outcome.status == 0)
            #expect(
                outcome.output.split(separator: "\n").count { $0 == "64" } == 8,
                "\(outcome.output)"
            )
            let errors = text(run.root + "/errors")
            for words in ["no task of the run is like \"x*\"", "is at work", "from 1 to 100000"] {
                #expect(errors.contains(words), "\(errors)")
            }
        }
    }

    /// Whatever a killed run has answered, its journal has, and the next start acts by it.
    ///
    /// `QUIRE_STEERED_KILLS` asks for more kills.
    @Test func `has what it acknowledged after it was killed`() throws {
        let kills =
            ProcessInfo.processInfo.environment["QUIRE_STEERED_KILLS"].flatMap(Int.init) ?? 6
        try withRun { run in
            for round in 0..<kills {
                let tasks = (0..<4).map {
                    (name: "t\($0)", directives: "entries=2 until=\(run.root)/go")
                }
                try? FileManager.default.removeItem(atPath: run.root + "/.autonomous")
                try? FileManager.default.removeItem(atPath: run.root + "/go")
                try run.write(tasks, concurrency: 2)
                let outcome = try shell(
                    """
                    \(Self.quire) run m.yaml --progress none > out 2>&1 & run=$!
                    until ls .autonomous/.quire/control-*.sock > /dev/null 2>&1; do sleep 0.02; done
                    (for words in 'stop t0' 'skip t3' 'set concurrency=3' 'set priority t2=7'; do
                      \(Self.quire) $words > /dev/null 2>&1 && echo "$words"
                    done) > done & steering=$!
                    sleep 0.\(round * 7 % 10)\(round * 3 % 10); kill -KILL $run
                    wait $steering; touch go
                    \(Self.quire) status --json
                    """,
                    in: run.root
                )
                let acknowledged = text(run.root + "/done").split(separator: "\n").map(String.init)
                for words in acknowledged {
                    let action = words.split(separator: " ")[0]
                    #expect(outcome.output.contains("\"action\" : \"\(action)\""), "\(words)")
                }
                let again = try run.quire(["run", "m.yaml", "--progress", "plain"])
                if acknowledged.contains("stop t0") {
                    #expect(again.output.contains("t0: CANCELLED") || again.status == 101)
                    #expect(!again.output.contains("t0: COMPLETE"), "\(again.output)")
                }
                if acknowledged.contains("skip t3") {
                    #expect(!again.output.contains("t3: session"), "\(again.output)")
                }
                if acknowledged.contains("set concurrency=3") {
                    #expect(again.output.contains("at most 3 sessions at once"), "\(again.output)")
                }
            }
        }
    }
}
