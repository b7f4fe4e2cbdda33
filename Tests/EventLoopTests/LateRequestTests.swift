import EventLoop
import Glibc
import Testing

@Suite struct `A wish to end while the last is written` {
    @Test func `is one with its echo`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            // Test processes may have them blocked.
            Signals.takeCharge()
            Signals.finishWriting(echo: .seconds(3600))
            #expect(!Signals.wantsToEnd)
            for number in [SIGTERM, SIGTERM, SIGINT] { raise(number) }
            #expect(Signals.wantsToEnd)
            exit(7)
        }
    }

    @Test func `is the last where it is a second one`() async {
        await #expect(processExitsWith: .exitCode(130)) {
            // Test processes may have them blocked.
            Signals.takeCharge()
            Signals.finishWriting(echo: .zero)
            for number in [SIGTERM, SIGINT] { raise(number) }
            exit(7)
        }
    }
}
