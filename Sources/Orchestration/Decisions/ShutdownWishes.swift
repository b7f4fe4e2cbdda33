/// The requests for a shutdown, without their echoes.
///
/// A terminal's Ctrl-C goes to every process of its foreground group, and a wrapper among them
/// (`npm run`, `npx`, `timeout`) forwards it once more, milliseconds later.
package struct ShutdownWishes: Sendable {
    /// Time in which a repeated request is an echo.
    package static let echo = Duration.milliseconds(500)
    /// Awake time of the last counted request.
    private var last: Duration?

    /// Counts a request at an awake time; false for an echo.
    ///
    /// Time is measured from the last counted request, so that repeated requests take effect in time.
    mutating func count(at time: Duration) -> Bool {
        if let last, time - last < Self.echo { return false }
        last = time
        return true
    }
}
