import Foundation
import Orchestration
import RunStore
import TestSupport
import Testing

@Suite struct `Budgets in whole runs` {
    /// An agent that says what Codex says, keeps Codex's record of what it used, and then only
    /// sits there.
    private func writeSittingAgent(_ run: QuireRun) throws -> String {
        let agent = run.root + "/agent"
        try put(
            """
            #!/bin/sh
            cat > /dev/null
            thread=01a20dc1-184f-7933-871b-4c78aca9e52e
            mkdir -p "$CODEX_HOME/sessions/2026/11/24"
            cat > "$CODEX_HOME/sessions/2026/11/24/rollout-2026-11-24T13-31-28-$thread.jsonl" <<'END'
            {"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":\
            {"input_tokens":60000,"cached_input_tokens":10000,"output_tokens":5}}}}
            {"type":"event_msg","payload":{"type":"token_count","info":null}}
            END
            echo '{"type":"thread.started","thread_id":"'$thread'"}'
            echo '{"type":"turn.started"}'
            if rm "$CODEX_HOME/kill-quire" 2> /dev/null; then
              until grep -q $thread events; do sleep 0.05; done
              kill -9 $PPID
            fi
            exec sleep 1000

            """,
            agent
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: agent)
        return agent
    }

    private func writeManifest(_ run: QuireRun) throws {
        try put(
            """
            version: 1
            run: {agent: {command: ["\(try writeSittingAgent(run))"]}, grace: 1s}
            tasks:
              - {name: t, prompt: p, max_sessions: 1, session_budget: {tokens: 50k}}
            """,
            run.root + "/m.yaml"
        )
    }

