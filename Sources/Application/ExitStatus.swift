package import Orchestration
package import Reporting

/// The exit statuses of `quire`.
package enum ExitStatus {
    /// Every task is complete.
    package static let complete: Int32 = 0
    /// The command line or the manifest has errors.
    package static let usage: Int32 = 64
    /// Something that the command needs is missing.
    package static let missing: Int32 = 69
    /// Some task failed, stalled or was damaged.
    package static let failed: Int32 = 100
    /// Work is left, and nothing failed.
    package static let unfinished: Int32 = 101
    /// SIGINT ended the run.
    package static let interrupted: Int32 = 130
    /// The reader of the answer closed it before its end; as if SIGPIPE had ended Quire.
    package static let closed: Int32 = 141
    /// SIGTERM ended the run.
    package static let terminated: Int32 = 143

    /// Returns the status of a leg, by the tasks that it selected.
    ///
    /// If several statuses apply, missing things come first, then the signal, then failures, then work left.
    package static func of(_ ending: Ending, _ view: RunView) -> Int32 {
        let tasks = view.tasks.filter { !$0.isLeftOut }
        return of([ending], outcomes: tasks.map(\.outcome), isAllThere: true)
    }

    /// Returns the status of a report; a missing shard counts as work left.
    package static func of(_ report: RunReport) -> Int32 {
        of(
            report.parts.map(\.leg.ending),
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
