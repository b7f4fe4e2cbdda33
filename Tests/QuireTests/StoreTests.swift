import Foundation
import TestSupport
import Testing

@Suite struct `A run database that is not as it should be` {
    private func database(_ run: QuireRun) -> String { run.root + "/.autonomous/.quire/quire.db" }

    /// Runs a task half-way; its directory and a database tell of that.
    private func runHalf(_ run: QuireRun) throws {
        try run.write([("t", "entries=3")], defaults: "{max_sessions: 2}")
        #expect(try run.quire(["run", "m.yaml"]).status == 101)
        #expect(run.list("t").contains("- [x] Task 1"))
        try run.write([("t", "entries=3")])
    }

    private func sql(_ statement: String, _ path: String) throws {
        let script =
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
            + "c.execute(sys.argv[2]); c.commit(); c.close()"
        let outcome = try Program(
            "/usr/bin/env",
            ["python3", "-c", script, path, statement],
            in: "/"
        )
        .run()
        #expect(outcome.status == 0, "\(outcome.error)")
    }

    private func expectToGoOn(_ run: QuireRun) throws {
        let outcome = try run.quire(["run", "m.yaml"])
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
        #expect(outcome.error.contains("\(database(run)) was damaged and is now"))
        #expect(outcome.error.contains(".damaged"))
        #expect(FileManager.default.fileExists(atPath: database(run) + ".damaged"))
        #expect(!run.list("t").contains("- [ ]"))
        // What was done is not done again: one session to plan, three to tick.
        let log = text(run.task("t") + "/session.log")
        #expect(log.components(separatedBy: "\"turn.completed\"").count - 1 == 4)
    }

    @Test func `one that is none is moved aside, and the work goes on`() throws {
        try withRun { run in
            try runHalf(run)
            try put(String(repeating: "no database ", count: 999), database(run))
            try expectToGoOn(run)
        }
    }

    @Test func `one with damaged pages is moved aside, and the work goes on`() throws {
        try withRun { run in
            try runHalf(run)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: database(run)))
            for place in bytes.indices.dropFirst(4096) { bytes[place] = 0xA5 }
            try bytes.write(to: URL(fileURLWithPath: database(run)))
            try expectToGoOn(run)
        }
    }

    @Test func `one with a record that can't be read is moved aside, and the work goes on`() throws
    {
        try withRun { run in
            try runHalf(run)
            try sql("UPDATE journal SET facts = '[{' WHERE sequence = 2", database(run))
            try expectToGoOn(run)
        }
    }

    @Test func `one that another process uses stays where it is`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 until=seen")])
            var other: Outcome?
            let first = try run.quire(["run", "m.yaml"]) { output, _ in
                guard other == nil, output.contains("session 1 starts") else { return }
                try? sql("UPDATE journal SET facts = '[{' WHERE sequence = 1", database(run))
                other = try? run.quire(
                    ["task", "Do it", "--task-name", "t", "--agent", Program.built("codex-sim")]
                )
                try? put("", run.root + "/seen")
            }
            #expect(other?.status == 69 || other?.status == 1, "\(other?.error ?? "")")
            #expect(first.status == 0, "\(first.output)")
            #expect(!FileManager.default.fileExists(atPath: database(run) + ".damaged"))
        }
    }

    @Test func `one of a newer version is not written to, but can be looked at`() throws {
        try withRun { run in
            try runHalf(run)
            try sql("INSERT INTO grdb_migrations VALUES ('99')", database(run))
            let before = try Data(contentsOf: URL(fileURLWithPath: database(run)))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69)
            #expect(outcome.error.contains("was written by a newer Quire; update this one"))
            let status = try run.quire(["status", "m.yaml"])
            #expect(status.output.contains("1/3"), "\(status.output) \(status.error)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: database(run))) == before)
        }
    }

    @Test(arguments: [
        (#""event":"session_ended""#, #""event":"session_praised""#),
        (#""verdict":"ticked""#, #""verdict":"polished""#),
        (#""verdict":"ticked""#, #""verdict":"ticked","polish":9"#),
    ])
    func `one with a fact, word or key of a newer version is not moved aside`(
        known: String,
        unknown: String
    ) throws {
        try withRun { run in
            try runHalf(run)
            let (old, new) = (database(run), "\(database(run)).damaged")
            try sql("UPDATE journal SET facts = replace(facts, '\(known)', '\(unknown)')", old)
            for arguments in [["run", "m.yaml"], ["explain", "t"]] {
                let outcome = try run.quire(arguments)
                #expect(outcome.status == 69)
                let words = "\(old)\" was written by a newer Quire ("
                #expect(outcome.error.contains(words), "\(outcome.error)")
                #expect(outcome.error.contains("); update this one"), "\(outcome.error)")
            }
            #expect(!FileManager.default.fileExists(atPath: new))
            // The version that wrote it goes on with it.
            try sql("UPDATE journal SET facts = replace(facts, '\(unknown)', '\(known)')", old)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            #expect(!run.list("t").contains("- [ ]"))
        }
    }
}
