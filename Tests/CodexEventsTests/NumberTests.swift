import Agent
import CodexAgent
import CodexEvents
import Orchestration
import Testing

/// Numbers, and what may stand in their place, that no event should hold.
private let oddNumbers = [
    "0", "-0", "-1", "1", "0.5", "2147483648", "4294967296", "9007199254740993", "10000000000000",
    "10000000000001", "9223372036854775807", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "1e15", "9.3e18",
    "1e19", "1e308", "-1e308", "1e-308", "1e999", "-1e999", "123456789012345678901234567890",
    "\"5\"", "null", "true", "[1]", "{}",
]

@Suite struct `Numbers in events` {
    private static func events(_ generator: inout SplitMix64) -> String {
        func odd() -> String { oddNumbers.randomElement(using: &generator) ?? "0" }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
            return #"{"type":"item.completed","item":{"id":"i","type":"command_execution","#
                + #""command":"c","aggregated_output":"","exit_code":\#(odd()),"status":"failed"}}"#
        case 1:
            return #"{"type":"item.updated","item":{"id":\#(odd()),"type":"todo_list","#
                + #""items":[{"text":"t","completed":\#(odd())}]}}"#
        default:
            return #"{"type":"turn.completed","usage":{"input_tokens":\#(odd()),"#
                + #""cached_input_tokens":\#(odd()),"output_tokens":\#(odd()),"#
                + #""reasoning_output_tokens":\#(odd())}}"#
        }
    }

    @Test func `of any size end nothing, and are cut or left out`() {
        var generator = SplitMix64(seed: 41)
        var sum = TokenUsage.zero
        var told = 0
        for _ in 0..<10_000 {
            var transcript = SessionTranscript(
                resuming: ThreadReport(thread: "t", usage: sum - TokenUsage(input: 5, output: 7))
            )
            transcript.observe(.threadStarted("t"))
            for event in decode(Self.events(&generator) + "\n") {
                _ = event.summary
                transcript.observe(event)
            }
            let ending = SessionEnding(
                termination: .exited(0),
                standardError: [],
                outputBytes: 1,
                outputLeaked: false
            )
            let now = WallTime(millisecondsSinceEpoch: 0)
            let result = transcript.result(ending, now: now) { _ in 0 }
            guard let total = result.threadUsage, let own = result.usage else { continue }
            told += 1
            for count in [total.input, total.cachedInput, total.output, total.reasoningOutput] {
                #expect((0...TokenUsage.limit).contains(count))
            }
            sum = sum + own
            #expect(sum.total <= 2 * TokenUsage.limit)
        }
        #expect(told > 100, "\(told)")
    }

    @Test func `that can't be counts of tokens leave the usage out`() {
        func usage(_ input: String, _ output: String) -> CodexEvent? {
            decode(
                #"{"type":"turn.completed","usage":{"input_tokens":\#(input),"#
                    + #""output_tokens":\#(output)}}"# + "\n"
            ).first
        }
        func odd(_ count: String) -> String { "input_tokens is \(count)" }
        for count in ["18446744073709551615", "2000000000000000", "1e308", "\"12\"", "[1]"] {
            let told = count == "[1]" ? "a list" : count
            #expect(usage(count, "1") == .turnCompleted(nil, odd: odd(told)), "\(count)")
        }
        let cut = TokenUsage(input: 1, output: 7)
        #expect(usage("-5", "7") == .turnCompleted(TokenUsage(output: 7), odd: odd("-5")))
        #expect(usage("1.5", "7") == .turnCompleted(cut, odd: odd("1.5")))
        #expect(usage("1e3", "2") == .turnCompleted(TokenUsage(input: 1000, output: 2)))
        #expect(usage("null", "2") == .turnCompleted(TokenUsage(output: 2)))
    }

    @Test func `of cached tokens are no more than those of input`() {
        let line =
            #"{"type":"turn.completed","usage":{"input_tokens":60,"cached_input_tokens":2000,"#
            + #""output_tokens":1}}"# + "\n"
        let told = "cached_input_tokens is 2000, of input_tokens 60"
        #expect(
            decode(line).first
                == .turnCompleted(TokenUsage(input: 60, cachedInput: 60, output: 1), odd: told)
        )
    }

    @Test(arguments: [
        ("5", 5), ("\"5\"", 5), ("99999999999999999999", nil), ("1.5", nil), ("true", nil),
        ("-9223372036854775808", Int.min),
    ])
    func `of an exit status are told as they are, or not at all`(told: String, status: Int?) {
        let line =
            #"{"type":"item.completed","item":{"id":"i","type":"command_execution","#
            + #""command":["a","b"],"aggregated_output":"","exit_code":\#(told)}}"# + "\n"
        let kind = Item.Kind.commandExecution(
            command: "a b",
            outputBytes: 0,
            exitCode: status,
            status: ""
        )
        guard case .item(.completed, let item)? = decode(line).first else {
            Issue.record("no item")
            return
        }
        #expect(item.kind == kind)
    }

    @Test(arguments: [
        ("a\u{1B}[31mred\u{7} \u{202E}x", "a\\u{1B}[31mred\\u{07} \\u{202E}x"),
        ("a\u{200B}b\r\n\tc ", "ab c"),
    ])
    func `have neighbours in a failure that are shown by theirs`(message: String, shown: String) {
        #expect(message.oneLine(500) == shown)
        #expect(message.oneLine(5).count <= 5)
    }

    @Test(arguments: [
        "99999999999999999999999999999999 days", "1e308 hours", "9223372036854775807 seconds",
        "999999999999 weeks ago", "0.0000000000001 s", "9999999999999999999999999999 ms x",
    ])
    func `of waits are no reset that ends the process`(wait: String) {
        let now = WallTime(millisecondsSinceEpoch: 1_800_000_000_000)
        for message in ["Try again in \(wait).", "Try again at Sep \(wait) 2026 12:04 AM."] {
            if let reset = ResetTime.parse(message, now: now, offset: { _ in 0 }) {
                #expect(reset >= now && reset - now <= .seconds(1_000_000_000))
            }
        }
    }

    @Test func `of a rollout are cut or left out, too`() {
        for number in oddNumbers {
            let line =
                #"{"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":"#
                + #"{"input_tokens":\#(number),"output_tokens":\#(number)}}}}"# + "\n"
            let usage = Rollout.usage(inEnd: Array(line.utf8))
            #expect((0...2 * TokenUsage.limit).contains(usage?.total ?? 0))
        }
    }
}
