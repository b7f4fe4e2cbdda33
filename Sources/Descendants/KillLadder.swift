import Glibc

/// The steps by which processes are ended: terminated once, given a grace, killed until they are gone,
/// and given up if that does not help.
package struct KillLadder: Sendable {
    /// Longest grace for a session's leftovers, enough to clean up: a session's own grace is for an
    /// agent in the middle of its work.
    private static let longestGrace = Duration.seconds(2)

    /// Time between terminating and killing.
    let grace: Duration
    /// Time that a killed process may take to vanish.
    let patience: Duration
    /// Time at which each process being ended was terminated.
    private var asked: [ProcessID: Duration] = [:]

    /// Makes a ladder; its grace is at most two seconds.
    package init(grace: Duration, patience: Duration) {
        (self.grace, self.patience) = (min(grace, Self.longestGrace), patience)
    }

    /// Returns the signals due to the living processes, and forgets all others.
    ///
    /// Each process comes with the time since which its end has been awaited, if it is: a process that
    /// shows up only after the grace gets none, or the wait would never end.
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

    /// Indicates whether grace and patience have passed since a time.
    func isGivenUp(since: Duration, at now: Duration) -> Bool { now - since >= grace + patience }

    /// Indicates whether grace and patience have passed for every process last seen alive.
    func isGivenUp(at now: Duration) -> Bool {
        asked.values.allSatisfy { isGivenUp(since: $0, at: now) }
    }
}
