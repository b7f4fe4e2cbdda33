/// The arguments of `codex` that the simulator supports.
struct Arguments {
    enum Command {
        case exec(resumes: String?)
        case version
        case help
        case loginStatus
        case features
    }

    /// The refusal of a command line, with the message for standard error.
    struct Refusal: Error {
        var message: String
    }

    var command: Command
    var prompt: String?
    var skipsRepositoryCheck = false
    /// The values of `-c`, in order.
    var settings: [String] = []
    /// The file with the schema of the last message; `nil` for none.
    var schema: String?

    private static let valued: Set<String> = [
        "-c", "--config", "-C", "--cd", "-s", "--sandbox", "--add-dir", "-m", "--model", "-p",
        "--profile", "-i", "--image", "-o", "--output-last-message", "--output-schema", "--color",
        "--enable", "--disable",
    ]
    private static let beforeResumeOnly: Set<String> = [
        "-C", "--cd", "-s", "--sandbox", "--add-dir", "-p", "--profile", "--color",
    ]

    init(_ words: [String]) throws {
        switch words.first {
        case "exec": command = .exec(resumes: nil)
        case "--version", "-V": command = .version
        case "login": command = .loginStatus
        case "features": command = .features
        case "--help", "-h", nil: command = .help
        case let word?: throw Refusal(message: Self.unexpected(word))
        }
        if case .exec = command { try parseExec(Array(words.dropFirst())) }
    }

    private mutating func parseExec(_ words: [String]) throws {
        var isResume = false
        var plain: [String] = []
        var next = 0
        while next < words.count {
            let word = words[next]
            next += 1
            if word == "resume", plain.isEmpty, !isResume {
                isResume = true
            } else if Self.valued.contains(word) {
                if isResume && Self.beforeResumeOnly.contains(word) {
                    throw Refusal(message: Self.unexpected(word))
                }
                guard next < words.count else {
                    throw Refusal(message: "error: a value is required for '\(word)'\n")
                }
                if word == "-c" || word == "--config" { settings.append(words[next]) }
                if word == "--output-schema" { schema = words[next] }
                next += 1
            } else if word == "--skip-git-repo-check" {
                skipsRepositoryCheck = true
            } else if word == "--help" || word == "-h" {
                command = .help
            } else if ["--json", "--ignore-user-config", "--ignore-rules"].contains(word) {
                continue
            } else if word.hasPrefix("-"), word != "-" {
                throw Refusal(message: Self.unexpected(word))
            } else {
                plain.append(word)
            }
        }
        guard case .exec = command else { return }
        if isResume { command = .exec(resumes: plain.isEmpty ? "" : plain.removeFirst()) }
        prompt = plain.first
    }

    private static func unexpected(_ word: String) -> String {
        """
        error: unexpected argument '\(word)' found

          tip: to pass '\(word)' as a value, use '-- \(word)'

        Usage: codex exec [OPTIONS] [PROMPT]
               codex exec [OPTIONS] <COMMAND> [ARGS]

        For more information, try '--help'.

        """
    }
}
