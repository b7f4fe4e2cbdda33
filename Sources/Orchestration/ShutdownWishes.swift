/// The wishes for a shutdown, told from their echoes.
///
/// A terminal's Ctrl-C goes to every process of its foreground group, and a wrapper among them
/// (`npm run`, `npx`, `timeout`) hands on what it got once more, milliseconds later.
package struct ShutdownWishes: Sendable {
    /// The time in which whatever asks again is an echo.
    package static let echo = Duration.milliseconds(500)
    /// When the last wish was counted.
    private var last: Duration?

    /// Counts a request at an awake time; false for an echo.
    ///
    /// Time is measured from what was counted last, so that somebody who keeps asking gets on.
    mutating func count(at time: Duration) -> Bool {
        if let last, time - last < Self.echo { return false }
        last = time
        return true
    }
}
