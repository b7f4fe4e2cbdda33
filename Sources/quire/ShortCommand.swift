import EventLoop
import Glibc
import Orchestration

/// A program that runs to its end on an event loop of its own, for its output.
struct ShortCommand {
    /// The result of the program.
    struct Result {
        /// The exit status; 1 if the program was killed or never started.
        var status: Int32
        /// The program's standard output.
        var output: [UInt8]
        /// The program's error in one line, or the reason why it did not end by itself; `nil` if there is
        /// neither.
        var words: String?
        /// True if the program was killed for taking too long or for too much output.
        var isUnanswered = false

        /// The words, or a substitute.
        var complaint: String { words ?? "it said nothing" }
    }

    /// The program's path.
    var executable: String
    /// The program's arguments, without its name.
    var arguments: [String]
    /// The working directory.
    var directory = "/"
    /// The time after which the program is killed.
    var patience = Duration.seconds(20)
    /// The number of bytes of output after which the program is killed.
    var longestOutput = Int.max

    /// Runs the program and waits for its end.
    func run() -> Result {
        do {
            return try runOnLoop()
        } catch {
            return Result(status: 1, output: [], words: "\(error)")
        }
    }

    private func runOnLoop() throws -> Result {
        var output: [UInt8] = []
        var end: ChildEnd?
        let loop = try Loop()
        var child: ChildProcess?
        var unanswered: String?
        let timer = try Timer(loop: loop) { [patience] in
            unanswered = "it did not end within \(Format.duration(patience))"
            child?.kill()
        }
        timer.set(loop.now + patience)
        let callbacks = ChildProcess.Callbacks(
            started: { _ in },
            output: { [longestOutput] bytes in
                guard bytes.count <= longestOutput - output.count else {
                    unanswered = "it said more than \(Format.count(longestOutput, "byte"))"
                    child?.kill()
                    return
                }
                for place in bytes.indices { output.append(bytes[place]) }
            },
            ended: {
                end = $0
                loop.stop()
            }
        )
        let launch = ChildProcess.Launch(
            executable: executable,
            arguments: [executable] + arguments,
            inherited: .handedOn,
            environment: [],
            directory: directory,
            input: []
        )
        child = ChildProcess(loop: loop, leakLimit: .seconds(1), callbacks: callbacks) { launch }
        loop.run()
        timer.close()
        loop.close()
        guard let end else { return Result(status: 1, output: output, words: "it did not end") }
        if let unanswered {
            return Result(status: 1, output: output, words: unanswered, isUnanswered: true)
        }
        return Self.result(end, output)
    }

    private static func result(_ end: ChildEnd, _ output: [UInt8]) -> Result {
        let errors = String(decoding: end.standardError.head, as: UTF8.self)
        switch end.termination {
        case .exited(let status):
            return Result(
                status: status,
                output: output,
                words: StandardErrorWords.telling(errors)
            )
        case .signaled(let signal):
            return Result(status: 1, output: output, words: "killed by \(Signals.name(signal))")
        case .notStarted(_, let doing): return Result(status: 1, output: [], words: doing)
        }
    }

    /// Returns the first line that is not empty.
    static func firstLine(_ bytes: [UInt8]) -> String? {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
            .map(String.init)
    }
}
