import CSpawn
import Descendants
import Synchronization

/// The starts of children by this process's own clock.
///
/// Reading `/proc` costs more than a pipe, and again when the child is reaped: the kernel drops its
/// cached entries. The clock is trusted if it gave the first child's start as `/proc` does; without
/// `/proc` it is not.
enum StartClock {
    private enum Trust: Int {
        case unknown, trusted, refused
    }

    private static let trust = Atomic(Trust.unknown.rawValue)

    /// A child, by its number and its start.
    static func process(_ child: cspawn_result) -> ProcessID {
        let told = ProcessID(pid: child.pid, start: child.start)
        let known = Trust(rawValue: trust.load(ordering: .relaxed))
        if child.start != 0, known == .trusted { return told }
        let found = ProcessID(child.pid)
        if child.start != 0, known == .unknown {
            let now: Trust = told == found ? .trusted : .refused
            trust.store(now.rawValue, ordering: .relaxed)
        }
        return found
    }
}
