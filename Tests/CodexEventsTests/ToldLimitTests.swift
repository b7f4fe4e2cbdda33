import Orchestration
import Testing

@testable import CodexEvents

/// Limits as Codex CLI 0.163.0 wrote them, with other numbers.
@Suite struct `The limits in Codex's record` {
    private let now = WallTime(millisecondsSinceEpoch: 1_796_097_000_000)

    private func line(_ limits: String) -> String {
        #"{"timestamp":"2026-12-01T03:54:57.140Z","ordinal":12,"type":"event_msg","payload":{"type":"#
            + #""token_count","info":null,"rate_limits":\#(limits)}}"#
    }

    private func limit(
        _ primary: String,
        _ secondary: String = "null",
        id: String = "\"codex\"",
        name: String = "null"
    ) -> String {
        line(
            #"{"limit_id":\#(id),"limit_name":\#(name),"primary":\#(primary),"secondary":\#(secondary),"#
                + #""credits":null,"individual_limit":null,"plan_type":null}"#
        )
    }

    private func limits(_ lines: String...) -> [ToldLimit] {
        Rollout.limits(inEnd: Array(lines.joined(separator: "\n").utf8), at: now)
    }

    private let half = #"{"used_percent":50.0,"window_minutes":300,"resets_at":1796100896}"#

    @Test func `are windows with their length and reset`() throws {
        let found = limits(
            limit(half, #"{"used_percent":40.0,"window_minutes":10080,"resets_at":1796183696}"#)
        )
        let limit = try #require(found.first)
        #expect(found.count == 1 && limit.name == nil)
        #expect(limit.windows.map(\.used) == [50, 40])
        #expect(limit.windows.map(\.length) == [.seconds(18_000), .seconds(604_800)])
        #expect(limit.windows[0].resetsAt == WallTime(millisecondsSinceEpoch: 1_796_100_896_000))
    }

    @Test func `are the newest of each name`() {
        let old = limit(half.replacing("50.0", with: "10.0"))
        #expect(limits(old, limit(half)).first?.windows.first?.used == 50)
        let spark = limit(half, id: "\"spark\"", name: "\"GPT-5.3-Spark\"")
        #expect(limits(limit(half), spark).map(\.name) == [nil, "GPT-5.3-Spark"])
        #expect(limits(limit(half, id: "\"other\"")).map(\.name) == ["other"])
    }

    @Test(arguments: [
        "null", "{}", "[]", "7", #"{"used_percent":null,"window_minutes":300,"resets_at":1}"#,
        #"{"used_percent":-5.0,"window_minutes":-1,"resets_at":99999999999999}"#,
        #"{"used_percent":1000000000.0,"window_minutes":null,"resets_at":1}"#,
        #"{"used_percent":"50","window_minutes":300,"resets_at":1}"#,
        #"{"used_percent":1e999,"window_minutes":1e999,"resets_at":1e999}"#,
    ])
    func `without a percentage that makes sense are none`(window: String) {
        #expect(limits(limit(window)).isEmpty)
    }

    @Test func `with absurd times keep the percentage`() {
        let odd = #"{"used_percent":5,"window_minutes":-1,"resets_at":99999999999999999999}"#
        #expect(
            limits(limit(odd)).first?.windows
                == [UsageWindow(percent: 5, at: now)].compactMap(\.self)
        )
    }

    @Test func `survive lines that are cut off, and other lines' words`() {
        let cut = String(limit(half).dropLast(30))
        #expect(limits(limit(half), cut).first?.windows.first?.used == 50)
        #expect(limits(String(limit(half).dropFirst(20))).isEmpty)
        let quoted = #"{"payload":{"type":"message","text":"\"token_count\" \"rate_limits\""}}"#
        #expect(limits(limit(half), quoted).count == 1)
        #expect(limits(line("null")).isEmpty && limits("").isEmpty)
    }

    @Test func `are the app server's answer, too`() throws {
        let window = #"{"usedPercent":42,"windowDurationMins":300,"resetsAt":1796100896}"#
        let common = #"{"limitId":"codex","limitName":null,"primary":\#(window),"secondary":null}"#
        let named =
            #"{"limitId":"spark","limitName":"Spark","primary":\#(window),"secondary":null}"#
        let first = #"{"id":1,"result":{"userAgent":"quire"}}"#
        func answer(_ text: String) -> [ToldLimit]? {
            ToldLimit.answer(in: Array((first + "\n" + text).utf8), id: 2, at: now)
        }
        let all =
            #"{"id":2,"result":{"rateLimits":\#(common),"rateLimitsByLimitId":{"s":\#(named),"c":\#(common)}}}"#
        #expect(answer(all)?.map(\.name) == ["Spark", nil])
        #expect(answer(#"{"id":2,"result":{"rateLimits":\#(common)}}"#)?.map(\.name) == [nil])
        #expect(answer(#"{"id":2,"result":{"rateLimits":null,"rateLimitsByLimitId":null}}"#) == [])
        #expect(answer(#"{"error":{"code":-32603,"message":"no"},"id":2}"#) == [])
        #expect(answer(String(all.dropLast(4))) == nil)
        #expect(answer("") == nil)
    }
}
