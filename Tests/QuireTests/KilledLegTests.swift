import Foundation
import Orchestration
import RunStore
import TestSupport
import Testing

@Suite struct `The leg after one that was killed` {
    /// A session's end, as far as these tests look at it.
    private struct Fact: Decodable {
        var event: String
        var verdict: String?
        var seconds: Double?
    }

    /// What `status --json` tells of tokens.
    private struct Status: Decodable {
        struct Task: Decodable {
            var tokens: Int64
            var sessions: Int
        }

        var tasks: [Task]
    }

    @Test func `knows how long a silent session ran, and what it counts for`() throws {
        try withRun { run in
            let agent = try run.writeAgent("touch began; test -e go || exec sleep 600")
            try run.write(
                [("t", "entries=1")],
                agent: agent,
                run: "budget: {tokens: 10M, wall: 10h}"
            )
            let state = run.root + "/.autonomous/.quire"
            // Known to have lived for so long, by the journal alone.
            func isKnown() throws -> Bool {
                guard FileManager.default.fileExists(atPath: run.root + "/began"),
                    let reader = try StoreReader.open(directory: state)
                else { return false }
                defer { reader.close() }
                let now = WallTime(millisecondsSinceEpoch: 0)
                guard let leg = try reader.runs().first else { return false }
                let times = try reader.glance(at: leg).times
                return times.total(until: now, isRunning: false).wall >= .seconds(3)
            }
            var isDone = false
            _ = try run.quire(["run", "m.yaml"]) { _, pid in
                guard !isDone else { return }
                isDone = true
                let isReached = eventually { (try? isKnown()) ?? false }
                #expect(isReached)
                kill(pid, SIGKILL)
            }
            try put("", run.root + "/go")
            let again = try run.quire(["run", "m.yaml", "--events", "events"])
            #expect(again.status == 0, "\(again.output) \(again.error)")
            let facts: [Fact] = try decodedLines(of: run.root + "/events")
            let lost = facts.filter { $0.verdict == "lost" }
            #expect(lost.count == 1 && (lost.first?.seconds ?? 0) > 1, "\(lost)")
            let logs = try run.quire(["logs", "t"]).output
            #expect(logs.contains("was lost when Quire died after "), "\(logs)")
            #expect(!logs.contains("died after 0s"), "\(logs)")
            let told = try decoded(Status.self, try run.quire(["status", "--json"]).output)
            let task = try #require(told.tasks.first)
            // What was set aside for the lost session counts as its own.
            #expect(task.tokens > 100_000 && task.sessions == 3, "\(task)")
            let row = again.output.split(separator: "\n").last { $0.contains("✓ complete") }
            #expect(row?.contains(" \(Format.tokens(task.tokens)) ") == true, "\(again.output)")
        }
    }

    @Test func `of a run that could not go on, status tells why`() throws {
        try withRun { run in
            try run.write([("t", "fail=authentication")])
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69, "\(outcome)")
            let status = try run.quire(["status"])
            let line = status.output.split(separator: "\n").first { $0.contains("can't go on: ") }
            #expect(line?.contains("unexpected status 401") == true, "\(status.output)")
        }
    }
}
