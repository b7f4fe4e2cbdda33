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
    /// Whoever read the answer closed it before its end; as if SIGPIPE had ended Quire.
    static let closed: Int32 = 141
    /// SIGTERM ended it.
    static let terminated: Int32 = 143

    /// The status of a leg, by the tasks that it selected: where several apply, the missing thing first, then the signal, then
    /// failures, then work that is left.
    static func of(_ ending: Ending, _ view: RunView) -> Int32 {
        let tasks = view.tasks.filter { !$0.isLeftOut }
        return of([ending], outcomes: tasks.map(\.outcome), isAllThere: true)
    }

    /// The status of what several runs came to, some of which may be missing.
    static func of(_ report: RunReport) -> Int32 {
        of(
            report.parts.map(\.ending),
            outcomes: report.tasks.map(\.outcome),
            isAllThere: report.missing.isEmpty
        )
    }

    private static func of(_ endings: [Ending?], outcomes: [Outcome?], isAllThere: Bool) -> Int32 {
        if endings.contains(.unable) { return missing }
        if endings.contains(.interrupted) { return interrupted }
        if endings.contains(.terminated) { return terminated }
        if outcomes.contains(where: { $0?.isFailure ?? false }) { return failed }
        return isAllThere && outcomes.allSatisfy { $0 == .complete } ? complete : unfinished
    }
}
