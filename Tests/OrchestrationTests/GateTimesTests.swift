import Orchestration
import Testing

@Suite struct `The time that gates held starts` {
    private func at(_ seconds: Int64) -> WallTime {
        WallTime(millisecondsSinceEpoch: seconds * 1000)
    }

    private func closed(_ gate: Gate, _ account: String? = nil) -> RunEvent {
        .gateClosed(GateClosed(gate: gate, account: account, until: nil, reason: "r"))
    }

    private func opened(_ gate: Gate, _ account: String? = nil) -> RunEvent {
        .gateOpened(GateOpened(gate: gate, account: account))
    }

    private func words(_ times: GateTimes, at seconds: Int64) -> [String] {
        times.held(at: at(seconds)).map {
            "\($0.gate.rawValue) \($0.account ?? "-") \($0.times) \($0.time.inSeconds)"
        }
    }

    @Test func `is counted for each gate and account, and one closed anew counts once`() {
        var times = GateTimes()
        times.apply(closed(.usageLimit), at: at(0))
        times.apply(closed(.rateLimit, "/two"), at: at(5))
        times.apply(closed(.usageLimit), at: at(10))
        times.apply(opened(.rateLimit, "/two"), at: at(15))
        times.apply(opened(.usageLimit), at: at(100))
        times.apply(closed(.usageLimit), at: at(200))
        let wanted = ["usage_limit - 2 130.0", "rate_limit /two 1 10.0"]
        #expect(words(times, at: 230) == wanted)
    }

    @Test func `stands still between legs, over which a usage limit stays the same`() {
        var times = GateTimes()
        times.apply(closed(.usageLimit), at: at(0))
        times.apply(closed(.network), at: at(0))
        times.legEnded(at: at(50))
        #expect(words(times, at: 1000) == ["network - 1 50.0", "usage_limit - 1 50.0"])
        times.apply(closed(.usageLimit), at: at(1000))
        times.apply(closed(.network), at: at(1000))
        times.apply(opened(.usageLimit), at: at(1010))
        times.apply(
            .runEnded(RunEnded(ending: .finished, outcomes: [:], unfinished: 0)),
            at: at(1020)
        )
        #expect(words(times, at: 5000) == ["network - 2 70.0", "usage_limit - 1 60.0"])
        times.apply(closed(.usageLimit), at: at(6000))
        #expect(words(times, at: 6000) == ["network - 2 70.0", "usage_limit - 2 60.0"])
    }

    @Test func `is none where a clock is set back`() {
        var times = GateTimes()
        times.apply(closed(.store), at: at(100))
        times.apply(opened(.store), at: at(40))
        #expect(words(times, at: 200) == ["store - 1 0.0"])
    }
}
