import Dates
package import EventLoop
package import Orchestration
package import Reporting

/// A run on its own terminal's screen.
///
/// Warnings are written once more when the terminal is given back, before what follows the run.
package final class LiveReport: Report {
    /// The number of newest warnings that are kept.
    private static let mostWarnings = 1000
    /// The time before the screen is taken, unless there is news earlier.
    private static let firstFrame = Duration.milliseconds(300)

    package let showsActivity = true
    private let stream: ReportStream
    private let plain = PlainReporter(offset: LocalTime.offset)
    private var screen: RunScreen?
    private var source: () -> RunView = { RunView() }
    private var steering: RunSteering?
    private var warnings: [SafeText] = []
    /// The part of the warnings that no fact tells.
    private var notices: [SafeText] = []

    /// Makes a report on a terminal; `stream` leads to the same one.
    ///
    /// `details` is as in `RunScreen.Connection`.
    package init(
        _ stream: ReportStream,
        loop: Loop,
        device: TerminalScreen,
        usesColor: Bool,
        details: @escaping @Sendable (String) -> TaskDetails
    ) throws {
        self.stream = stream
        screen = try RunScreen(
            loop: loop,
            device: device,
            host: .run,
            usesColor: usesColor,
            connection: RunScreen.Connection(
                contents: { [unowned self] in
                    ScreenContents(view: source(), notices: notices.suffix(2))
                },
                details: details,
                steer: { [unowned self] request, then in
                    guard let steering else {
                        return then(.refused("the run has not begun"))
                    }
                    steering.send(request, then: then)
                },
                // The run's end gives the terminal back.
                quit: {}
            )
        )
    }

    package func begin(steering: RunSteering) { self.steering = steering }

    package func begin(with source: @escaping () -> RunView) {
        self.source = source
        // A run that is refused at once needs no screen.
        screen?.changed(after: Self.firstFrame)
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events {
            guard case .warned = recorded.event else { continue }
            keep(plain.lines(for: recorded.event, at: recorded.at, view: view))
        }
        screen?.changed()
    }

    package func noteActivity(view: RunView, at moment: Moment) {
        screen?.changed(isActivity: true)
    }

    /// Shows a warning in the summary, and again at the end.
    package func warn(_ words: SafeText) {
        keep(["warning: \(words)"])
        notices.append(words)
        if notices.count > Self.mostWarnings { notices.removeFirst() }
        screen?.changed()
    }

    private func keep(_ lines: [SafeText]) {
        warnings += lines
        if warnings.count > 2 * Self.mostWarnings {
            warnings.removeFirst(warnings.count - Self.mostWarnings)
        }
    }

    package func giveUp() { stream.giveUp() }

    package func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        screen?.close()
        screen = nil
        for line in warnings { stream.write(line + "\n") }
        stream.finish(then: then)
    }
}
