import EventLoop
import Orchestration

/// A command of the user's that a launcher brings to where sessions run.
///
/// A launcher's exit status proves nothing: it may be the launcher's own. The command's shell there tells
/// of its beginning, and of its status at its end, by lines that no other command knows; without them the
/// command could not run, whatever the status.
struct LaunchedCommand {
    /// The status of a shell whose command was killed by SIGKILL or SIGTERM; a launcher hands no signal on.
    private static let signals: [Int32: Int32] = [128 + 9: 9, 128 + 15: 15]

    /// The beginning of the lines that the shell says itself.
    private let mark: String

    /// Makes a command whose lines begin with `quire-` and this number.
    init(number: UInt64 = .random(in: 1 ... .max)) { mark = "quire-\(String(number, radix: 16)):" }

    /// Returns the words that run a command there, without input.
    func words(of command: String) -> [String] {
        let script = #"""
            exec 2>&1 </dev/null
            echo "$2 begun"
            /bin/sh -c "$1"
            status=$?
            printf '\n%s ended with status %s\n' "$2" "$status"
            exit "$status"
            """#
        return ["/bin/sh", "-c", script, "sh", command, mark]
    }

    /// Returns the end of the command, from that of its launcher: without the shell's own lines, and with the
    /// reason in `notRun` if it is not known how the command ended.
    func end(_ end: LoggedCommand.End, limit: Duration) -> CommandEnd {
        let began = contains("\(mark) begun", end.beginning)
        var result = CommandEnd(end)
        result.said.output = withoutMarks(end.output)
        switch (end.termination, status(in: end.output)) {
        case _ where end.isLate && began: break
        case _ where end.isLate:
            result.said.isLate = false
            result.notRun = "was not begun by the launcher within \(limit.forPeople)"
        case (.exited(let status), let told?) where status == told:
            if let signal = Self.signals[status] { result.said.termination = .signaled(signal) }
        case (.exited(let status), _):
            result.notRun =
                "was \(began ? "lost" : "not begun") by the launcher, which ended with status \(status)"
        case (.signaled(let signal), _):
            result.notRun = "was lost by the launcher, which \(Signals.name(signal)) killed"
        case (.notStarted, _): break
        }
        return result
    }

    /// Returns the status that the shell told last; `nil` if it told none.
    private func status(in output: [UInt8]) -> Int32? {
        let words = "\(mark) ended with status "
        return String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline)
            .last { $0.hasPrefix(words) }
            .flatMap { Int32($0.dropFirst(words.count)) }
    }

    private func contains(_ words: String, _ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains(words)
    }

    private func withoutMarks(_ output: [UInt8]) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        let mark = Array(mark.utf8)
        return Array(
            output.split(separator: newline, omittingEmptySubsequences: false)
                .filter { !$0.starts(with: mark) }.joined(separator: [newline])
        )
    }
}
