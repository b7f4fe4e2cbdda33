import Application
import ArgumentParser
import Autonomous
import FileAccess
import Foundation
import Glibc
import Reporting

/// The words of a person to agents: given in the call, in a file, or written in the editor.
struct WordsOptions: ParsableArguments {
    @Argument(help: "The words; - reads standard input.")
    var words: String?

    @Option(help: ArgumentHelp("A file with the words; - is standard input.", valueName: "file"))
    var file: String?

    func validate() throws {
        if words != nil, file != nil {
            throw ValidationError("give the words or --file, not both")
        }
    }

    /// Returns the words, which may be an answer to a question.
    ///
    /// - Throws: `PlainText.Refusal` for none or too many, `Trouble` if they can't be read.
    func text(_ question: String? = nil) throws -> String {
        guard let source = file ?? words else {
            guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
                throw Trouble(
                    "say the words, name a file with --file, or write - to read standard input",
                    status: ExitStatus.usage
                )
            }
            return try PlainText.checked(Array(Self.edited(question).utf8))
        }
        if source == "-" { return try PlainText.checked(Self.read(STDIN_FILENO, "standard input")) }
        guard file != nil else { return try PlainText.checked(Array(source.utf8)) }
        let descriptor = open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.unreadable(source) }
        defer { close(descriptor) }
        return try PlainText.checked(Self.read(descriptor, source))
    }

    /// Returns the bytes of a file to its end, or one more than are allowed.
    private static func read(_ descriptor: Int32, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 8192)
        while bytes.count <= PlainText.sizeLimit {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count == 0 { break }
            if count > 0 {
                bytes += piece[..<count]
            } else if errno != EINTR {
                throw unreadable(name)
            }
        }
        return bytes
    }

    private static func unreadable(_ name: String) -> Trouble {
        Trouble(
            "\(name) can't be read: \(String(cString: strerror(errno)))",
            status: ExitStatus.missing
        )
    }

    /// Returns what a person writes above the question in an editor.
    private static func edited(_ question: String?) throws -> String {
        let rule = "---- your words go above this line; what follows is left out ----"
        let path = NSTemporaryDirectory() + "quire-words-\(UUID().uuidString).md"
        let asked = question.map { "\n\($0)\n" } ?? ""
        let draft = Array("\n\n\(rule)\n\(asked)".utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { unlink(path) }
        let isWritten = write(descriptor, draft, draft.count) == draft.count
        guard close(descriptor) == 0, isWritten else { throw unreadable(path) }
        setenv("QUIRE_WORDS", path, 1)
        signal(SIGPIPE, SIG_DFL)
        let status = system("${VISUAL:-${EDITOR:-vi}} \"$QUIRE_WORDS\"")
        signal(SIGPIPE, SIG_IGN)
        guard status == 0, let bytes = RegularFile.contents(path, limit: 2 * PlainText.sizeLimit)
        else {
            throw Trouble(
                "the editor failed, and nothing is passed on; give the words or name a file: --file",
                status: ExitStatus.missing
            )
        }
        return String(decoding: bytes, as: UTF8.self).components(separatedBy: rule)[0]
    }
}
