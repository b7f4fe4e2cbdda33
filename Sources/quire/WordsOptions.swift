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

    @Option(
        help: ArgumentHelp("A file with the words; - is standard input.", valueName: "file"),
        completion: .file(),
        transform: Names.path(given:)
    )
    var file: String?

    func validate() throws {
        if words != nil, file != nil {
            throw ValidationError("give the words or --file, not both")
        }
    }

    /// Passes the words on, which may be an answer to a question; what was written in an editor is kept
    /// where that fails.
    ///
    /// - Throws: `PlainText.Refusal` for none or too many, `Trouble` if they can't be read, and what
    ///   `use` throws.
    func pass(_ question: String? = nil, to use: (String) throws -> Void) throws {
        if let source = file ?? words { return try use(try text(of: source)) }
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw Trouble(
                "say the words, name a file with --file, or write - to read standard input",
                status: ExitStatus.usage
            )
        }
        let draft = try Self.draft(question)
        do {
            try use(try PlainText.checked(Array(Self.edited(draft).utf8)))
            unlink(draft)
        } catch {
            if Self.written(draft)?.allSatisfy(\.isWhitespace) == true {
                unlink(draft)
            } else {
                Terminal.complain("what you wrote is kept in \(draft)")
            }
            throw error
        }
    }

    private func text(of source: String) throws -> String {
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

    private static let rule = "---- your words go above this line; what follows is left out ----"

    /// Makes the file in which a person writes above the question, and returns its path.
    private static func draft(_ question: String?) throws -> String {
        let path = NSTemporaryDirectory() + "quire-words-\(UUID().uuidString).md"
        let asked = question.map { "\n\($0)\n" } ?? ""
        let draft = Array("\n\n\(rule)\n\(asked)".utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unreadable(path) }
        let isWritten = write(descriptor, draft, draft.count) == draft.count
        guard close(descriptor) == 0, isWritten else {
            unlink(path)
            throw unreadable(path)
        }
        return path
    }

    /// Returns what a person writes in an editor.
    private static func edited(_ draft: String) throws -> String {
        setenv("QUIRE_WORDS", draft, 1)
        signal(SIGPIPE, SIG_DFL)
        let status = system("${VISUAL:-${EDITOR:-vi}} \"$QUIRE_WORDS\"")
        signal(SIGPIPE, SIG_IGN)
        guard status == 0, let text = written(draft) else {
            throw Trouble(
                "the editor failed, and nothing is passed on; give the words or name a file: --file",
                status: ExitStatus.missing
            )
        }
        return text
    }

    /// Returns the words in a draft; `nil` if it can't be read.
    private static func written(_ draft: String) -> String? {
        RegularFile.contents(draft, limit: 2 * PlainText.sizeLimit).map {
            String(decoding: $0, as: UTF8.self).components(separatedBy: rule)[0]
        }
    }
}
