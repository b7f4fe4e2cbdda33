import Application
import Driver
import EventLoop
import Glibc
import Reporting

/// Whoever shows a leg of a run, and what they could not show.
struct RunReports {
    /// How the run is shown to people.
    let progress: ProgressStyle
    /// The file that every fact is appended to, as it was named; `-` for standard output.
    let events: String?
    private let file: ReportFile?
    /// Where lines for people go: standard error where something else goes to standard output.
    let output: StandardStream
    private var streams: [ReportStream] = []
    /// Why standard output lacks something, though it may be written again; `nil` where it is whole.
    private(set) var outputLoss: StandardStream.Failure?
    /// Whether the events that were asked for lack something that their reader waited for.
    ///
    /// One that has closed them wanted no more.
    private(set) var lacksEvents = false

    init(progress: ProgressStyle, events: String?, file: ReportFile?, output: StandardStream) {
        (self.progress, self.events, self.file) = (progress, events, file)
        self.output = output
    }

    /// Opens the reports.
    ///
    /// - Throws: `Trouble` where the events can't be written.
    mutating func open(on loop: Loop, run: String) throws -> [any Report] {
        let troubles = TroubleReport(loop: loop)
        var reports: [any Report] = []
        var warn: (SafeText) -> Void = { troubles.warn($0) }
        switch progress {
        case .none: break
        case .auto where Terminal.canDraw && output === StandardStream.output:
            let live = try LiveReport(
                ReportStream(loop: loop, descriptor: STDOUT_FILENO, name: "the terminal"),
                loop: loop,
                descriptor: STDOUT_FILENO,
                usesColor: Terminal.usesColor
            )
            warn = { live.warn($0) }
            reports.append(live)
        case .auto, .plain:
            let isError = output === StandardStream.error
            let stream = ReportStream(
                loop: loop,
                descriptor: isError ? STDERR_FILENO : STDOUT_FILENO,
                name: isError ? "standard error" : "standard output"
            )
            if !isError { watch(stream, troubles.warn) }
            reports.append(PlainReport(stream))
        }
        if let stream = try eventsStream(loop) {
            watch(stream, warn)
            reports.append(EventsReport(stream, run: run))
        }
        return reports + [troubles]
    }

    private mutating func watch(_ stream: ReportStream, _ warn: @escaping (SafeText) -> Void) {
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

    /// Tells what the reports lack, once the run has ended; nothing is written to a standard
    /// output that has failed.
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
