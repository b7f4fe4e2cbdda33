import Agent
import CodexAgent
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
        standardError: String = "",
        isLaunched: Bool = false
    ) -> SessionResult {
        var transcript = SessionTranscript(resuming: nil)
        for event in decode(output) { transcript.observe(event) }
        let ending = SessionEnding(
            termination: termination,
            standardError: Array(standardError.utf8),
            outputBytes: Int64(output.utf8.count),
            outputLeaked: false,
            isLaunched: isLaunched
        )
        return transcript.result(
            ending,
            now: WallTime(millisecondsSinceEpoch: 0),
            offset: { _ in 0 }
        )
    }

    @Test(arguments: [
        (
            "WARNING: x\nError loading config.toml:\n/h/config.toml:1:11: invalid basic string, "
                + "expected `\"`\n  |\n1 | model = \"x\n  |           ^\n\n",
            FailureClass.brokenConfiguration,
            "Error loading config.toml: /h/config.toml:1:11: invalid basic string, expected `\"` | 1 | "
                + "model = \"x | ^"
        ),
        (
            "Error loading config.toml: invalid type: integer `5`, expected a string\nin `model`\n\n",
            .brokenConfiguration,
            "Error loading config.toml: invalid type: integer `5`, expected a string in `model`"
        ),
        (
            "Error parsing -c overrides: Invalid override (missing '='): nokey\n",
            .brokenConfiguration,
            "Error parsing -c overrides: Invalid override (missing '='): nokey"
        ),
        (
            "Error: Model provider `nothing` not found\n\nStack backtrace:\n   0: <unknown>\n",
            .brokenConfiguration, "Error: Model provider `nothing` not found"
        ),
        (
            "error: unexpected argument '--foo' found\n\nUsage: codex exec\n", .refusedToStart,
            "error: unexpected argument '--foo' found"
        ),
        ("one\ntwo\n\n", .refusedToStart, "two"), ("", .refusedToStart, "no message"),
    ])
    func `an agent that refused to start is quoted whole`(
        standardError: String,
        kind: FailureClass,
        words: String
    ) {
        let failure = judge("", .exited(1), standardError: standardError).failure
        #expect(failure?.kind == kind)
        #expect(failure?.message == "exit status 1: \(words)")
    }

    @Test func `exit 0 without a completed turn is a failure`() {
        #expect(judge("", .exited(0)).failure?.kind == .incomplete)
        let torn = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n{\"type\":\"turn.compl"
        #expect(judge(torn, .exited(0)).failure?.kind == .incomplete)
    }

    @Test(arguments: [
        ("the disk is on fire\n", ": the disk is on fire"), ("", ""), (" \n\n", ""),
        (
            "reading\n\u{1B}[31mthe disk\u{7} is on fire\n\n",
            #": \u{1B}[31mthe disk\u{07} is on fire"#
        ),
        (
            "thread 'main' panicked at a.rs:1:1\nError: no space\n\nStack backtrace:\n 0: x\n",
            ": Error: no space"
        ),
    ])
    func `an end that nothing else explains is told with what standard error says`(
        standardError: String,
        words: String
    ) {
        let begun =
            "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n{\"type\":\"turn.started\"}\n"
        let torn = judge(begun, .exited(3), standardError: standardError).failure
        #expect(torn?.kind == .incomplete)
        #expect(torn?.message == "its output ended before its turn did (exit status 3)" + words)
        let garbage = judge("hello\n", .exited(3), standardError: standardError).failure
        #expect(garbage?.kind == .notCodex)
        #expect(
            garbage?.message == "its stdout is not Codex's JSON Lines (exit status 3)" + words
        )
    }

    @Test func `garbage is not Codex`() {
        #expect(judge("hello\nworld\n", .exited(0)).failure?.kind == .notCodex)
    }

    @Test func `a signal that nobody explains killed it`() {
        let begun = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n"
        #expect(judge(begun, .signaled(9)).failure?.kind == .killed)
    }

    /// What Slurm 22.05 was seen to end with: a node that went away, a step that was cancelled or
    /// preempted.
    private static let slurm: [(Int32, String)] = [
        (233, "srun: Job step aborted\n"), (143, "srun: error: n1: task 0: Terminated\n"),
        (137, "slurmstepd: error: *** STEP 5.2 ON n1 CANCELLED AT 2026-11-26T13:40:05 ***\n"),
        (1, "srun: error: Unable to create step for job 12: Job/step already completing\n"),
    ]

    @Test func `a launcher that ends with 255 has lost its agent`() {
        let begun = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n"
        let words = "client_loop: send disconnect: Broken pipe\r\n"
        for output in ["", begun] {
            let lost = judge(output, .exited(255), standardError: words, isLaunched: true)
            #expect(lost.failure?.kind == .connectionLost)
            #expect(lost.failure?.message.contains("send disconnect: Broken pipe") == true)
            #expect(judge(output, .exited(255)).failure?.kind != .connectionLost)
        }
        for (status, words) in Self.slurm {
            let lost = judge("", .exited(status), standardError: words, isLaunched: true)
            #expect(lost.failure?.kind == .connectionLost, "\(words)")
        }
        let own =
            "Not inside a trusted directory\nsrun: error: n1: task 0: Exited with exit code 1\n"
        let refused = judge("", .exited(1), standardError: own, isLaunched: true)
        #expect(refused.failure?.kind == .refusedToStart)
        let complete = begun + "{\"type\":\"turn.completed\"}\n"
        #expect(judge(complete, .exited(255), isLaunched: true).failure == nil)
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
            ("10:11 AM", "2026-11-23T10:12:00Z"), ("9:29 AM", "2026-11-23T09:30:00Z"),
            ("9:30 AM", "2026-11-23T09:31:00Z"), ("12:04 AM", "2026-11-24T00:05:00Z"),
            ("12:00 PM", "2026-11-23T12:01:00Z"), ("11:59 PM", "2026-11-24T00:00:00Z"),
            ("9:31 PM", "2026-11-23T21:32:00Z"), ("10:00 PM", "2026-11-23T22:01:00Z"),
            ("Sep 2nd, 2027 9:00 AM", "2027-09-02T09:01:00Z"),
            ("Sep 18th, 2026 12:04 AM", "2026-09-18T00:05:00Z"),
            ("Feb 29th, 2028 1:00 PM", "2028-02-29T13:01:00Z"),
            ("soon", nil), ("25:00 AM", nil), ("10:11", nil),
        ] as [(String, String?)]
    )
    func `today's time is meant, or the date's, and the end of that minute`(
        words: String,
        expected: String?
    ) {
        #expect(reset(words) == expected)
    }

    @Test func `local time is meant, across a change to summer time`() {
        // UTC+1 until 2026-11-23 12:00 UTC, UTC+2 from then on.
        let change = WallTime(millisecondsSinceEpoch: 1_795_435_200_000)
        let zone: (WallTime) -> Int = { $0 < change ? 3600 : 7200 }
        #expect(reset("11:00 AM", offset: zone) == "2026-11-23T10:01:00Z")
        #expect(reset("6:00 PM", offset: zone) == "2026-11-23T16:01:00Z")
        #expect(reset("9:20 AM", offset: zone) == "2026-11-24T07:21:00Z")
    }

    /// Seconds from UTC in Berlin, where clocks went back on 2026-10-25 and forward on 2027-03-28,
    /// each at 01:00 UTC.
    private static let berlin: @Sendable (WallTime) -> Int = { time in
        let winter = WallTime(millisecondsSinceEpoch: 1_792_890_000_000)
        let summer = WallTime(millisecondsSinceEpoch: 1_806_195_600_000)
        return time < winter || time >= summer ? 7200 : 3600
    }

    @Test(
        arguments: [
            // The hour from 2 to 3 comes twice: the first, then the second.
            ("2026-10-25T00:10:00Z", "2:30 AM", "2026-10-25T00:31:00Z"),
            ("2026-10-25T00:31:00Z", "2:30 AM", "2026-10-25T01:31:00Z"),
            ("2026-10-25T01:31:03Z", "2:30 AM", "2026-10-25T01:31:00Z"),
            ("2026-10-24T20:00:00Z", "Oct 25th, 2026 3:10 AM", "2026-10-25T02:11:00Z"),
            // The hour from 2 to 3 is left out.
            ("2027-03-28T00:50:00Z", "2:30 AM", "2027-03-28T01:31:00Z"),
            ("2027-03-28T00:50:00Z", "3:30 AM", "2027-03-28T01:31:00Z"),
            // Without a date before midnight, and read a little late across it.
            ("2026-11-23T22:50:00Z", "12:04 AM", "2026-11-23T23:05:00Z"),
            ("2026-11-23T23:00:30Z", "11:59 PM", "2026-11-23T23:00:00Z"),
            ("2026-11-23T23:03:00Z", "11:59 PM", "2026-11-24T23:00:00Z"),
            // Just over.
            ("2026-11-23T09:12:02Z", "10:11 AM", "2026-11-23T09:12:00Z"),
        ]
    )
    func `clocks that are set, and midnight, lead nowhere`(
        now: String,
        words: String,
        expected: String
    ) throws {
        let date = try #require(ISO8601DateFormatter().date(from: now))
        let time = WallTime(millisecondsSinceEpoch: Int64(date.timeIntervalSince1970 * 1000))
        let reset = ResetTime.parse("try again at \(words).", now: time, offset: Self.berlin)
        let told = reset.map {
            Date(timeIntervalSince1970: Double($0.millisecondsSinceEpoch) / 1000)
        }
        #expect(told.map(ISO8601DateFormatter().string) == expected)
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
        let session = AgentSession(directories: ["/w/.autonomous/a"])
        #expect(
            Codex.cli.arguments(for: session).joined(separator: " ")
                == "exec -c approval_policy=\"never\" -c sandbox_mode=\"workspace-write\" "
                + "--skip-git-repo-check --json --add-dir /w/.autonomous/a -"
        )
    }

    @Test func `a resume, with everything`() {
        let session = AgentSession(
            sandbox: .dangerFullAccess,
            directories: ["/d"],
            model: "m",
            extra: ["-p", "mine", "--image", "a.png"],
            resumes: "id"
        )
        #expect(
            Codex.cli.arguments(for: session).joined(separator: " ")
                == "exec -c approval_policy=\"never\" -c sandbox_mode=\"danger-full-access\" "
                + "--skip-git-repo-check --json --model m -p mine --image a.png --add-dir /d "
                + "resume id -"
        )
    }

    @Test(arguments: ["--last", "-", "", "a b", "../x", "é", "a\u{1B}"])
    func `what is no thread's id is not resumed`(thread: String) {
        let fresh = Codex.cli.arguments(for: AgentSession())
        #expect(Codex.cli.arguments(for: AgentSession(resumes: thread)) == fresh)
    }
}
