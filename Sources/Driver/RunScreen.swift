import Autonomous
import Dates
package import EventLoop
package import Orchestration
package import Reporting

/// The terminal of a run's screen.
///
/// Unit tests have one of their own.
package protocol ScreenDevice: AnyObject {
    /// The size in characters.
    var screenSize: ScreenSize { get }
    /// True if the terminal has not taken all that was written.
    var isBehind: Bool { get }
    /// True while the screen is shown.
    var isShown: Bool { get }
    /// Called when the screen has to be drawn anew.
    var onChange: () -> Void { get set }
    /// Called with what the terminal sends.
    var onBytes: ([UInt8]) -> Void { get set }
    /// Takes the terminal, if it is this process's to take.
    func show()
    /// Gives it back for good.
    func close()
    /// Writes a text.
    func write(_ text: String)
    /// Returns true if the process was stopped since, and all has to be drawn anew.
    func recoverIfResumed() -> Bool
}

extension TerminalScreen: ScreenDevice {
    package var screenSize: ScreenSize { ScreenSize(columns: size.columns, rows: size.rows) }
}

/// A run on a terminal's whole screen: draws what has changed, at most ten times a second, and handles keys.
///
/// The run itself and `quire watch` have one each; both say where its contents come from, and where requests go.
package final class RunScreen {
    /// The functions that the screen is connected to.
    package struct Connection {
        /// Returns the contents to draw, without details.
        package var contents: () -> ScreenContents
        /// Reads the details of a task; called on a worker thread.
        package var details: @Sendable (String) -> TaskDetails
        /// Passes a request on, and calls back with the answer.
        package var steer: (SteeringRequest, @escaping (SteeringAnswer) -> Void) -> Void
        /// Leaves the screen, as a person asked for.
        package var quit: () -> Void

        /// Makes a connection; see the properties.
        package init(
            contents: @escaping () -> ScreenContents,
            details: @escaping @Sendable (String) -> TaskDetails,
            steer: @escaping (SteeringRequest, @escaping (SteeringAnswer) -> Void) -> Void,
            quit: @escaping () -> Void
        ) {
            (self.contents, self.details) = (contents, details)
            (self.steer, self.quit) = (steer, quit)
        }
    }

    /// The times between two frames: after facts and keys, after signs of life alone, and while nothing happens.
    private enum Interval {
        static let news = Duration.milliseconds(100)
        static let activity = Duration.milliseconds(500)
        static let quiet = Duration.seconds(1)
        /// The wait for the rest of a sequence after an escape character.
        static let escape = Duration.milliseconds(50)
    }

    private let loop: any DriverLoop
    private let device: any ScreenDevice
    private let connection: Connection
    private var model: ScreenModel
    private var differ: ScreenDiffer
    private var keys = KeyDecoder()
    private var details: TaskDetails?
    private var isReading = false
    private var timers: (frame: any DriverTimer, escape: any DriverTimer)?
    private var due: Duration?
    private var lastFrame: Duration?

    /// Makes the screen; it shows itself with its first frame.
    package convenience init(
        loop: Loop,
        device: TerminalScreen,
        host: ScreenModel.Host,
        usesColor: Bool,
        connection: Connection
    ) throws {
        try self.init(
            on: loop,
            device,
            host: host,
            usesColor: usesColor,
            connection: connection
        )
    }

    init(
        on loop: any DriverLoop,
        _ device: any ScreenDevice,
        host: ScreenModel.Host,
        usesColor: Bool,
        connection: Connection
    ) throws {
        (self.loop, self.device, self.connection) = (loop, device, connection)
        model = ScreenModel(host: host)
        differ = ScreenDiffer(usesColor: usesColor)
        timers = (
            try loop.timer { [unowned self] in draw() },
            try loop.timer { [unowned self] in escapeIsAlone() }
        )
        device.onBytes = { [unowned self] in receive($0) }
        device.onChange = { [unowned self] in
            differ.forget()
            changed()
        }
    }

    /// Has the screen drawn soon, since its contents have changed; later if only signs of life have.
    package func changed(isActivity: Bool = false) {
        let interval = isActivity ? Interval.activity : Interval.news
        schedule(max(loop.now, lastFrame.map { $0 + interval } ?? loop.now))
    }

    /// Has the screen drawn after a time, unless it is drawn earlier.
    package func changed(after time: Duration) { schedule(loop.now + time) }

    /// Shows words in the last line.
    package func tell(_ words: SafeText) {
        model.tell(words)
        changed()
    }

    /// Gives the terminal back, for good.
    package func close() {
        timers?.frame.close()
        timers?.escape.close()
        timers = nil
        device.close()
    }

    // MARK: - Drawing

    private func schedule(_ time: Duration) {
        guard due.map({ time < $0 }) ?? true else { return }
        due = time
        timers?.frame.set(time)
    }

    private func draw() {
        due = nil
        // A terminal that does not read (Ctrl-S) gets the newest frame once it reads again.
        guard !device.isBehind else { return schedule(loop.now + Interval.news) }
        if lastFrame == nil { device.show() }
        if device.recoverIfResumed() { differ.forget() }
        lastFrame = loop.now
        var contents = connection.contents()
        guard device.isShown else { return schedule(loop.now + Interval.quiet) }
        contents.details = details
        let size = device.screenSize
        let lines = model.draw(
            contents,
            at: Moment(awake: loop.now, wall: SystemClock.wall),
            size: size,
            offset: LocalTime.offset
        )
        device.write(differ.update(lines, size: size).description)
        // Times go on, but those of a run that is over do not.
        if contents.status == "running" { schedule(loop.now + Interval.quiet) }
        readDetails()
    }

    /// Reads the open task's details on a worker thread, once a second while the run goes on.
    private func readDetails() {
        guard let task = model.openTask else { return details = nil }
        if details?.task != task { details = nil }
        guard !isReading else { return }
        isReading = true
        let read = connection.details
        loop.perform {
            read(task)
        } then: { [weak self] found in
            guard let self, timers != nil else { return }
            isReading = false
            guard found.task == model.openTask else { return changed() }
            let isFirst = details == nil
            details = found
            if isFirst { changed() }
        }
    }

    // MARK: - Keys

    private func receive(_ bytes: [UInt8]) {
        handle(keys.decode(bytes))
        timers?.escape.set(keys.isWaiting ? loop.now + Interval.escape : nil)
    }

    private func escapeIsAlone() {
        if let key = keys.flush() { handle([key]) }
    }

    private func handle(_ keys: [Key]) {
        guard !keys.isEmpty else { return }
        let (view, size) = (connection.contents().view, device.screenSize)
        for key in keys {
            switch model.handle(key, view, size: size) {
            case nil: break
            case .quit: return connection.quit()
            case .redraw: differ.forget()
            case .steer(let request):
                connection.steer(request) { [weak self] answer in
                    guard let self, timers != nil else { return }
                    switch answer {
                    case .accepted(let words, _): tell("\(words)")
                    case .refused(let reason): tell("not done: \(reason)")
                    }
                }
            }
        }
        changed()
    }
}
