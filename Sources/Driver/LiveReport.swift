import Autonomous
import Dates
package import EventLoop
import Glibc
package import Orchestration
package import Reporting

/// A run in a terminal, drawn at most ten times a second, and once a second while it is quiet.
package final class LiveReport: Report {
    private static let frameInterval = Duration.milliseconds(100)
    private static let quietInterval = Duration.seconds(1)
    /// The number of newest lines kept for a terminal that is not reading.
    private static let mostLines = 1000

    package let showsActivity = true
    private let loop: Loop
    private let stream: ReportStream
    private let descriptor: Int32
    private let plain = PlainReporter(offset: LocalTime.offset)
    private var live: LiveView
    private var timer: EventLoop.Timer?
    private var resized: SignalWatcher?
    private var lines: [SafeText] = []
    private var view = RunView()
    private var lastFrame: Duration?

    /// Makes a report on a stream to the terminal with this descriptor.
    package init(
        _ stream: ReportStream,
        loop: Loop,
        descriptor: Int32,
        usesColor: Bool
    ) throws {
        self.stream = stream
        self.loop = loop
        self.descriptor = descriptor
        live = LiveView(usesColor: usesColor, offset: LocalTime.offset)
        timer = try EventLoop.Timer(loop: loop) { [unowned self] in draw() }
        resized = try SignalWatcher(loop: loop, signal: Signals.windowChanged) { [unowned self] in
            scheduleFrame()
        }
    }

    package func show(_ events: [RecordedEvent], view: RunView) {
        for recorded in events where recorded.event.staysOnScreen {
            lines += plain.lines(for: recorded.event, at: recorded.at, view: view)
        }
        if lines.count > 2 * Self.mostLines { lines.removeFirst(lines.count - Self.mostLines) }
        self.view = view
        scheduleFrame()
    }

    package func noteActivity(view: RunView, at moment: Moment) {
        self.view = view
        scheduleFrame()
    }

    /// Shows a warning above the block.
    package func warn(_ words: SafeText) {
        lines.append("warning: \(words)")
        scheduleFrame()
    }

    package func giveUp() { stream.giveUp() }

    package func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        timer?.close()
        resized?.close()
        timer = nil
        stream.write(live.finish(lines: lines))
        lines = []
        stream.finish(then: then)
    }

    private func scheduleFrame() {
        let next = lastFrame.map { $0 + Self.frameInterval } ?? loop.now
        timer?.set(max(next, loop.now))
    }

    private func draw() {
        // A terminal that is not reading (Ctrl-S) gets the newest frame once it reads again.
        guard !stream.isBehind else {
            timer?.set(loop.now + Self.frameInterval)
            return
        }
        lastFrame = loop.now
        let now = SystemClock(loop: loop).now
        stream.write(live.update(lines: lines, view: view, at: now, size: size))
        lines = []
        timer?.set(loop.now + Self.quietInterval)
    }

    private var size: LiveView.Size {
        var window = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
            return LiveView.Size(columns: 80, rows: 24)
        }
        return LiveView.Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }
}

extension RunEvent {
    /// True if the fact's line stays on the terminal above the block.
    fileprivate var staysOnScreen: Bool {
        switch self {
        case .taskEnded, .warned, .gateClosed, .gateOpened, .shutdownAdvanced, .taskReopened: true
        case .checkpointMade(let fact): !fact.work.uncommitted.isEmpty
        case .checkEnded(let fact): fact.result != .passed
        case .sessionEnded(let fact): fact.failure != nil || fact.verdict == .timedOut
        default: false
        }
    }
}
