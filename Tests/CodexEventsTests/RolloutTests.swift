import Orchestration
import Testing

@testable import CodexEvents

@Suite struct `Codex's record of a thread` {
    private let count = """
        {"timestamp":"2026-11-24T13:31:28.296Z","ordinal":12,"type":"event_msg","payload":{"type":\
        "token_count","info":{"total_token_usage":{"input_tokens":1200,"cached_input_tokens":1000,\
        "cache_write_input_tokens":0,"output_tokens":34,"reasoning_output_tokens":10,\
        "total_tokens":1234},"model_context_window":258400},"rate_limits":{"primary":null}}}
        """

    private func usage(_ text: String) -> TokenUsage? { Rollout.usage(inEnd: Array(text.utf8)) }

    @Test func `the last count counts`() {
        let expected = TokenUsage(
            input: 1200,
            cachedInput: 1000,
            output: 34,
            reasoningOutput: 10
        )
        #expect(usage(count) == expected)
        let later = count.replacing("1200", with: "5000")
        #expect(usage("\(later)\n\(count)\n")?.input == 1200)
        #expect(usage("\(count)\n\(later)\n{\"type\":\"response_item\"}\n")?.input == 5000)
    }

    @Test func `a cut line, a count of nothing and other lines' words tell nothing`() {
        let later = count.replacing("1200", with: "5000")
        #expect(usage("\(count)\n\(later.dropLast(9))")?.input == 1200)
        let none = #"{"type":"event_msg","payload":{"type":"token_count","info":null}}"#
        #expect(usage("\(count)\n\(none)\n")?.input == 1200)
        let quoted = #"{"payload":{"type":"message","text":"\"token_count\" {\"info\":1}"}}"#
        #expect(usage("\(count)\n\(quoted)\n")?.input == 1200)
        #expect(usage("") == nil && usage("\n\n") == nil && usage(none) == nil)
    }

    @Test func `a thread tells when it was created`() {
        let thread = "01a20dc1-184f-7933-871b-4c78aca9e52e"
        #expect(
            Rollout.creation(of: thread) == WallTime(millisecondsSinceEpoch: 0x01a2_0dc1_184f)
        )
        #expect(Rollout.creation(of: "01a20dc1-184f-4933-871b-4c78aca9e52e") == nil)
        #expect(Rollout.creation(of: "../../etc") == nil)
        #expect(Rollout.isFile("rollout-2026-11-24T13-31-28-\(thread).jsonl", of: thread))
        #expect(!Rollout.isFile("rollout-2026-\(thread).jsonl.tmp", of: thread))
    }
}
