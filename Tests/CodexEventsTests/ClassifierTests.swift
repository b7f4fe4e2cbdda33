import CodexEvents
import Foundation
import Orchestration
import Testing

@Suite struct `Judging a session` {
    @Test(
        arguments: [
            ("commands", nil), ("success", nil), ("resumed", nil), ("large-output", nil),
            ("file-change", nil), ("usage-limit", .usageLimit), ("rate-limited", .rateLimit),
            ("server-error", .overload), ("stream-cut", .streamCut),
            ("unauthorized", .authentication), ("context-window", .contextWindow),
            ("resume-unknown", .unknownThread), ("unknown-flag", .refusedToStart),
            ("untrusted-directory", .refusedToStart), ("interrupted-sigint", .incomplete),
            ("terminated-sigterm", .incomplete), ("silent-hang-sigterm", .incomplete),
            ("network-down", .incomplete),
        ] as [(String, FailureClass?)]
    )
    func `every recording is judged as it should be`(name: String, kind: FailureClass?) throws {
        #expect(try Recording(name).result().failure?.kind == kind)
    }

    private func judge(
        _ output: String,
        _ termination: Termination,
        standardError: String = ""
    ) -> SessionResult {
        var transcript = SessionTranscript(resuming: nil)
        for event in decode(output) { transcript.observe(event) }
        let ending = SessionTranscript.Ending(
            termination: termination,
            standardError: Array(standardError.utf8),
            outputBytes: Int64(output.utf8.count),
            outputLeaked: false
        )
        return transcript.result(
            ending,
            now: WallTime(millisecondsSinceEpoch: 0),
            offset: { _ in 0 }
        )
    }

    @Test func `exit 0 without a completed turn is a failure`() {
        #expect(judge("", .exited(0)).failure?.kind == .incomplete)
        let torn = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n{\"type\":\"turn.compl"
        #expect(judge(torn, .exited(0)).failure?.kind == .incomplete)
    }

    @Test func `garbage is not Codex`() {
        #expect(judge("hello\nworld\n", .exited(0)).failure?.kind == .notCodex)
    }

    @Test func `a signal that nobody explains killed it`() {
        let begun = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n"
        #expect(judge(begun, .signaled(9)).failure?.kind == .killed)
    }

    @Test func `an agent that talks about limits has none`() {
        let text =
            #"{"type":"item.completed","item":{"type":"agent_message","text":"You've hit your usage limit"}}"#
        let output = text + "\n" + #"{"type":"turn.completed","usage":{"input_tokens":1}}"#
        #expect(judge(output, .exited(0)).failure == nil)
    }

    @Test func `standard error that looks like events is not read`() {
        let failed = #"{"type":"turn.failed","error":{"message":"unexpected status 401"}}"#
        let output = #"{"type":"turn.completed","usage":{"input_tokens":1}}"#
        #expect(judge(output, .exited(0), standardError: failed).failure == nil)
    }

    @Test func `a process that could not be started says why`() {
        let result = judge("", .notStarted(errno: 2, doing: "running \"x\": no such file"))
        #expect(result.failure == Failure(.spawnFailed, "running \"x\": no such file"))
    }

    @Test func `a resumed session's usage is its own part of the thread's total`() throws {
        let first = try Recording("success").result()
        #expect(first.usage?.input == 1200)
        let report = ThreadReport(
            thread: try #require(first.thread),
            usage: try #require(first.threadUsage)
        )
        let second = try Recording("resumed").result(resuming: report)
        #expect(second.threadUsage?.input == 2400)
        #expect(second.usage == first.usage)
    }

    @Test func `a total that shrank is taken whole`() throws {
        let report = ThreadReport(
            thread: "01a207bb-d336-7593-b9df-1ff8d71acb80",
            usage: TokenUsage(input: 9999)
        )
        #expect(try Recording("resumed").result(resuming: report).usage?.input == 2400)
    }
}

@Suite struct `When a limit resets` {
    /// 2026-11-23 09:30:00 UTC.
    private let now = WallTime(millisecondsSinceEpoch: 1_795_426_200_000)

    private func reset(_ words: String, offset: @escaping (WallTime) -> Int = { _ in 0 }) -> String?
    {
        let message = "You’ve hit your usage limit. Upgrade or try again at \(words)."
        guard let time = ResetTime.parse(message, now: now, offset: offset) else { return nil }
        let date = Date(timeIntervalSince1970: Double(time.millisecondsSinceEpoch) / 1000)
        return ISO8601DateFormatter().string(from: date)
    }

    @Test(
        arguments: [
            ("10:11 AM", "2026-11-23T10:12:00Z"), ("9:29 AM", "2026-11-24T09:30:00Z"),
            ("9:30 AM", "2026-11-23T09:31:00Z"), ("12:04 AM", "2026-11-24T00:05:00Z"),
            ("12:00 PM", "2026-11-23T12:01:00Z"), ("11:59 PM", "2026-11-24T00:00:00Z"),
            ("Sep 18th, 2026 12:04 AM", "2026-09-18T00:05:00Z"),
            ("Feb 29th, 2028 1:00 PM", "2028-02-29T13:01:00Z"),
            ("soon", nil), ("25:00 AM", nil), ("10:11", nil),
        ] as [(String, String?)]
    )
    func `the next such time is meant, one minute later`(words: String, expected: String?) {
        #expect(reset(words) == expected)
    }

    @Test func `local time is meant, across a change to summer time`() {
        // UTC+1 until 2026-11-23 12:00 UTC, UTC+2 from then on.
        let change = WallTime(millisecondsSinceEpoch: 1_795_435_200_000)
        let zone: (WallTime) -> Int = { $0 < change ? 3600 : 7200 }
        #expect(reset("11:00 AM", offset: zone) == "2026-11-23T10:01:00Z")
        #expect(reset("6:00 PM", offset: zone) == "2026-11-23T16:01:00Z")
        #expect(reset("10:00 AM", offset: zone) == "2026-11-24T08:01:00Z")
    }

    @Test func `a message without a time tells none`() {
        #expect(
            ResetTime.parse("You've hit your usage limit.", now: now, offset: { _ in 0 }) == nil
        )
    }

    @Test func `the recorded message is understood`() throws {
        #expect(try Recording("usage-limit").result().failure?.resetsAt != nil)
    }
}

@Suite struct `Codex's arguments` {
    @Test func `a start`() {
        let command = CodexCommand(directories: ["/w/.autonomous/a"])
        #expect(
            command.arguments.joined(separator: " ")
                == "exec --add-dir /w/.autonomous/a -c approval_policy=\"never\" "
                + "-c sandbox_mode=\"workspace-write\" --skip-git-repo-check --json -"
        )
    }

    @Test func `a resume, with everything`() {
        let command = CodexCommand(
            sandbox: .dangerFullAccess,
            directories: ["/d"],
            model: "m",
            extra: ["-c", "x=y"],
            resumes: "id"
        )
        #expect(
            command.arguments.joined(separator: " ")
                == "exec --add-dir /d resume -c approval_policy=\"never\" "
                + "-c sandbox_mode=\"danger-full-access\" --skip-git-repo-check --json "
                + "--model m -c x=y id -"
        )
    }
}
