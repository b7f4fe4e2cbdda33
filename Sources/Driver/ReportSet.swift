import Orchestration
import Reporting

/// The reports of a leg, and the view that they show.
final class ReportSet {
    private let reports: [any Report]
    private let showsActivity: Bool
    private let loop: any DriverLoop
    private let grace: Duration
    /// The tasks' state from earlier legs: their facts are not of this leg.
    private let before: [TaskState]
    /// Ends the wait for readers.
    private var deadline: (any DriverTimer)?
    private var isFinishing = false
    private var sequence = 0
    private(set) var view = RunView()
    /// The newest signs of life of sessions, which are put into words once somebody looks.
    private var pending: [SessionKey: Moment] = [:]
    /// Returns a session's activity in words; `nil` for none.
    var summary: (SessionKey) -> String? = { _ in nil }

    init(
        _ reports: [any Report],
        loop: any DriverLoop,
        grace: Duration,
        before: [TaskState]
    ) throws {
        self.reports = reports
        (self.loop, self.grace, self.before) = (loop, grace, before)
        showsActivity = reports.contains { $0.showsActivity }
        deadline = try loop.timer { [unowned self] in giveUp() }
        for report in reports { report.begin { [unowned self] in lookedAt() } }
    }

    /// The time that a leg that has ended waits for the readers of its reports.
    ///
    /// A person who asked for the end does not want to wait for readers.
    var patience: Duration { view.shutdown == nil ? grace : min(grace, .seconds(1)) }

    /// Hands the reports their way to steer the run.
    func begin(steering: RunSteering) { for report in reports { report.begin(steering: steering) } }

    /// Folds facts into the view, and shows them.
    func show(_ decisions: Decisions) {
        let recorded = decisions.facts.map { event in
            sequence += 1
            view.apply(event, at: decisions.at)
            if case .runBegan = event { view.carry(before) }
            return RecordedEvent(sequence: sequence, at: decisions.at, event: event)
        }
        for report in reports { report.show(recorded, view: view) }
    }

    /// Shows which sessions were active.
    func noteActivity(of active: Set<SessionKey>, at now: Moment) {
        // While starts are held, the time left is news enough.
        guard !active.isEmpty || !view.gates.isEmpty else { return }
        if showsActivity {
            for key in active { pending[key] = now }
        }
        for report in reports { report.noteActivity(view: view, at: now) }
    }

    /// Returns the view with the newest activity of each session, in words.
    private func lookedAt() -> RunView {
        for (key, moment) in pending {
            view.noteActivity(key, summary: summary(key), at: moment)
        }
        pending = [:]
        return view
    }

    /// Shows from the next report on that a session waits for the network.
    func noteNetworkWaiting(_ key: SessionKey) { view.noteNetworkWaiting(key) }

    /// Finishes all reports, then calls `then`; readers that don't read are waited for with `patience`.
    func finish(at now: Moment, then: @escaping () -> Void) {
        var remaining = reports.count
        guard remaining > 0 else { return then() }
        isFinishing = true
        deadline?.set(loop.now + patience)
        for report in reports {
            report.finish(view: view, at: now) {
                remaining -= 1
                if remaining == 0 { then() }
            }
        }
    }

    /// Stops waiting for readers, if the reports are finishing.
    func hurry() { if isFinishing { giveUp() } }

    /// Turns the deadline off.
    func close() { deadline?.close() }

    private func giveUp() { reports.forEach { $0.giveUp() } }
}
