package import Orchestration

/// Frequencies of faults in a simulated world: shares from 0 to 1, of sessions unless stated.
package struct Faults: Hashable, Sendable {
    /// Sessions that complete and tick nothing.
    package var idle = 0.0
    /// Sessions that fail, each with a class drawn evenly from `classes`.
    package var failing = 0.0
    /// Failure classes of failing sessions.
    package var classes = FailureClass.allCases.filter {
        ![.authentication, .notRecorded, .shortage, .brokenConfiguration, .noSandbox]
            .contains($0)
    }
    /// Sessions that fall silent and don't end by themselves.
    package var hanging = 0.0
    /// Share of hanging sessions that ignore SIGTERM.
    package var ignoring = 0.0
    /// Sessions that wait for the network, and don't end by themselves.
    package var offline = 0.0
    /// Share of sessions waiting for the network that die by themselves all the same.
    package var dyingOffline = 0.0
    /// Sessions that damage the checklist.
    package var damaging = 0.0
    /// Starts that fail because the system can't spawn a process.
    package var spawning = 0.0
    /// Ends that the driver notices late, by up to two minutes.
    package var lostExits = 0.0
    /// Polite ends that come too late to stop a session's work.
    package var lateSignals = 0.0
    /// Task directories that are opened late, by up to ten minutes, while sessions run already.
    package var lateDirectories = 0.0
    /// Share of late directories first reported as owned by another process.
    package var heldDirectories = 0.0
    /// Longest delay of a session's first reports; zero for no reports.
    package var lateness = Duration.zero
    /// Journal writes that take long.
    package var slowDisk = 0.0
    /// Journal writes that find the disk full, for up to a quarter of an hour.
    package var fullDisk = 0.0
    /// Journal writes after which a snapshot is taken, for the next crash.
    package var snapshots = 0.0
    /// Limits whose message states the reset time, be it past, soon, or in some days.
    package var statedResets = 0.0
    /// Most tokens of a session; 0 if sessions report none.
    package var tokens = 0
    /// Sessions that report their first answer, and perhaps their use of tokens, while they run.
    package var watched = 0.0
    /// Turns in which the wall clock is set, by up to a day.
    package var clockJumps = 0.0
    /// Machine readings short of memory, disk space or processors.
    package var shortMachine = 0.0
    /// Machine readings that never arrive, or arrive without the memory.
    package var hangingLooks = 0.0
    /// Hooks that fail, each in one of the ways in which a hook can.
    package var failingHooks = 0.0

    /// Turns before which a person steers the run.
    package var steering = 0.0

    /// Makes a world without faults.
    package init() {}

    /// Returns faults of random weights, so that different seeds try different mixtures.
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

    /// Returns random faults that include failing disks, processes and clocks, the use of tokens,
    /// and refused logins.
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
        faults.failingHooks = weight(0.5)
        return faults
    }
}
