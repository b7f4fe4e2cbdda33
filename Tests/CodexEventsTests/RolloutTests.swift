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

    @Test func `a record of a response tells the thread's total, too`() {
        let record = """
            {"type":"token_usage_record","payload":{"thread_id":"t","usage":{"input_tokens":1,\
            "output_tokens":1},"turn_token_usage":{"input_tokens":2,"output_tokens":2},\
            "thread_token_usage":{"input_tokens":7000,"cached_input_tokens":10,"output_tokens":3}}}
            """
        #expect(usage("\(count)\n\(record)\n")?.input == 7000)
        #expect(usage("\(record)\n\(count)\n")?.input == 1200)
        #expect(usage("\(count)\n\(record.dropLast(5))")?.input == 1200)
    }

    @Test func `a thread that another one started names it`() {
        func parent(_ line: String) -> String? { Rollout.parent(inHead: Array(line.utf8)) }
        let id = "01a22f05-a1a5-7121-b9e5-dbac5da8a951"
        let head = #"{"type":"session_meta","payload":{"id":"x","parent_thread_id":"\#(id)","#
        #expect(parent(head + #""cwd":"/w","base_instructions":{"text":"cut"#) == id)
        let source =
            #"{"type":"session_meta","payload":{"source":{"subagent":{"parent_thread_id":"\#(id)"}}}}"#
        #expect(parent(source) == id)
        #expect(
            parent(#"{"type":"session_meta","payload":{"id":"x","parent_thread_id":null}}"#) == nil
        )
        // Words that are quoted later, or in another line, name nobody.
        let quoted =
            #"{"type":"session_meta","base_instructions":{"text":""parent_thread_id":"\#(id)""#
        #expect(parent(quoted) == nil)
        #expect(parent("{\"type\":\"session_meta\"}\n" + head) == nil)
        #expect(parent(#"{"type":"session_meta","parent_thread_id":"../../etc"}"#) == nil)
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
