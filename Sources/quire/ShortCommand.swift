import CodexEvents
import EventLoop
import Glibc
import Orchestration

/// A program that runs to its end beside everything else, for what it prints.
struct ShortCommand {
    /// What came of it.
    struct Result {
        /// Its exit status; 1 where it did not exit by itself, or never began.
        var status: Int32
        /// Its standard output.
        var output: [UInt8]
        /// What it said about its end in one line: its error, or why it did not come to one; `nil`
        /// where it said nothing.
        var words: String?
        /// Whether it was killed since it took too long or said too much.
        var isUnanswered = false

        /// The words, or that there are none.
        var complaint: String { words ?? "it said nothing" }
    }

    /// The program's path.
    var executable: String
    /// Its arguments.
    var arguments: [String]
    /// Where it runs.
    var directory = "/"
    /// After how long it is killed.
    var patience = Duration.seconds(20)
    /// After how many bytes of output it is killed.
    var longestOutput = Int.max

    /// Runs it on a loop of its own.
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

    /// The first line that says anything.
    static func firstLine(_ bytes: [UInt8]) -> String? {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
            .map(String.init)
    }
}
