import EventLoop
import Orchestration
import Reporting

/// The end of a command of the user's.
struct CommandEnd {
    /// The end of the process, and its words.
    var said: LoggedCommand.End
    /// The reason why nobody knows how the command itself ended, in words that follow "it"; `nil` if the
    /// process was the command.
    var notRun: String?

    /// Makes the end of a command on this machine.
    init(_ said: LoggedCommand.End) { self.said = said }
}

extension CommandEnd {
    /// The bytes of a check's output that are kept.
    private static let keptOutput = 4096

    /// Returns the end of a command that did not pass within its limit, in words that follow "it".
    ///
    /// `setting` is the place of the limit in the manifest.
    func words(limit: Duration, setting: String) -> String {
        switch Termination(said.termination) {
        case _ where notRun != nil: notRun ?? ""
        case _ where said.isLate: "took longer than \(limit.forPeople) (\(setting))"
        case .exited(126): "can't be executed (status 126)"
        case .exited(127): "is not there, or a program that it needs is not (status 127)"
        case .exited(let status): "ended with status \(status)"
        case .signaled(let signal): "was killed by \(Signals.name(signal))"
        case .notStarted(_, let doing): "could not be started (\(doing))"
        }
    }

    /// Returns the trouble of a command in words that follow "it"; `nil` if the command passed.
    ///
    /// `setting` is the place of its limit in the manifest, `log` the path of its log.
    func trouble(_ command: UserCommand, setting: String, log: String) -> String? {
        guard notRun != nil || said.isLate || Termination(said.termination) != .exited(0) else {
            return nil
        }
        return "\(words(limit: command.timeout, setting: setting)); see \(log)\(tellingWords)"
    }

    /// The line of the output that tells most, after a colon; empty for none.
    var tellingWords: String {
        StandardErrorWords.telling(String(decoding: said.output, as: UTF8.self))
            .map { ": \($0.oneLine(300))" } ?? ""
    }

    /// Returns the last lines of the output, without anything that steers a terminal.
    ///
    /// Paths are told from the task's tree, if it has one: elsewhere the same failure has others.
    func safeOutput(in tree: String?) -> String {
        let kept = Self.keptOutput
        var end = said.output.suffix(kept)
        // A line whose beginning is missing, as far as another one follows.
        if end.count < said.output.count, let newline = end.dropLast().firstIndex(of: 10) {
            end = end[(newline + 1)...]
        }
        var text = Sanitizer.withoutSequences(String(decoding: end, as: UTF8.self))
        if let tree { text = text.replacing(tree + "/", with: "") }
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
        let safe = lines.map { Sanitizer.line(String($0)) }.joined(separator: "\n")
        return String(safe.suffix(kept))
    }

    /// Returns the end without the secrets in what the command said.
    func redacted(by redactor: Redactor) -> CommandEnd {
        var end = self
        // As much as is kept may be the end of more.
        let isCut = said.output.count >= CapturedOutput.keep
        end.said.output = redactor.redact(said.output, isCut: isCut)
        return end
    }
}
