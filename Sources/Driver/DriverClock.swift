import EventLoop
import Orchestration

/// The clock of a leg: time in which Quire was stopped or frozen is left out.
struct DriverClock {
    private let loop: any DriverLoop
    private var clock: SystemClock
    private var pulse: Pulse
    private var lastTurn: Moment

    init(loop: any DriverLoop) {
        self.loop = loop
        clock = SystemClock(loop: loop)
        pulse = Pulse(at: loop.now, work: loop.work)
        lastTurn = clock.now
    }

    /// The moment, without the time that was left out.
    var now: Moment { clock.now }

    /// Returns the loop's time for an awake time.
    func loopTime(of awake: Duration) -> Duration { clock.loopTime(of: awake) }

    /// Notes that the loop woke up since `Pulse.interval` was over.
    mutating func beat() { pulse.beat(work: loop.work) }

    /// Notes a turn of the loop and returns its moment; `nil`, leaving out nothing, if no leg is running.
    mutating func turn(isRunning: Bool) -> Moment? {
        let missed = pulse.missed(at: loop.now) { [loop] in loop.work }
        guard isRunning else { return nil }
        if Resumption.take() {
            clock.exclude(since: lastTurn)
        } else {
            clock.exclude(missed)
        }
        lastTurn = clock.now
        return lastTurn
    }
}
