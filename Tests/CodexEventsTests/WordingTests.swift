import Agent
import CodexAgent
import CodexEvents
import Foundation
import Orchestration
import Testing

/// What Codex has been seen to say, where, what it is taken for, and when it is over.
struct Wording: Sendable, CustomTestStringConvertible {
    var message: String
    var kind: FailureClass
    /// UTC, for a reader in UTC on 2026-11-23 at 09:30:00.
    var reset: String?
    /// A recording, or an issue or a source file of openai/codex.
    var source: String

    init(_ message: String, _ kind: FailureClass, _ reset: String, _ source: String) {
        (self.message, self.kind, self.reset, self.source) = (message, kind, reset, source)
    }

    init(_ message: String, _ kind: FailureClass, _ source: String) {
        (self.message, self.kind, self.source) = (message, kind, source)
    }

    var testDescription: String { String(message.prefix(80)) }
}

private let errors = "codex-rs/protocol/src/error.rs"
private let olderErrors = "codex-rs/core/src/error.rs"

private let limits = [
    Wording(
        "You’ve hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit "
            + "https://chatgpt.com/settings/usage to purchase more credits or try again at 10:28 AM.",
        .usageLimit,
        "2026-11-23T10:29:00Z",
        "recording usage-limit of 0.163.0"
    ),
    Wording(
        "You've hit your usage limit. Upgrade to Pro (https://openai.com/chatgpt/pricing), visit "
            + "https://chatgpt.com/codex/settings/usage to purchase more credits or try again at "
            + "Nov 24th, 2026 12:04 AM.",
        .usageLimit,
        "2026-11-24T00:05:00Z",
        olderErrors
    ),
    Wording(
        "You've hit your usage limit. To get more access now, send a request to your admin or try "
            + "again at 2:31 PM.",
        .usageLimit,
        "2026-11-23T14:32:00Z",
        errors
    ),
    Wording(
        "You've hit your usage limit. Visit https://chatgpt.com/codex/settings/usage to purchase "
            + "more credits or try again later.",
        .usageLimit,
        errors
    ),
    Wording(
        "You've hit your usage limit. Try again at 9:58 AM.",
        .usageLimit,
        "2026-11-23T09:59:00Z",
        errors
    ),
    Wording("You've hit your usage limit. Try again later.", .usageLimit, errors),
    Wording(
        "You've hit your usage limit. Upgrade to Plus to continue using Codex "
            + "(https://chatgpt.com/explore/plus), or try again at Dec 1st, 2026 10:42 AM.",
        .usageLimit,
        "2026-12-01T10:43:00Z",
        errors
    ),
    Wording(
        "You've hit your usage limit. Upgrade to Plus to continue using Codex "
            + "(https://openai.com/chatgpt/pricing).",
        .usageLimit,
        olderErrors
    ),
    Wording(
        "You've hit your usage limit for gpt-5.5-codex. Switch to another model now, or try again "
            + "at 1:00 PM.",
        .usageLimit,
        "2026-11-23T13:01:00Z",
        errors
    ),
    Wording(
        "You've hit your usage limit. Get a free month of Plus, or try again at Nov 30th, 2026 "
            + "4:44 AM.",
        .usageLimit,
        "2026-11-30T04:45:00Z",
        "\(errors), promo_message"
    ),
    Wording(
        "You've hit your usage limit. Upgrade to Pro or try again in 3 days 1 hour 7 minutes.",
        .usageLimit,
        "2026-11-26T10:37:00Z",
        "releases before 0.50"
    ),
    Wording(
        "You've hit your usage limit. Try again in less than a minute.",
        .usageLimit,
        "2026-11-23T09:31:00Z",
        "releases before 0.50"
    ),
    Wording(
        "You've hit your usage limit. Upgrade your plan to continue, or try again at 10 de jul. de "
            + "2026, 11:52.",
        .usageLimit,
        "issue 28089"
    ),
    Wording(
        "{\"error\":{\"type\":\"usage_limit_reached\",\"message\":\"The usage limit has been "
            + "reached\",\"plan_type\":\"plus\",\"resets_at\":1777936568}}",
        .usageLimit,
        "the service's body, as proxies pass it on"
    ),
    Wording("The usage limit has been reached", .usageLimit, "the service's message"),
    Wording(
        "Your workspace is out of credits. Add credits to continue.",
        .usageLimit,
        errors
    ),
    Wording(
        "Your workspace is out of credits. Ask your workspace owner to refill in order to continue.",
        .usageLimit,
        errors
    ),
    Wording(
        "You hit your spend cap set in your workspace. Increase your spend cap to continue.",
        .usageLimit,
        errors
    ),
    Wording(
        "You hit your spend cap set by the owner of your workspace. Ask an owner to increase your "
            + "spend cap to continue.",
        .usageLimit,
        errors
    ),
    Wording("Quota exceeded. Check your plan and billing details.", .usageLimit, "issue 8987"),
]

