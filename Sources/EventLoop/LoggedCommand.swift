import Descendants

/// A user's command in a shell, with a log of what it says and a limit on its time.
///
/// The command leads a process group of its own, reads its input from memory, and is killed when Quire dies. At its
/// limit it is ended politely, after the grace by force. Processes that leave its group are the
/// owner's to end: they carry the label. A launcher may bring the command to another machine; then all of
/// this holds for the launcher.
package final class LoggedCommand {
    /// The command, its directory, and its time limit.
    package struct Request: Sendable {
        /// The text for the shell.
        package var command: String
        /// Environment entries passed on unchanged.
        package var inherited: InheritedEnvironment
        /// `NAME=value` for each variable besides.
        package var environment: [String]
        /// The working directory's absolute path.
        package var directory: String
        /// The number that its descendants inherit (`SessionLabel`); 0 for none.
        package var label: UInt64
        /// The time that the command may take.
        package var limit: Duration
        /// The time between a polite end and a forced one.
        package var grace: Duration
        /// The program that brings the command elsewhere; `nil` for a shell on this machine.
        package var launcher: LauncherProgram?
        /// All of standard input, without a launcher.
        package var input: [UInt8] = []
        /// The shell's positional parameters, `$1` and so on, without a launcher.
        package var arguments: [String] = []

        /// Makes a request; see the properties.
        package init(
            command: String,
            inherited: InheritedEnvironment = .none,
            environment: [String] = [],
            directory: String,
            label: UInt64 = 0,
            limit: Duration,
            grace: Duration
        ) {
            (self.command, self.directory, self.label) = (command, directory, label)
            (self.inherited, self.environment) = (inherited, environment)
            (self.limit, self.grace) = (limit, grace)
        }

        private static let wrapper =
            #"exec 2>&1; command=$1; shift; exec /bin/sh -c "$command" /bin/sh "$@""#

        fileprivate func launch() throws -> ChildProcess.Launch {
            try launcher?.prepare()
            return ChildProcess.Launch(
                executable: launcher?.executable ?? "/bin/sh",
                // Both outputs are one, in the order in which they were written.
                arguments: launcher?.arguments
                    ?? (["sh", "-c", Self.wrapper, "sh", command] + arguments),
                inherited: inherited,
                environment: environment,
                directory: directory,
                input: launcher?.input ?? input,
                label: label
            )
        }
    }

    /// A program that runs a command elsewhere.
    ///
    /// The command's two outputs are its standard output; its standard error is its own.
    package struct LauncherProgram: Sendable {
        /// The absolute path of the program.
        package var executable: String
        /// All of argv, the program's name first.
        package var arguments: [String]
        /// All of standard input.
        package var input: [UInt8]
        /// Called on a worker thread right before the start.
        package var prepare: @Sendable () throws -> Void

        /// Makes a program; see the properties.
        package init(
            executable: String,
            arguments: [String],
            input: [UInt8],
            prepare: @escaping @Sendable () throws -> Void
        ) {
            (self.executable, self.arguments, self.input) = (executable, arguments, input)
            self.prepare = prepare
        }
    }

    /// The end of a command.
    package struct End: Sendable {
        /// The end of the process.
        package var termination: ChildEnd.Termination
        /// The last 64 KiB of what it said, standard error included.
        package var output: [UInt8]
        /// The first 64 KiB of that.
        package var beginning: [UInt8] = []
        /// True if the command was ended at its limit.
        package var isLate: Bool
        /// The reason why the log lacks some of the output; `nil` if it has all.
        package var logFailure: LoopError?

        /// Makes an end; see the properties.
        package init(
            termination: ChildEnd.Termination,
            output: [UInt8],
            beginning: [UInt8] = [],
            isLate: Bool,
            logFailure: LoopError? = nil
        ) {
            (self.termination, self.output, self.beginning) = (termination, output, beginning)
            (self.isLate, self.logFailure) = (isLate, logFailure)
        }
    }

    /// The time that a descendant may hold the output open after the command's end.
    private static let leakLimit = Duration.seconds(2)
    /// The bytes of output that the log takes; of more it gets the end.
    private static let logLimit: Int64 = 16 << 20

    /// The bytes of a launcher's own words that are kept.
    private static let mostLauncherWords = 8192

    private let loop: Loop
    private let grace: Duration
    private let log: LogWriter
    private let then: (End) -> Void
    private var child: ChildProcess?
    private var timer: Timer?
    private var output = CapturedOutput()
    private var isEnding = false
    private var isLate = false
    private var logFailure: LoopError?

    /// Starts a command; its log gets a line with the command, then its output.
    ///
    /// `then` is called once, on the loop, when the command has ended and the log is written.
    package init(
        _ request: Request,
        loop: Loop,
        log: LogWriter,
        then: @escaping (End) -> Void
    ) throws(LoopError) {
        (self.loop, self.log, self.then) = (loop, log, then)
        grace = request.grace
        timer = try Timer(loop: loop) { [unowned self] in expire() }
        timer?.set(loop.now + request.limit)
        log.onError = { [unowned self] in logFailure = $0 }
        log.onPressure = { [unowned self] in pressureChanged($0) }
        log.append("$ \(request.command)\n")
        let callbacks = ChildProcess.Callbacks(
            started: { _ in },
            output: { [self] in said($0) },
            ended: { [self] in ended($0) }
        )
        child = ChildProcess(loop: loop, leakLimit: Self.leakLimit, callbacks: callbacks) {
            try request.launch()
        }
    }

    /// Ends the command and its process group politely, and by force after the grace.
    package func terminate() {
        guard !isEnding else { return }
        isEnding = true
        child?.terminate()
        timer?.set(loop.now + grace)
    }

    /// Ends the command and its process group by force, and waits for no disk.
    package func kill() {
        isEnding = true
        log.giveUp()
        child?.kill()
    }

    private func pressureChanged(_ isHigh: Bool) {
        if isHigh { child?.pauseOutput() } else { child?.resumeOutput() }
    }

    private func said(_ bytes: Span<UInt8>) {
        if output.total <= Self.logLimit { log.append(bytes) }
        output.append(bytes)
    }

    private func expire() {
        if isEnding { return kill() }
        isLate = true
        terminate()
    }

    private func ended(_ end: ChildEnd) {
        timer?.close()
        (timer, child) = (nil, nil)
        // Only a launcher has words of its own; long ones must not drive the command's out.
        let words = end.standardError.end.suffix(Self.mostLauncherWords)
        if !words.isEmpty { said(Array(words).span) }
        if output.total > Self.logLimit {
            log.append("\n[more than \(Self.logLimit >> 20) MiB; here is the end]\n")
            log.append(String(decoding: output.end, as: UTF8.self))
        }
        log.finish { [self] in
            then(
                End(
                    termination: end.termination,
                    output: output.end,
                    beginning: output.head,
                    isLate: isLate,
                    logFailure: logFailure
                )
            )
        }
    }
}
