import Application
import Driver
import EventLoop
import Glibc
import Reporting

/// The reports that show a leg of a run, and the output that they lost.
struct RunReports {
    /// The way to show progress to people.
    let progress: ProgressStyle
    /// The argument of `--events`: the file for all facts, or `-` for standard output; `nil` for none.
    let events: String?
    /// The way to the tasks' details, for the terminal's screen.
    private let desk: TaskDesk
    /// The descriptor on which a background run says that it has begun; `nil` for none.
    private let begun: Int32?
    private let file: ReportFile?
    /// The stream for lines to people: standard error if a report goes to standard output.
    let output: StandardStream
    private var streams: [ReportStream] = []
    /// The reason why standard output lacks a part, even if it can be written again; `nil` if it is whole.
    private(set) var outputLoss: StandardStream.Failure?
    /// True if the requested events lack a part.
    ///
    /// A reader that closed its end wanted no more, so that does not count.
    private(set) var lacksEvents = false

    init(
        progress: ProgressStyle,
        events: String?,
        file: ReportFile?,
        output: StandardStream,
        desk: TaskDesk,
        begun: Int32?
    ) {
        (self.progress, self.events, self.file) = (progress, events, file)
        (self.output, self.desk, self.begun) = (output, desk, begun)
    }

    /// Opens the reports.
    ///
    /// - Throws: `Trouble` where the events can't be written.
    mutating func open(on loop: Loop, run: String) throws -> [any Report] {
        let troubles = TroubleReport(loop: loop)
        var reports: [any Report] = []
        var warn: (SafeText) -> Bool = { troubles.warn($0) }
        switch progress {
        case .none: break
        case .auto, .plain:
            if let live = try liveReport(on: loop) {
                warn = {
                    live.warn($0)
                    return true
                }
                reports.append(live)
                break
            }
            let isError = output === StandardStream.error
            let stream = ReportStream(
                loop: loop,
                descriptor: isError ? STDERR_FILENO : STDOUT_FILENO,
                name: isError ? "standard error" : "standard output"
            )
            if !isError { watch(stream, troubles.warn) }
            reports.append(PlainReport(stream, usesColor: Terminal.usesColor))
        }
        if let stream = try eventsStream(loop) {
            watch(stream, warn)
            reports.append(EventsReport(stream, run: run))
        }
        if let begun { reports.append(BeginningReport(descriptor: begun)) }
        return reports + [troubles]
    }

    /// Opens the screen of a terminal; `nil` where lines are wanted, or the terminal is not to be drawn on.
    private func liveReport(on loop: Loop) throws -> LiveReport? {
        guard progress == .auto, Terminal.canDraw, output === StandardStream.output,
            let device = ScreenTerminal.open(on: loop)
        else { return nil }
        return try LiveReport(
            ReportStream(loop: loop, descriptor: STDOUT_FILENO, name: "the terminal"),
            loop: loop,
            device: device,
            usesColor: Terminal.usesColor,
            details: { [desk] in desk.details(of: $0) }
        )
    }

    private mutating func watch(_ stream: ReportStream, _ warn: @escaping (SafeText) -> Bool) {
        stream.onTrouble = warn
        streams.append(stream)
    }

    private func eventsStream(_ loop: Loop) throws -> ReportStream? {
        guard let events, let file else { return nil }
        if let descriptor = file.descriptor {
            let isOutput = descriptor == STDOUT_FILENO
            let name: SafeText = isOutput ? "standard output" : "the stream of --events (\(events))"
            return ReportStream(loop: loop, descriptor: descriptor, name: name)
        }
        let opening = try file.opening()
        do {
            return try ReportStream(
                loop: loop,
                path: file.path,
                name: "the file of --events (\(events))",
                opening: opening
            )
        } catch {
            throw Trouble("--events: \(error); name another file", status: ExitStatus.missing)
        }
    }

    /// Warns of what the reports lack, once the run has ended; a failed standard output gets no more text.
    mutating func tellLosses() {
        for stream in streams {
            if let words = stream.untold { Terminal.complain("warning: \(words)") }
            guard stream.isStandardOutput else {
                lacksEvents = lacksEvents || ![nil, .closed].contains(stream.loss)
                continue
            }
            if let failure = stream.failure { StandardStream.output.giveUp(failure) }
            outputLoss = outputLoss ?? stream.loss
        }
    }
}