private let rates = [
    Wording(
        "exceeded retry limit, last status: 429 Too Many Requests",
        .rateLimit,
        "recording rate-limited of 0.163.0"
    ),
    Wording(
        "exceeded retry limit, last status: 429 Too Many Requests, request id: req_5da8e9df",
        .rateLimit,
        errors
    ),
    Wording(
        "stream disconnected before completion: Rate limit reached for gpt-5 in organization org-x "
            + "on tokens per min (TPM): Limit 40000000, Used 40000000, Requested 19304. Please try "
            + "again in 28ms. Visit https://platform.openai.com/account/rate-limits to learn more.",
        .rateLimit,
        "2026-11-23T09:30:00Z",
        "issue 2255"
    ),
    Wording(
        "Stream disconnected before completion: Rate limit reached for organization org-x on tokens "
            + "per min (TPM): Limit 250000, Used 250000, Requested 58487. Please try again in "
            + "14.036s. Visit https://platform.openai.com/account/rate-limits to learn more.",
        .rateLimit,
        "2026-11-23T09:30:14Z",
        "issue 10055"
    ),
    Wording(
        "stream disconnected before completion: Rate limit reached for organization org-x on "
            + "requests per min (RPM): Limit 3000, Used 3000, Requested 1. Please try again in 20ms.",
        .rateLimit,
        "2026-11-23T09:30:00Z",
        "issue 10060"
    ),
    Wording(
        "stream disconnected before completion: Rate limit is exceeded. Try again in 17 seconds.",
        .rateLimit,
        "2026-11-23T09:30:17Z",
        "issue 3764"
    ),
    Wording("unexpected status 429 Too Many Requests: slow down", .rateLimit, errors),
]

