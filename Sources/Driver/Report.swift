package import Orchestration
package import Reporting

/// Whoever shows a run to somebody: sees facts after they are durable, decides nothing.
///
/// All calls come on the loop's thread.
package protocol Report: AnyObject {
    /// Whether it shows what each session does; to find that out costs time.
    var showsActivity: Bool { get }
    /// Takes the facts of a batch; the view has them in already.
    func show(_ events: [RecordedEvent], view: RunView)
    /// Takes the news that sessions were active; at most once a turn.
    func noteActivity(view: RunView, at moment: Moment)
    /// Writes out what it holds and stops; calls back when that is done.
    func finish(view: RunView, at moment: Moment, then: @escaping () -> Void)
    /// Waits for no reader any more, so that a finish that is under way comes to its end.
    func giveUp()
}

extension Report {
    /// Most show facts alone.
    package var showsActivity: Bool { false }
}

/// A fact with its place in the run.
package struct RecordedEvent: Sendable {
    /// The fact's number in this leg, from 1.
    package var sequence: Int
    /// When it was decided.
    package var at: Moment
    /// The fact.
    package var event: RunEvent
}
