import Application
import ArgumentParser
import EventLoop
import Glibc
import Reporting
import Trees

/// The way of git's output to a terminal: through a filter of Quire's to the person's own pager.
///
/// git itself looks whether its output is a terminal, and starts this as its pager if so; into a pipe or a
/// file it writes as it does without Quire.
struct DiffPager {
    /// The words of the colours that git has by default, by the names of what is coloured: `color.diff.NAME`.
    private static let usual = [
        "context": "normal", "meta": "bold", "frag": "cyan", "func": "normal", "old": "red",
        "new": "green", "commit": "yellow", "whitespace": "normal red", "oldMoved": "bold magenta",
        "newMoved": "bold cyan", "oldMovedAlternative": "bold blue",
        "newMovedAlternative": "bold yellow", "oldMovedDimmed": "dim", "newMovedDimmed": "dim",
        "oldMovedAlternativeDimmed": "dim italic", "newMovedAlternativeDimmed": "dim italic",
    ]

    /// Options for git, to stand before its command.
    private(set) var options = ["--paginate"]
    /// The command line for `GIT_PAGER`.
    let command: String

    /// Makes the way for a repository's settings; `git` is the program.
    init(git: String, in directory: String) throws {
        let calls = try ManifestFile.git()
        var words = [try AgentLookup.ownPath, SafeDiffCommand.name]
        // An agent that could guess a colour could hide text.
        var random = SystemRandomNumberGenerator()
        for (name, usual) in Self.usual.sorted(by: { $0.key < $1.key }) {
            let color = (0..<3).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let digits = color.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            options += ["-c", "color.diff.\(name)=#\(digits)"]
            let shown = calls.call(
                ["config", "--get-color", "color.diff.\(name)", usual],
                in: directory
            )
            let parameters = String(decoding: shown.output, as: UTF8.self)
                .trimmingPrefix("\u{1B}[").prefix { $0 != "m" }
            // As git writes a colour of 24 bits.
            let told = "38;2;" + color.map(String.init).joined(separator: ";")
            words.append("\(told)=\(parameters)")
        }
        let pager = Self.pager(git, directory, calls)
        command = words.shellCommand + (pager.map { " | \($0)" } ?? "")
    }

    /// Returns the command of the pager that git would use for a comparison; `nil` for none.
    private static func pager(_ git: String, _ directory: String, _ calls: Git) -> String? {
        func isSet(_ type: [String]) -> String? {
            let answer = calls.call(["config"] + type + ["--get", "pager.diff"], in: directory)
            guard answer.status == 0 else { return nil }
            return String(decoding: answer.output, as: UTF8.self).trimmed
        }
        let own = isSet(["--type=bool"])
        if own == "false" { return nil }
        if own == nil, let command = isSet([]) { return command.isEmpty ? nil : command }
        var question = ShortCommand(executable: git, arguments: ["var", "GIT_PAGER"])
        question.directory = directory
        let command = String(decoding: question.run().output, as: UTF8.self).trimmed
        return ["", "cat"].contains(command) ? nil : command
    }
}

extension String {
    /// The text without the newlines at its end.
    fileprivate var trimmed: String {
        String(prefix(upTo: lastIndex { !$0.isNewline }.map(index(after:)) ?? startIndex))
    }
}

/// The filter that `quire diff` puts between git and a terminal; hidden from help.
struct SafeDiffCommand: ParsableCommand {
    static let name = "safe-diff"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Makes git's output on standard input safe for a terminal.",
        shouldDisplay: false
    )

    /// The size in bytes of pieces of a line without an end.
    private static let longest = 1 << 20

    @Argument(help: "Colours of git's, each with the one to show, as parameters of SGR.")
    var colors: [String] = []

    func run() throws {
        // As a pager does: git ends at it, and what it has said by then is shown.
        signal(SIGINT, SIG_IGN)
        let pairs = colors.map { $0.split(separator: "=", omittingEmptySubsequences: false) }
        let filter = SafeDiff(
            colors: Dictionary(
                pairs.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) },
                uniquingKeysWith: { first, _ in first }
            )
        )
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while StandardStream.output.failure == nil {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            var text: SafeText = ""
            for byte in buffer[..<count] {
                if byte == UInt8(ascii: "\n") {
                    text += filter.line(line) + "\n"
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(byte)
                    if line.count == Self.longest {
                        text += filter.line(line)
                        line.removeAll(keepingCapacity: true)
                    }
                }
            }
            StandardStream.output.write(text)
        }
        if !line.isEmpty { StandardStream.output.write(filter.line(line)) }
    }
}