private let others = [
    Wording(
        "We’re currently experiencing high demand, which may cause temporary errors.",
        .overload,
        "recording server-error of 0.163.0"
    ),
    Wording(
        "Error running remote compact task: We're currently experiencing high demand, which may "
            + "cause temporary errors.",
        .overload,
        "a failed compaction"
    ),
    Wording(
        "Selected model is at capacity. Please try a different model.",
        .overload,
        "issue 44382"
    ),
    Wording(
        "unexpected status 503 Service Unavailable: Our servers are currently overloaded. Please "
            + "try again later.",
        .overload,
        "issue 44382"
    ),
    Wording("unexpected status 502 Bad Gateway: Unknown error", .overload, errors),
    Wording(
        "exceeded retry limit, last status: 500 Internal Server Error",
        .overload,
        errors
    ),
    Wording(
        "stream disconnected before completion: stream closed before response.completed",
        .streamCut,
        "recording stream-cut of 0.163.0"
    ),
    Wording(
        "stream disconnected before completion: idle timeout waiting for SSE",
        .streamCut,
        "issue 3229"
    ),
    Wording(
        "stream disconnected before completion: websocket closed by server before "
            + "response.completed",
        .streamCut,
        "issue 24533"
    ),
    Wording(
        "stream disconnected before completion: Operation timed out (os error 60)",
        .streamCut,
        "issue 15014"
    ),
    Wording(
        "stream disconnected before completion: An error occurred while processing your request. "
            + "You can retry your request.",
        .streamCut,
        "issue 46152"
    ),
    Wording(
        "Error while reading the server response: error decoding response body, request id: r",
        .streamCut,
        errors
    ),
    Wording("Connection failed: error sending request for url (x)", .noNetwork, errors),
    Wording("Connection failed: error sending request", .noNetwork, "0.163.0, refused port"),
    Wording(
        "stream disconnected before completion: error sending request for url (http://127.0.0.1:1/v1)",
        .noNetwork,
        "0.144.4, refused port"
    ),
    Wording("Connection failed: tls handshake eof", .streamCut, errors),
    Wording(
        "unexpected status 401 Unauthorized: Incorrect API key provided",
        .authentication,
        "recording unauthorized of 0.163.0"
    ),
    Wording(
        "unexpected status 401 Unauthorized: You have insufficient permissions for this operation. "
            + "Missing scopes: api.responses.write.",
        .authentication,
        "issue 19743"
    ),
    Wording(
        "Your access token could not be refreshed because your refresh token was already used. "
            + "Please log out and sign in again.",
        .authentication,
        "issue 6498"
    ),
    Wording(
        "Your access token could not be refreshed. Please log out and sign in again.",
        .authentication,
        "issue 9634"
    ),
    Wording(
        "exceeded retry limit, last status: 401 Unauthorized, request id: r",
        .authentication,
        errors
    ),
    Wording(
        "Access blocked by Cloudflare. This usually happens when connecting from a restricted "
            + "region (status 403 Forbidden)",
        .authentication,
        errors
    ),
    Wording("Missing environment variable: `OPENAI_API_KEY`.", .authentication, errors),
    Wording(
        "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.",
        .authentication,
        errors
    ),
    Wording(
        "Codex ran out of room in the model's context window. Start a new thread or clear earlier "
            + "history before retrying.",
        .contextWindow,
        "recording context-window of 0.163.0"
    ),
    Wording(
        "Codex ran out of room in the model’s context window. Start a new conversation or clear "
            + "earlier history before retrying.",
        .contextWindow,
        olderErrors
    ),
    Wording(
        "Your input exceeds the context window of this model. Please adjust your input and try "
            + "again.",
        .contextWindow,
        "the service's message"
    ),
    Wording(
        "failed to initialize sqlite local db at /h/.codex/state_5.sqlite: error returned from "
            + "database: (code: 5) database is locked",
        .stateLocked,
        "issue 46269"
    ),
    Wording(
        "Codex couldn't start because another Codex process is using its local data.",
        .stateLocked,
        "issue 46269"
    ),
    Wording("no thread with id: 0199a213", .unknownThread, errors),
    Wording("turn aborted. Something went wrong?", .turnFailed, errors),
    Wording("internal error; agent loop died unexpectedly", .turnFailed, errors),
    Wording("Fatal error: the reviewer found the rate limiter's limits wrong", .turnFailed, errors),
]

/// Quotes a text for JSON.
private func quoted(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
}

@Suite struct `What Codex says of limits` {
    /// 2026-11-23 09:30:00 UTC.
    private static let now = WallTime(millisecondsSinceEpoch: 1_795_426_200_000)

    private func judge(
        _ lines: [String],
        status: Int32,
        standardError: String = ""
    ) -> SessionResult {
        let output =
            ([
                #"{"type":"thread.started","thread_id":"t"}"#, #"{"type":"turn.started"}"#,
            ] + lines).map { $0 + "\n" }.joined()
        var transcript = SessionTranscript(resuming: nil)
        for event in decode(output) { transcript.observe(event) }
        let ending = SessionEnding(
            termination: .exited(status),
            standardError: Array(standardError.utf8),
            outputBytes: Int64(output.utf8.count),
            outputLeaked: false
        )
        return transcript.result(ending, now: Self.now, offset: { _ in 0 })
    }

