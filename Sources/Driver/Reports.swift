import Autonomous
import Dates
package import EventLoop
import Glibc
package import Orchestration
package import Reporting

/// A report whose lines go to one stream.
package protocol StreamReport: Report {
    /// The stream of the report.
    var stream: ReportStream { get }
}

extension StreamReport {
    package func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        stream.finish(then: then)
    }

    package func giveUp() { stream.giveUp() }
}

/// A run in plain lines, with an occasional summary.
package final class PlainReport: StreamReport {
    package let stream: ReportStream
    private let reporter: PlainReporter
    private let interval: Duration
    private var lastLine = Duration.zero

    /// Makes a report on a stream, with colours where they are wanted.
    ///
    /// After `interval` without a line, the next activity writes a summary; after ten intervals if starts are
    /// held and no session runs.
    package init(
        _ stream: ReportStream,
        interval: Duration = .seconds(60),
        usesColor: Bool = false
    ) {
        self.stream = stream
        reporter = PlainReporter(usesColor: usesColor, offset: LocalTime.offset)
        self.interval = interval
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events {
            for line in reporter.lines(for: recorded.event, at: recorded.at, view: view) {
                stream.write(line + "\n")
                lastLine = recorded.at.awake
            }
        }
    }

    package func noteActivity(view: RunView, at moment: Moment) {
        // A wait of hours needs no line every minute.
        let isHeld = view.slots.isEmpty && !view.gates.isEmpty
        guard moment.awake - lastLine >= (isHeld ? interval * 10 : interval) else { return }
        lastLine = moment.awake
        stream.write(reporter.summary(view: view, at: moment) + "\n")
    }
}

/// A run as JSON Lines.
package final class EventsReport: StreamReport {
    package let stream: ReportStream
    private let lines: JSONLines

    /// Makes a report on a stream.
    package init(_ stream: ReportStream, run: String) {
        self.stream = stream
        lines = JSONLines(run: run)
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events {
            do {
                let line = try lines.line(
                    recorded.event,
                    sequence: recorded.sequence,
                    at: recorded.at
                )
                stream.write(line)
            } catch {
                preconditionFailure("a fact has no JSON: \(error) [this is a bug]")
            }
        }
    }
}

/// A single task in the words of the original system.
package final class TaskReport: StreamReport {
    package let stream: ReportStream
    private var reporter: TaskReporter

    /// Makes a report on a stream.
    package init(_ stream: ReportStream, reporter: TaskReporter) {
        self.stream = stream
        self.reporter = reporter
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events {
            for line in reporter.lines(for: recorded.event) { stream.write(line + "\n") }
        }
    }
}

/// Warnings about the other reports, on standard error.
///
/// The report shows no facts, and opens standard error only for the first warning.
package final class TroubleReport: Report {
    private let loop: Loop
    private var stream: ReportStream?
    private var isFinishing = false

    /// Makes a report.
    package init(loop: Loop) { self.loop = loop }

    /// Writes a warning; does nothing, and returns false, once the report was finished.
    package func warn(_ words: SafeText) -> Bool {
        guard !isFinishing else { return false }
        let stream =
            stream ?? ReportStream(loop: loop, descriptor: STDERR_FILENO, name: "standard error")
        self.stream = stream
        stream.write("warning: \(words)\n")
        return true
    }

    package func show(_ events: [RecordedEvent], view: RunView) {}

    package func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        isFinishing = true
        guard let stream else { return then() }
        stream.finish(then: then)
    }

    package func giveUp() { stream?.giveUp() }
}
