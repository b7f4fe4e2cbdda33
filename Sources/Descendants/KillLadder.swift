import Glibc

/// The steps by which processes are ended: asked once, given a grace, killed until they are gone, and
/// given up when that does not help.
package struct KillLadder: Sendable {
    /// The longest grace of what sessions leave, enough for cleaning up: a session's own grace is for
    /// an agent in the middle of its work.
    private static let longestGrace = Duration.seconds(2)

    /// The time between asking and killing.
    let grace: Duration
    /// The time that a killed process may take to vanish.
    let patience: Duration
    /// The time at which each process that is being ended was asked to end.
    private var asked: [ProcessID: Duration] = [:]

    /// Makes a ladder with at most two seconds of grace.
    package init(grace: Duration, patience: Duration) {
        (self.grace, self.patience) = (min(grace, Self.longestGrace), patience)
    }

    /// Returns the signals that are due to the processes that live, and forgets all others.
    ///
    /// With each process comes the time since which somebody has waited for its end, if anybody: a
    /// process that comes to light only after the grace gets none, or the waiting would never end.
    mutating func signals(
        to living: [ProcessID: Duration?],
        at now: Duration
    ) -> [ProcessID: Int32] {
        var signals: [ProcessID: Int32] = [:]
        var known: [ProcessID: Duration] = [:]
        for (process, waiting) in living {
            let since = asked[process] ?? now
            known[process] = since
            if now - min(since, waiting ?? since) >= grace {
                signals[process] = SIGKILL
            } else if asked[process] == nil {
                signals[process] = SIGTERM
            }
        }
        asked = known
        return signals
    }

    /// Whether nothing has helped since a time.
    func isGivenUp(since: Duration, at now: Duration) -> Bool { now - since >= grace + patience }

    /// Whether nothing has helped against any of the processes that were last seen alive.
    func isGivenUp(at now: Duration) -> Bool {
        asked.values.allSatisfy { isGivenUp(since: $0, at: now) }
    }
}
