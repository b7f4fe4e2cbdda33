import EventLoop
import Glibc
import Orchestration

/// A program that runs to its end with this process's environment, for its output.
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
    /// `NAME=value` for each variable besides the inherited ones.
    var environment: [String] = []
    /// All of standard input.
    var input: [UInt8] = []
    /// The time after which the program is killed.
    var patience = Duration.seconds(20)
    /// The number of bytes of output after which the program is killed.
    var longestOutput = Int.max

    /// Runs the program and waits for its end.
    func run() -> Result {
        let launch = ChildProcess.Launch(
            executable: executable,
            arguments: [executable] + arguments,
            inherited: .handedOn,
            environment: environment,
            directory: directory,
            input: input
        )
        let end = ShortProgram(launch, patience: patience, longestOutput: longestOutput).run()
        if let refusal = end.refusal {
            return Result(status: 1, output: end.output, words: words(refusal), isUnanswered: true)
        }
        return Self.result(end)
    }

    private func words(_ refusal: ShortProgram.Refusal) -> String {
        switch refusal {
        case .isLate: "it did not end within \(Format.duration(patience))"
        case .saysTooMuch: "it said more than \(Format.count(longestOutput, "byte"))"
        }
    }

    private static func result(_ end: ShortProgram.End) -> Result {
        let errors = String(decoding: end.standardError.head, as: UTF8.self)
        switch end.termination {
        case .exited(let status):
            return Result(
                status: status,
                output: end.output,
                words: StandardErrorWords.telling(errors)
            )
        case .signaled(let signal):
            return Result(status: 1, output: end.output, words: "killed by \(Signals.name(signal))")
        case .notStarted(_, let doing): return Result(status: 1, output: [], words: doing)
        }
    }

    /// Returns the first line that is not empty.
    static func firstLine(_ bytes: [UInt8]) -> String? {
        String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
            .map(String.init)
    }
}
