import EventLoop
import Testing

@Suite struct `A loop that wakes up every second` {
    @Test func `has missed what it neither waited for nor worked`() {
        var pulse = Pulse(at: .seconds(100), work: .seconds(1))
        func missed(_ now: Double, work: Double) -> Duration {
            pulse.missed(at: .seconds(now)) { .seconds(work) }
        }
        #expect(missed(101, work: 1) == .zero)
        // On a busy machine it wakes up late.
        #expect(missed(104, work: 1) == .zero)
        #expect(missed(113, work: 1) == .seconds(8))
        // It has just worked hard.
        #expect(missed(123, work: 9.5) == .zero)
        pulse.beat(work: .seconds(9.5))
        #expect(missed(133, work: 9.5) == .seconds(9))
    }

    @Test func `knows what its thread has worked`() throws {
        let loop = try Loop()
        defer { loop.close() }
        let before = loop.work
        while loop.work - before < .milliseconds(2) {}
        #expect(loop.work > before)
    }
}
