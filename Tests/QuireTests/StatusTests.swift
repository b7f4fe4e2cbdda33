import Foundation
import TestSupport
import Testing

@Suite struct `What status says of tasks` {
    private struct Status: Decodable {
        struct Task: Decodable {
            var name: String
            var state: String
            var waitsFor: String?
        }

        struct Left: Decodable {
            var aboutSeconds: Double
            var lowSeconds: Double?
        }

        var tasks: [Task]
        var left: Left?
    }

    /// Asks while the tasks `first` and `slow` run.
    private func withLiveRun(_ body: @escaping (QuireRun) throws -> Void) throws {
        try withRun { run in
            try put(
                """
                version: 1
                run: {agent: simulated, admission: \(QuireRun.unbounded), concurrency: 2, scheduler: fifo}
                tasks:
                  - {name: first, prompt: "sim: entries=9 until=go"}
                  - {name: bad, prompt: "sim: fail=turn-failed", same_failure: 1}
                  - {name: slow, prompt: "sim: entries=9 until=go"}
                  - {name: last, prompt: "sim: entries=1", needs: [first, slow, late]}
                  - {name: late, prompt: "sim: entries=1"}
                """,
                run.root + "/m.yaml"
            )
            var failure: (any Error)?
            var isAsked = false
            _ = try run.quire(["run", "m.yaml", "--progress", "plain"]) { output, pid in
                guard !isAsked, output.contains("slow: session 1 starts") else { return }
                isAsked = true
                _ = eventually {
                    (try? run.quire(["status"]).output)?.contains("2 running") == true
                }
                do { try body(run) } catch { failure = error }
                kill(pid, SIGKILL)
            }
            if let failure { throw failure }
            #expect(isAsked)
        }
    }

    @Test func `is what they do, what they wait for, or how they ended`() throws {
        try withLiveRun { run in
            let text = try run.quire(["status"]).output
            let rows = text.split(separator: "\n").map { $0.split(separator: " ") }
            func row(_ name: String) -> String {
                (rows.first { $0.first.map(String.init) == name } ?? []).joined(separator: " ")
            }
            #expect(row("first").hasPrefix("first running ") && row("first").hasSuffix("session 1"))
            #expect(row("bad").hasPrefix("bad failed "), "\(text)")
            #expect(row("last").hasSuffix("needs first and 2 more"), "\(text)")
            #expect(row("late").hasSuffix("waits for a place: 2 of 2 sessions run"), "\(text)")
            #expect(text.contains("5 tasks: 1 failed, 2 running, 2 waiting"), "\(text)")
            let answer = try decoded(Status.self, try run.quire(["status", "--json"]).output)
            #expect(
                answer.tasks.map(\.state) == ["running", "done", "running", "waiting", "waiting"]
            )
            #expect(answer.tasks[3].waitsFor == "needs first and 2 more")
            #expect(answer.tasks[0].waitsFor == nil && answer.left == nil)
        }
    }

    @Test func `is of those that are asked for`() throws {
        try withLiveRun { run in
            func names(_ words: String...) throws -> [String] {
                let outcome = try run.quire(["status", "--json"] + words)
                return try decoded(Status.self, outcome.output).tasks.map(\.name)
            }
            #expect(try names("--failed") == ["bad"])
            #expect(try names("--waiting") == ["last", "late"])
            #expect(try names("--failed", "--waiting") == ["bad", "last", "late"])
            #expect(try names("--only", "la*", "--only", "first") == ["first", "last", "late"])
            #expect(try names("--waiting", "--only", "*e") == ["late"])
            let text = try run.quire(["status", "--failed"]).output
            #expect(text.contains("\nshown: 1 of 5 tasks\n") && !text.contains("\nfirst "))
            let none = try run.quire(["status", "--only", "x*"])
            #expect(none.status == 64 && none.error.contains("no task of the run matches"))
        }
    }
}
