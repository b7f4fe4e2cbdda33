import Orchestration
import Reporting

/// The statuses that `quire` leaves with.
enum ExitStatus {
    /// Every task is complete.
    static let complete: Int32 = 0
    /// The command line or the manifest has errors.
    static let usage: Int32 = 64
    /// Something it needs is missing.
    static let missing: Int32 = 69
    /// Some task failed, stalled or was damaged.
    static let failed: Int32 = 100
    /// Work is left, and nothing failed.
    static let unfinished: Int32 = 101
    /// SIGINT ended it.
    static let interrupted: Int32 = 130
    /// SIGTERM ended it.
    static let terminated: Int32 = 143

    /// The status of a run: where several apply, the missing thing first, then the signal, then
    /// failures, then work that is left.
    static func of(_ ending: Ending, _ view: RunView) -> Int32 {
        switch ending {
        case .unable: return missing
        case .interrupted: return interrupted
        case .terminated: return terminated
        case .finished: break
        }
        let bad: [Outcome] = [.failed, .stalled, .damaged]
        if view.tasks.contains(where: { $0.outcome.map(bad.contains) ?? false }) { return failed }
        return view.tasks.allSatisfy { $0.outcome == .complete } ? complete : unfinished
    }
}
