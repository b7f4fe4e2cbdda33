package import Orchestration

/// How often each thing goes wrong in a simulated world; shares of sessions, 0 to 1.
package struct Faults: Hashable, Sendable {
    /// Sessions that complete and tick nothing.
    package var idle = 0.0
    /// Sessions that fail, each with a class drawn evenly from `classes`.
    package var failing = 0.0
    /// The classes drawn from.
    package var classes = FailureClass.allCases.filter {
        ![.authentication, .notRecorded, .shortage, .brokenConfiguration].contains($0)
    }
    /// Sessions that fall silent and end only when they are ended.
    package var hanging = 0.0
    /// Hanging sessions that ignore a polite end.
    package var ignoring = 0.0
    /// Sessions that wait for the network and end only when they are ended.
    package var offline = 0.0
    /// Sessions that wait for the network and die by themselves all the same.
    package var dyingOffline = 0.0
    /// Sessions that damage the checklist.
    package var damaging = 0.0
    /// Starts that fail for the system's sake.
    package var spawning = 0.0
    /// Ends that are learnt of late, by up to two minutes.
    package var lostExits = 0.0
    /// Signals that come too late to stop a session's work.
    package var lateSignals = 0.0
    /// Task directories that are opened late, by up to ten minutes, while sessions run already.
    package var lateDirectories = 0.0
    /// Directories opened late of which it is told that others own them.
    package var heldDirectories = 0.0
    /// How late a session's first reports may be; zero for none at all.
    package var lateness = Duration.zero
    /// Writes of the journal that take long.
    package var slowDisk = 0.0
    /// Writes of the journal that find the disk full, for up to a quarter of an hour.
    package var fullDisk = 0.0
    /// Writes of the journal after which a snapshot is taken, for the next crash.
    package var snapshots = 0.0
    /// Limits whose message tells when they are over, be it past, soon, or in some days.
    package var statedResets = 0.0
    /// The most tokens that a session uses; 0 for sessions that don't tell.
    package var tokens = 0
    /// Sessions that are seen to be answered, and then perhaps to have used some tokens.
    package var watched = 0.0
    /// Turns at which the wall clock is set, by up to a day.
    package var clockJumps = 0.0
    /// Looks at the machine that find it short of memory, of disk space or of processors.
    package var shortMachine = 0.0
    /// Looks at the machine of which nothing comes, or not all.
    package var hangingLooks = 0.0

    /// A world in which nothing goes wrong.
    package init() {}

    /// Faults of random weights, so that different seeds try different mixtures.
    package static func random(using generator: inout some RandomNumberGenerator) -> Faults {
        func weight(_ most: Double) -> Double {
            Bool.random(using: &generator) ? Double.random(in: 0...most, using: &generator) : 0
        }
        var faults = Faults()
        faults.idle = weight(0.4)
        faults.failing = weight(0.3)
        faults.hanging = weight(0.1)
        faults.ignoring = weight(1)
        faults.offline = weight(0.1)
        faults.dyingOffline = weight(1)
        faults.damaging = weight(0.01)
        return faults
    }

    /// The same, with a disk, processes and clocks that fail, too, and sessions that use tokens and
    /// are refused their login.
    package static func breaking(using generator: inout some RandomNumberGenerator) -> Faults {
        func weight(_ most: Double) -> Double {
            Bool.random(using: &generator) ? Double.random(in: 0...most, using: &generator) : 0
        }
        var faults = random(using: &generator)
        faults.spawning = weight(0.1)
        faults.lostExits = weight(0.3)
        faults.lateSignals = weight(1)
        faults.lateDirectories = weight(0.5)
        faults.heldDirectories = weight(1)
        faults.snapshots = weight(0.5)
        faults.lateness = .seconds(Int.random(in: 0...60, using: &generator))
        faults.slowDisk = weight(0.5)
        faults.fullDisk = weight(0.05)
        faults.clockJumps = weight(0.02)
        faults.shortMachine = weight(0.5)
        faults.hangingLooks = weight(0.2)
        faults.classes.append(.authentication)
        faults.statedResets = weight(1)
        faults.tokens = Bool.random(using: &generator) ? 400_000 : 0
        faults.watched = weight(1)
        return faults
    }
}
