import EventLoop

/// The loop as a leg uses it: its clock, its worker threads, its timers and its turns.
///
/// Unit tests have a loop of their own, on virtual time.
protocol DriverLoop: AnyObject {
    /// The time on the clock that stands still while the machine is suspended.
    var now: Duration { get }
    /// The processor time that the loop's thread has used.
    var work: Duration { get }
    /// Does a job on a worker thread, and hands its result to `then` on the loop.
    func perform<Value: Sendable>(
        _ job: @escaping @Sendable () -> Value,
        then: @escaping (Value) -> Void
    )
    /// Makes a timer that is off.
    func timer(_ fire: @escaping () -> Void) throws(LoopError) -> any DriverTimer
    /// Calls `body` before the loop sleeps and after it has read what came.
    func onTurn(_ body: @escaping () -> Void) throws(LoopError)
    /// Runs until `stop` is called.
    func run()
    /// Lets `run` return at the end of this turn.
    func stop()
}

/// A single-shot timer of a `DriverLoop`; see `Timer`.
protocol DriverTimer: AnyObject {
    var isSet: Bool { get }
    func set(_ time: Duration?)
    func close()
}

extension Timer: DriverTimer {}

extension Loop: DriverLoop {
    func timer(_ fire: @escaping () -> Void) throws(LoopError) -> any DriverTimer {
        try Timer(loop: self, fire: fire)
    }
}
