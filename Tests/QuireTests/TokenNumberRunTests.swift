import Foundation
import TestSupport
import Testing

@Suite struct `Tokens that a session reports` {
    /// What a session says that it used, and what a table and a program read of it.
    private static let reports: [(input: String, shown: String, count: Int64)] = [
        ("999", "999", 999), ("999960", "1.0M", 999_960),
        ("1000000000000", "1.0T", 1_000_000_000_000),
        ("9999999999999", "10.0T", 9_999_999_999_999),
        ("10000000000000", "10.0T", 10_000_000_000_000), ("10000000000001", "0", 0),
        ("999999999999999", "0", 0), ("9223372036854775807", "0", 0),
        ("9223372036854775808", "0", 0), ("18446744073709551616", "0", 0), ("1e300", "0", 0),
        ("-1", "0", 0),
    ]

    /// Writes an agent that reports so many tokens for the task of each number.
    private func writeAgent(_ run: QuireRun) throws {
        let cases = Self.reports.enumerated().map { "  t\($0)) used=\($1.input);;" }
        try script(
            """
            cat > /dev/null
            case "$QUIRE_TASK" in
            \(cases.joined(separator: "\n"))
            esac
            echo '{"type":"thread.started","thread_id":"01a20dc1-184f-7933-871b-4c78aca9e52e"}'
            echo '{"type":"turn.started"}'
            echo '{"type":"turn.completed","usage":{"input_tokens":'$used',"output_tokens":0}}'
            """,
            run.root + "/agent"
        )
    }

    @Test func `are shown with a unit, and left out with a word where they can't be`() throws {
        try withRun { run in
            try writeAgent(run)
            // With a budget an estimate would stand for what can't be.
            try run.write(
                Self.reports.indices.map { ("t\($0)", "") },
                defaults: "{max_sessions: 1}",
                agent: "{command: [./agent]}"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let rows = try run.quire(["status"]).output.split(separator: "\n")
            let json = try run.quire(["status", "--json"]).output
            struct Status: Decodable {
                struct Task: Decodable {
                    var name: String
                    var tokens: Int64
                }
                var tasks: [Task]
            }
            let status = try decoded(Status.self, json)
            for (place, report) in Self.reports.enumerated() {
                let task = try #require(status.tasks.first { $0.name == "t\(place)" })
                #expect(task.tokens == report.count, "\(report)")
                let row = try #require(rows.first { $0.hasPrefix("t\(place) ") })
                #expect(row.split(separator: " ").contains { $0 == report.shown }, "\(row)")
                // What can't be is left out with a word.
                let words = "t\(place): session 1 reported an impossible usage (input_tokens is"
                let isLeftOut = report.count == 0
                #expect(outcome.output.contains(words) == isLeftOut, "\(report) \(outcome.output)")
            }
        }
    }

    @Test func `use a budget up, however large they are`() throws {
        try withRun { run in
            try writeAgent(run)
            // The fifth reports the most that a session is believed to use.
            try run.write(
                [("t2", ""), ("t4", "")],
                concurrency: 1,
                defaults: "{max_sessions: 3, budget: {tokens: 5M}}",
                agent: "{command: [./agent]}",
                run: "budget: {tokens: 900000G}"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            for words in ["1T of 5M tokens are spent", "10T of 5M tokens are spent"] {
                #expect(outcome.output.contains(words), "\(outcome.output)")
            }
            #expect(outcome.output.contains("2 tasks: 2 capped · 2 sessions"), "\(outcome.output)")
        }
    }
}
