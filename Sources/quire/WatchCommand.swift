import Application
import ArgumentParser
import Autonomous
import Dates
import Driver
import EventLoop
import Glibc
import Orchestration
import Reporting
import RunStore

/// `quire watch`.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch a run that goes on elsewhere, and steer it.",
        discussion: """
            Shows the newest run, or a manifest's, on the whole terminal: its slots, its tasks by \
            state, each task's checklist and log. "?" shows the keys. Leaving it changes nothing about \
            the run. In a pipe, or on a dumb terminal, it prints a line whenever something changes, \
            until the run ends.
            """
    )

    @Argument(
        help: "The manifest (default: the newest run).",
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String?

    @Option(
        help: ArgumentHelp("The shard of the manifest.", valueName: "k/n"),
        transform: Shard.init(argument:)
    )
    var shard: Shard?

    @OptionGroup var look: LookOptions

    func validate() throws {
        if shard != nil, manifest == nil {
            throw ValidationError("--shard is one of a manifest; name it")
        }
        if look.json {
            throw ValidationError("a program asks quire status --json, or reads run --events FILE")
        }
    }

    func run() throws {
        let (reader, runs) = try look.runs(manifest, shard, in: look.reader(of: manifest))
        reader.close()
        let run = runs[0].run
        let place = look.place(of: manifest)
        var watch = RunWatch(
            run,
            in: look.stateDirectory(of: manifest),
            place,
            redactor: Redactor(ofRuns: [run])
        )
        let last =
            Terminal.canDraw
            ? try WatchSession(watch).run() ?? Self.printLines(&watch)
            : try Self.printLines(&watch)
        guard last.status != "running" else { return }
        StandardStream.output.write(
            FinalTable.render(
                view: last.view,
                width: Terminal.columns,
                usesColor: Terminal.usesColor
            )
        )
    }

    /// Prints a line whenever something has changed, and returns the contents at the run's end.
    private static func printLines(_ watch: inout RunWatch) throws -> ScreenContents {
        let reporter = PlainReporter(offset: LocalTime.offset)
        var last: (text: String, contents: ScreenContents)?
        while true {
            // Without a loop there is no clock but this one.
            let now = SystemClock.wall
            let moment = Moment(awake: .milliseconds(now.millisecondsSinceEpoch), wall: now)
            if let contents = try watch.look(at: moment) {
                let text = RunSummary.text(contents.view, at: moment)
                if text != last?.text, contents.status == "running" {
                    Terminal.say(reporter.summary(view: contents.view, at: moment))
                }
                last = (text, contents)
                if contents.status != "running" { return contents }
            }
            if StandardStream.output.failure != nil, let last { return last.contents }
            usleep(1_000_000)
        }
    }
}

/// A run on the whole terminal, which is looked at from outside.
private final class WatchSession {
    /// The times between two looks: while the run goes on, and once it is over.
    private static let (interval, restInterval) = (Duration.milliseconds(500), Duration.seconds(2))
    /// The least number of times that the pause after a look is longer than the look: a percent of a processor.
    private static let leisure = 100.0

    private let loop: Loop
    private var watch: RunWatch
    private var contents: ScreenContents
    private var screen: RunScreen?
    private var timer: EventLoop.Timer?
    private var signals: [SignalWatcher] = []
    /// The reason why the screen was left, other than by a person's key.
    private var trouble: (any Error)?

    /// Reads the run.
    ///
    /// - Throws: `Trouble` if it can't be read.
    init(_ watch: RunWatch) throws {
        loop = try Loop()
        self.watch = watch
        guard
            let contents = try self.watch.look(at: Moment(awake: loop.now, wall: SystemClock.wall))
        else {
            throw Trouble("the run can't be read [this is a bug]", status: ExitStatus.missing)
        }
        self.contents = contents
    }

    /// Shows the run until the person leaves, and returns what was shown last; `nil` if the terminal can't be
    /// used now.
    func run() throws -> ScreenContents? {
        Resumption.watch()
        guard let device = ScreenTerminal.open(on: loop) else {
            loop.close()
            return nil
        }
        let (desk, run, directory) = (watch.desk, watch.run, watch.stateDirectory)
        screen = try RunScreen(
            loop: loop,
            device: device,
            host: .watch,
            usesColor: Terminal.usesColor,
            connection: RunScreen.Connection(
                contents: { [unowned self] in contents },
                details: { desk.details(of: $0) },
                steer: { [unowned self] request, then in
                    loop.perform(
                        { Self.steer(request, run, in: directory, desk) },
                        then: then
                    )
                },
                quit: { [unowned self] in loop.stop() }
            )
        )
        timer = try EventLoop.Timer(loop: loop) { [unowned self] in look() }
        signals = try [SIGINT, SIGTERM, SIGHUP].map { number in
            try SignalWatcher(loop: loop, signal: number) { [unowned self] in
                trouble = ExitCode(128 + number)
                loop.stop()
            }
        }
        timer?.set(loop.now + Self.interval)
        screen?.changed()
        loop.run()
        screen?.close()
        screen = nil
        timer?.close()
        signals.forEach { $0.close() }
        loop.close()
        if let trouble { throw trouble }
        return contents
    }

    private func look() {
        let watch = watch
        let now = Moment(awake: loop.now, wall: SystemClock.wall)
        let began = loop.now
        loop.perform {
            var looking = watch
            let found = Result { try looking.look(at: now) }
            return (looking, found)
        } then: { [unowned self] watch, found in
            self.watch = watch
            switch found {
            case .success(let found):
                if let found {
                    contents = found
                    screen?.changed()
                }
            case .failure(let error):
                trouble = error
                return loop.stop()
            }
            let rest = contents.status == "running" ? Self.interval : Self.restInterval
            timer?.set(loop.now + max(rest, (loop.now - began) * Self.leisure))
        }
    }

    /// Sends a request to the run; an answer to a task's question reaches a run that nobody carries out, too.
    private static func steer(
        _ request: SteeringRequest,
        _ run: String,
        in directory: String,
        _ desk: TaskDesk
    ) -> SteeringAnswer {
        do {
            var client = try ControlClient(run: run, in: directory, client: "quire watch")
            return try client.send(request)
        } catch {
            if case .answer(let tasks, let text) = request, error == .nobody {
                return desk.answer(tasks, text)
            }
            return .refused("\(error)")
        }
    }
}

/// The terminal that a screen is drawn on: standard output's.
enum ScreenTerminal {
    /// Opens the terminal; `nil` if this process can't use it now, as in the background.
    static func open(on loop: Loop) -> TerminalScreen? {
        let mark = TerminalMark(of: STDOUT_FILENO, environment: Terminal.environment)
        return TerminalScreen(
            loop: loop,
            terminal: STDOUT_FILENO,
            mark: mark?.functions ?? TerminalScreen.Mark(set: { _ in }, remove: {})
        )
    }

    /// Restores the terminal that this process was started on, if a Quire was killed there.
    static func restore() {
        let descriptors = [STDOUT_FILENO, STDIN_FILENO, STDERR_FILENO]
        guard let terminal = descriptors.first(where: { isatty($0) == 1 }) else { return }
        TerminalMark(of: terminal, environment: Terminal.environment)?.restore(terminal)
    }
}
