import Glibc

/// A hook for a turn's end that a command line sets: it is run, as Codex does, where its trust is
/// handed over, too.
struct StopHook {
    private static let key = "\"/<session-flags>/config.toml:stop:0:0\""

    private let command: String

    /// Finds the hook in the values of `-c`; `nil` for none, or for one that nobody trusts.
    init?(_ settings: [String]) {
        let hooks = settings.last { $0.hasPrefix("hooks.Stop=") }
        let trust = settings.last { $0.hasPrefix("hooks.state=") }
        guard let hooks, let command = Self.string(after: "command=", in: hooks),
            let trust, trust.contains("\(Self.key)={"),
            Self.string(after: "trusted_hash=", in: trust)?.hasPrefix("sha256:") == true
        else { return nil }
        self.command = command
    }

    /// Runs the hook; returns its reason for going on with the turn, `nil` if the turn ends.
    func reason(thread: String, isActive: Bool) -> String? {
        let input =
            #"{"session_id":"\#(thread)","turn_id":"turn","hook_event_name":"Stop","#
            + #""permission_mode":"bypassPermissions","stop_hook_active":\#(isActive)}"#
        guard let output = run(input), output.contains(#""decision":"block""#) else { return nil }
        return Self.string(after: "\"reason\":", in: output)
    }

    /// Returns the string behind some words, with its escapes resolved.
    private static func string(after words: String, in text: String) -> String? {
        guard let place = text.firstRange(of: words + "\"")?.upperBound else { return nil }
        var result = ""
        var isEscaped = false
        var digits: String?
        for character in text[place...] {
            if let begun = digits {
                digits = begun.count < 3 ? begun + String(character) : nil
                guard digits == nil, let number = UInt32(begun + String(character), radix: 16),
                    let scalar = Unicode.Scalar(number)
                else { continue }
                result.unicodeScalars.append(scalar)
            } else if isEscaped {
                if character == "u" {
                    digits = ""
                } else {
                    result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                return result
            } else {
                result.append(character)
            }
        }
        return nil
    }

    /// Runs the command in a login shell, in a session of its own; returns its output if it succeeds.
    private func run(_ input: String) -> String? {
        var (question, answer): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&question) == 0, pipe(&answer) == 0 else { return nil }
        let shell = getenv("SHELL").map { String(cString: $0) } ?? "/bin/sh"
        let texts: [String] = [shell, "-lc", command]
        let words = texts.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let child = fork()
        if child == 0 {
            setsid()
            dup2(question[0], 0)
            dup2(answer[1], 1)
            // Standard input was closed after the prompt, so that a pipe may have its number.
            for descriptor in question + answer where descriptor > 2 { close(descriptor) }
            execv(shell, words)
            _exit(127)
        }
        close(question[0])
        close(answer[1])
        // A hook that does not read ends nothing.
        signal(SIGPIPE, SIG_IGN)
        let bytes = Array(input.utf8)
        _ = write(question[1], bytes, bytes.count)
        signal(SIGPIPE, SIG_DFL)
        close(question[1])
        guard let file = fdopen(answer[0], "r") else { return nil }
        let output = Files.readAll(file)
        fclose(file)
        var status: Int32 = 0
        return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? output : nil
    }
}
