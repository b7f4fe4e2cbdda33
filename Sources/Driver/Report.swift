package import Orchestration
package import Reporting

/// A view of a run for somebody: receives facts once they are durable, and decides nothing.
///
/// All calls are made on the loop's thread.
package protocol Report: AnyObject {
    /// True if the report shows the activity of each session, which costs time to gather.
    var showsActivity: Bool { get }
    /// Shows the facts of a batch; `view` includes them already.
    func show(_ events: [RecordedEvent], view: RunView)
    /// Notes that sessions were active, or that starts are held; called at most once a turn.
    func noteActivity(view: RunView, at moment: Moment)
    /// Writes what is buffered and stops, then calls back.
    func finish(view: RunView, at moment: Moment, then: @escaping () -> Void)
    /// Stops waiting for readers, so that a `finish` under way ends.
    func giveUp()
}

extension Report {
    /// False: most reports show only facts.
    package var showsActivity: Bool { false }

    /// Does nothing, for the same reason.
    package func noteActivity(view: RunView, at moment: Moment) {}
}

/// A fact with its number and time in the leg.
package struct RecordedEvent: Sendable {
    /// The fact's number in this leg, from 1.
    package var sequence: Int
    /// The time of the decision.
    package var at: Moment
    /// The fact.
    package var event: RunEvent
}
