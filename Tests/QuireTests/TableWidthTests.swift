import Foundation
import TestSupport
import Testing

@Suite struct `Tables on a terminal` {
    private static let reason = "the \(String(repeating: "long ", count: 40))reason of a failure"

    /// A run of a task that fails for a long reason, and has a long name.
    private func withFailure(_ body: (QuireRun) throws -> Void) throws {
        try withRun { run in
            let name = "task-" + String(repeating: "name-", count: 10)
            try script(
                """
                cat > /dev/null
                echo '{"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}'
                echo '{"type":"turn.failed","error":{"message":"\(Self.reason)"}}'
                exit 1
                """,
                run.root + "/agent"
            )
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}, admission: \(QuireRun.unbounded)}
                defaults: {same_failure: 1}
                tasks: [{name: \(name)1, prompt: p}, {name: b, prompt: p, needs: [\(name)1]}]
                """,
                run.root + "/m.yaml"
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            try body(run)
        }
    }

    @Test(arguments: [40, 80, 200])
    func `tell the whole reason of a failure, within its columns`(columns: Int) throws {
        try withFailure { run in
            for words in ["status", "merge-runs .", "list", "plan m.yaml", "simulate m.yaml"] {
                let call = ["-c", commandOnTerminal, "\(columns)", Program.built("quire")]
                var program = Program(
                    "/usr/bin/env",
                    ["python3"] + call + words.split(separator: " ").map(String.init),
                    in: run.root
                )
                program.environment["NO_COLOR"] = "1"
                let text = try program.run().output.replacing("\r\n", with: "\n")
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                if words == "status" || words == "merge-runs ." {
                    let joined = text.filter { !$0.isWhitespace }
                    #expect(joined.contains(Self.reason.filter { !$0.isWhitespace }), "\(text)")
                }
                // From the titles of a table to the empty line behind it.
                let titles = #/(TASK|RUN|OUTCOME|SCHEDULER)( .*)?/#
                for (place, line) in lines.enumerated() where line.wholeMatch(of: titles) != nil {
                    let table = lines[place...].prefix { !$0.isEmpty }
                    #expect(table.allSatisfy { $0.count <= columns }, "\(words): \(table)")
                }
                #expect(lines.contains { $0.wholeMatch(of: titles) != nil }, "\(words): \(text)")
            }
        }
    }
}