    @Test(arguments: limits + rates + others)
    func `every wording is taken for what it is`(wording: Wording) throws {
        let message = quoted(wording.message)
        let result = judge(
            [
                #"{"type":"error","message":\#(message)}"#,
                #"{"type":"turn.failed","error":{"message":\#(message)}}"#,
            ],
            status: 1
        )
        let failure = try #require(result.failure)
        #expect(failure.kind == wording.kind, "\(wording.source)")
        let reset = failure.resetsAt.map { time in
            ISO8601DateFormatter().string(
                from: Date(timeIntervalSince1970: Double(time.millisecondsSinceEpoch / 1000))
            )
        }
        #expect(reset == wording.reset, "\(wording.source)")
    }

    /// The wordings that promise no time, and ask for money or an administrator.
    @Test(arguments: limits)
    func `a limit needs a person where its words promise no time`(wording: Wording) throws {
        let message = quoted(wording.message)
        let result = judge([#"{"type":"turn.failed","error":{"message":\#(message)}}"#], status: 1)
        let failure = try #require(result.failure)
        let isForPeople =
            ["Your workspace", "You hit your spend", "Quota exceeded"].contains {
                wording.message.hasPrefix($0)
            } || wording.message.hasSuffix("(https://openai.com/chatgpt/pricing).")
        #expect(failure.needsPerson == (isForPeople ? true : nil))
        #expect(failure.limit == (wording.message.contains("gpt-5.5") ? "gpt-5.5-codex" : nil))
    }

    @Test func `there are enough wordings to tell the classes by`() {
        #expect((limits + rates + others).count >= 50)
    }

    @Test(arguments: limits + rates + others)
    func `no agent, command, warning or log that says the same raises an alarm`(wording: Wording) {
        let message = quoted(wording.message)
        let talk = [
            #"{"type":"item.completed","item":{"id":"1","type":"agent_message","text":\#(message)}}"#,
            #"{"type":"item.completed","item":{"id":"2","type":"reasoning","text":\#(message)}}"#,
            #"{"type":"item.completed","item":{"id":"3","type":"command_execution","command":"cat x","aggregated_output":\#(message),"exit_code":1,"status":"failed"}}"#,
            #"{"type":"item.completed","item":{"id":"4","type":"error","message":\#(message)}}"#,
        ]
        let completed = #"{"type":"turn.completed","usage":{"input_tokens":1}}"#
        let said = judge(talk + [completed], status: 0, standardError: wording.message)
        #expect(said.failure == nil)
        let cut = judge(talk, status: 1, standardError: wording.message)
        #expect(cut.failure?.kind == .incomplete)
    }

    @Test func `a limit that Codex met on the way to a completed turn is none`() {
        let message = quoted(limits[0].message)
        let completed = #"{"type":"turn.completed","usage":{"input_tokens":1}}"#
        let met = judge([#"{"type":"error","message":\#(message)}"#, completed], status: 0)
        #expect(met.failure == nil)
        let failed = #"{"type":"turn.failed","error":{"message":\#(message)}}"#
        #expect(judge([failed, completed], status: 0).failure == nil)
        #expect(judge([completed, failed], status: 1).failure?.kind == .usageLimit)
    }

    @Test func `a lock that keeps Codex from starting is seen on standard error`() {
        var transcript = SessionTranscript(resuming: nil)
        for event in decode("") { transcript.observe(event) }
        let words = "Error: failed to open the state database: (code: 5) database is locked"
        let ending = SessionEnding(
            termination: .exited(1),
            standardError: Array(words.utf8),
            outputBytes: 0,
            outputLeaked: false
        )
        let result = transcript.result(ending, now: Self.now, offset: { _ in 0 })
        #expect(result.failure?.kind == .stateLocked)
    }
}