    private func tokens(_ run: QuireRun) throws -> Int {
        let status = try run.quire(["status", "--json"])
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any]
        )
        let tasks = try #require(json["tasks"] as? [[String: Any]])
        return try #require(tasks.first?["tokens"] as? Int)
    }

    @Test func `a session that uses more than it may is ended, and its use is booked`() throws {
        try withRun { run in
            try writeManifest(run)
            let outcome = try run.quire(
                ["run", "m.yaml"],
                environment: ["CODEX_HOME": run.root + "/home"]
            )
            #expect(outcome.status == 101, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("60k of 50k tokens are spent"), "\(outcome.output)")
            #expect(outcome.output.contains("was over budget"))
            // It did not come to tell, so that this is what was last seen.
            let words = "60.0k tokens (60.0k in, 10.0k of it cached, 5 out; 60.0k estimated)"
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(try run.quire(["status"]).output.contains(words))
            #expect(try tokens(run) == 60_005)
        }
    }

    @Test func `what a session used that died with Quire is found by the next run`() throws {
        try withRun { run in
            try writeManifest(run)
            try put("", run.root + "/home/kill-quire")
            let environment = ["CODEX_HOME": run.root + "/home"]
            // What is told there is in the journal.
            let first = ["run", "m.yaml", "--events", "events"]
            #expect(try run.quire(first, environment: environment).status == 137)
            let next = try run.quire(["run", "m.yaml"], environment: environment)
            #expect(next.status == 101, "\(next.output)")
            #expect(next.output.contains("session 2 was over budget"), "\(next.output)")
            // Both sessions were ended in the middle, and what was seen of both is booked.
            #expect(try tokens(run) == 120_010)
        }
    }

    /// An agent that keeps Codex's record with `count TOTAL`, and does in each session what the
    /// script says.
    private func writeCountingAgent(_ run: QuireRun, _ script: String) throws {
        try put(
            """
            #!/bin/sh
            cat > /dev/null
            thread=\(Self.thread)
            mkdir -p "$CODEX_HOME/sessions/2026/11/24"
            record="$CODEX_HOME/sessions/2026/11/24/rollout-2026-11-24T13-31-28-$thread.jsonl"
            count() {
              echo '{"payload":{"type":"token_count","info":{"total_token_usage":\
            {"input_tokens":'$1',"cached_input_tokens":0,"output_tokens":0}}}}' >> "$record"
            }
            begin() {
              echo '{"type":"thread.started","thread_id":"'$thread'"}'
              echo '{"type":"turn.started"}'
            }
            cut() {
              echo '{"type":"turn.failed","error":{"message":\
            "stream disconnected before completion: cut"}}'
              exit 1
            }
            complete() {
              echo '{"type":"turn.completed","usage":\
            {"input_tokens":'$1',"cached_input_tokens":0,"output_tokens":0}}'
            }
            \(script)

            """,
            run.root + "/agent"
        )
        let mode: [FileAttributeKey: Any] = [.posixPermissions: 0o755]
        try FileManager.default.setAttributes(mode, ofItemAtPath: run.root + "/agent")
        try put(
            """
            version: 1
            run: {agent: {command: [./agent]}, grace: 1s}
            defaults: {retries: {delay: 10ms}, session_timeout: 900s}
            tasks:
              - {name: t, prompt: p, resume: true, max_sessions: 1, session_budget: {tokens: 200k}}
            """,
            run.root + "/m.yaml"
        )
    }

    private static let thread = "01a20dc1-184f-7933-871b-4c78aca9e52e"

    /// Runs the manifest to its cap, and returns the tokens booked and the output.
    private func tokensOfRun(_ run: QuireRun) throws -> (Int, String) {
        let home = ["CODEX_HOME": run.root + "/home"]
        let outcome = try run.quire(["run", "m.yaml"], environment: home)
        #expect(outcome.status == 101, "\(outcome.output) \(outcome.error)")
        return (try tokens(run), outcome.output)
    }

    @Test func `a thread that is cut down and goes on is counted once`() throws {
        try withRun { run in
            try writeCountingAgent(
                run,
                """
                begin
                if [ $QUIRE_SESSION = 1 ]; then count 500000; cut; fi
                complete 600000
                """
            )
            let (tokens, output) = try tokensOfRun(run)
            #expect(tokens == 600_000, "\(output)")
        }
    }

    @Test func `a thread that goes on is watched, and ended by what this session used`() throws {
        try withRun { run in
            try writeCountingAgent(
                run,
                """
                begin
                if [ $QUIRE_SESSION = 1 ]; then count 150000; cut; fi
                count 900000
                exec sleep 1000
                """
            )
            let (tokens, output) = try tokensOfRun(run)
            #expect(output.contains("750k of 200k tokens are spent"), "\(output)")
            #expect(tokens == 900_000)
        }
    }

    @Test func `a session that names its thread late is watched, too`() throws {
        try withRun { run in
            try writeCountingAgent(
                run,
                """
                sleep 6
                count 300000
                begin
                exec sleep 1000
                """
            )
            let (tokens, output) = try tokensOfRun(run)
            #expect(output.contains("300k of 200k tokens are spent"), "\(output)")
            #expect(tokens == 300_000)
        }
    }

    @Test func `a thread that goes on and was never answered is watched`() throws {
        try withRun { run in
            try writeCountingAgent(
                run,
                """
                begin
                if [ $QUIRE_SESSION = 1 ]; then echo > "$record"; cut; fi
                count 300000
                exec sleep 1000
                """
            )
            let (tokens, output) = try tokensOfRun(run)
            #expect(output.contains("300k of 200k tokens are spent"), "\(output)")
            // Nobody knows what the first session's broken answer took: the usual is booked.
            #expect(tokens == 500_000)
        }
    }

    @Test func `what others used of a thread is not booked`() throws {
        try withRun { run in
            try writeCountingAgent(
                run,
                """
                begin
                count 600000
                if [ $QUIRE_SESSION = 1 ]; then cut; fi
                complete 650000
                """
            )
            // Somebody else's 500,000.
            try put(
                #"{"payload":{"type":"token_count","info":{"total_token_usage":"#
                    + #"{"input_tokens":500000,"output_tokens":0}}}}"# + "\n",
                run.root + "/home/sessions/2026/11/24/rollout-2026-11-24T13-31-28-"
                    + Self.thread + ".jsonl"
            )
            try put(Self.thread + "\n", run.task("t") + "/session.id")
            let (tokens, output) = try tokensOfRun(run)
            #expect(tokens == 150_000, "\(output)")
        }
    }

    @Test func `a hard budget ends what runs, and says so first`() throws {
        try withRun { run in
            try writeCountingAgent(
                run,
                """
                count 160000
                begin
                exec sleep 1000
                """
            )
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}, grace: 1s, budget: {tokens: 300k, hard: true}}
                tasks: [{name: t, prompt: p}, {name: u, prompt: p, needs: [t]}, {name: v, prompt: p}]
                """,
                run.root + "/m.yaml"
            )
            let (tokens, output) = try tokensOfRun(run)
            let words = "320k of 300k tokens are spent; nothing more starts, 2 sessions are ended"
            #expect(output.contains("the run's budget is used up: " + words), "\(output)")
            let told = output.components(separatedBy: "used up")[0]
            #expect(!told.contains("over budget"))
            #expect(tokens == 160_000)
            #expect(output.contains("3 tasks: 3 capped"), "\(output)")
        }
    }

    @Test func `what a session can't have used is left out with a word`() throws {
        try withRun { run in
            try script(
                """
                cat > /dev/null
                echo '{"type":"thread.started","thread_id":"0190a1b2-0000-7000-8000-000000000001"}'
                echo '{"type":"turn.completed","usage":{"input_tokens":2000000000000000,\
                "output_tokens":1}}'
                """,
                run.root + "/agent"
            )
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}, admission: \(QuireRun.unbounded)}
                tasks: [{name: t, prompt: p, max_sessions: 1}]
                """,
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            let told = "warning: t: session 1 reported an impossible usage "
            #expect(
                outcome.output.contains(told + "(input_tokens is 2000000000000000)"),
                "\(outcome.output)"
            )
        }
    }

    @Test func `what nobody knows is booked as set aside, and adds up`() throws {
        try withRun { run in
            try writeCountingAgent(
                run,
                """
                begin
                echo '{"type":"item.completed","item":{"type":"agent_message","text":"a"}}'
                echo '{"type":"turn.failed","error":{"message":"it was refused"}}'
                """
            )
            let (tokens, output) = try tokensOfRun(run)
            // The usual, and no more than a session may.
            #expect(tokens == 200_000, "\(output)")
            let reader = try #require(
                try StoreReader.open(directory: run.root + "/.autonomous/.quire")
            )
            let runs = try reader.runs()
            let session = try reader.sessions(of: try #require(runs.first?.run)).first
            #expect(session?.end?.isUsageEstimated == true)
            #expect(session?.end?.usage?.total == 200_000)
            #expect(session?.end?.isUsagePartial == nil)
        }
    }

    @Test func `a run ends when its budget is used up, and says so`() throws {
        try withRun { run in
            try run.write(
                (0..<6).map { ("t\($0)", "entries=9 tokens=10000") },
                concurrency: 1,
                run: "budget: {tokens: 100k}"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)")
            #expect(outcome.output.contains("the run's budget is used up"))
            #expect(outcome.output.contains("capped"))
        }
    }

    @Test func `what the run spent beyond its budget is shown at its end`() throws {
        try withRun { run in
            try run.write(
                (0..<3).map { ("t\($0)", "entries=9 tokens=40000 duration=300ms") },
                concurrency: 3,
                run: "budget: {tokens: 50k}"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)")
            let line = outcome.output.split(separator: "\n").first {
                $0.contains("over the budget")
            }
            #expect(
                line?.contains(" tokens over the budget of 50.0k: by what was") == true,
                "\(outcome.output)"
            )
        }
    }
}
