import Autonomous
package import EventLoop
package import Orchestration
package import Reporting

/// A run in plain lines on a descriptor, with a summary now and then.
package final class PlainReport: Report {
    private let writer: LogWriter
    private let reporter = PlainReporter(offset: LocalTime.offset)
    private let interval: Duration
    private var lastLine = Duration.zero

    /// Makes a report on a descriptor that stays open.
    ///
    /// A line of summary follows when nothing was said for `interval` and something happens.
    package init(loop: Loop, descriptor: Int32, interval: Duration = .seconds(60)) {
        writer = LogWriter(loop: loop, descriptor: descriptor, name: "the standard output")
        self.interval = interval
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events {
            for line in reporter.lines(for: recorded.event, at: recorded.at, view: view) {
                writer.append(line + "\n")
                lastLine = recorded.at.awake
            }
        }
    }

    package func noteActivity(view: RunView, at moment: Moment) {
        // A wait of hours is not told every minute.
        let isHeld = view.slots.isEmpty && !view.gates.isEmpty
        guard moment.awake - lastLine >= (isHeld ? interval * 10 : interval) else { return }
        lastLine = moment.awake
        writer.append(reporter.summary(view: view, at: moment) + "\n")
    }

    package func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        writer.finish(then: then)
    }
}

/// A run as JSON Lines in a file or on a descriptor.
package final class EventsReport: Report {
    private let writer: LogWriter
    private let lines: JSONLines
    /// Why the file is not complete; `nil` when it is.
    package private(set) var failure: LoopError?

    /// Makes a report that appends to a file.
    ///
    /// - Throws: `LoopError` when the file can't be written to.
    package init(loop: Loop, path: String, run: String) throws(LoopError) {
        writer = LogWriter(loop: loop, path: path)
        try writer.open()
        lines = JSONLines(run: run)
        writer.onError = { [unowned self] in failure = $0 }
    }

    /// Makes a report on a descriptor that stays open.
    package init(loop: Loop, descriptor: Int32, run: String) {
        writer = LogWriter(loop: loop, descriptor: descriptor, name: "the standard output")
        lines = JSONLines(run: run)
        writer.onError = { [unowned self] in failure = $0 }
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events {
            do {
                let line = try lines.line(
                    recorded.event,
                    sequence: recorded.sequence,
                    at: recorded.at
                )
                writer.append(line)
            } catch {
                preconditionFailure("a fact has no JSON: \(error) [this is a bug]")
            }
        }
    }

    package func noteActivity(view: RunView, at moment: Moment) {}

    package func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        writer.finish(then: then)
    }
}

/// A single task in the words of the original system.
package final class TaskReport: Report {
    private let writer: LogWriter
    private var reporter: TaskReporter

    /// Makes a report on a descriptor that stays open.
    package init(loop: Loop, descriptor: Int32, reporter: TaskReporter) {
        writer = LogWriter(loop: loop, descriptor: descriptor, name: "the standard output")
        self.reporter = reporter
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events {
            for line in reporter.lines(for: recorded.event) {
                writer.append(Sanitizer.line(line) + "\n")
            }
        }
    }

    package func noteActivity(view: RunView, at moment: Moment) {}

    package func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        writer.finish(then: then)
    }
}
