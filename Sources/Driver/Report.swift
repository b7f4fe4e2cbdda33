package import Orchestration
package import Reporting

/// A view of a run for somebody: receives facts once they are durable, and decides nothing.
///
/// All calls are made on the loop's thread.
package protocol Report: AnyObject {
    /// True if the report shows the activity of each session, which costs time to gather.
    var showsActivity: Bool { get }
    /// Hands over what steers the run from this view; called once, before anything is shown.
    func begin(steering: RunSteering)
    /// Gets the way to the newest view, for a report that shows it at times of its own.
    ///
    /// A report that kept a view would have each change copy it.
    func begin(with source: @escaping () -> RunView)
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

    /// Does nothing: most reports have no keys.
    package func begin(steering: RunSteering) {}

    /// Does nothing: most reports are handed the view with the facts.
    package func begin(with source: @escaping () -> RunView) {}

    /// Does nothing, for the same reason as `showsActivity`.
    package func noteActivity(view: RunView, at moment: Moment) {}
}

/// The way to steer a run from one of its own views, without its socket.
///
/// All calls are made on the loop's thread.
package struct RunSteering {
    private let hand: (SteeringRequest, @escaping (SteeringAnswer) -> Void) -> Void

    /// Makes a way; `hand` takes each request, and calls back once the journal has what was decided.
    package init(
        _ hand: @escaping (SteeringRequest, @escaping (SteeringAnswer) -> Void) -> Void
    ) {
        self.hand = hand
    }

    /// Hands a request in; `then` gets the answer in a later turn of the loop, or never if the leg ends.
    package func send(
        _ request: SteeringRequest,
        then: @escaping (SteeringAnswer) -> Void = { _ in }
    ) {
        hand(request, then)
    }
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
