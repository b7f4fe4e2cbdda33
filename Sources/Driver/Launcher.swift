/// The words that stand before the agent's command and bring it to where it is to run.
///
/// A launcher is a program that takes a command as its last words (`srun`, `systemd-run`) or, with
/// `{command}`, as one text for a shell (`ssh`). What it has to do: pass standard input, standard
/// output, standard error and the exit status through, and end the command when it is ended itself.
package struct Launcher: Hashable, Sendable {
    /// What stands in braces in a launcher's words, and what is put in for it.
    package enum Placeholder: String, CaseIterable, Sendable {
        /// The agent's whole command, for a shell.
        case command
        /// The session's slot, from 0.
        case slot
        /// The task's name.
        case task
        /// The session's number within the task, from 1.
        case session
        /// What the session may use of memory, in MiB, as `512M`.
        case memory
    }

    /// The launcher's path.
    package var executable: String
    /// What follows its name.
    package var words: [String]

    /// Names a program and the words before the agent's.
    package init(executable: String, words: [String]) {
        self.executable = executable
        self.words = words
    }

    /// Whether the agent's command is one of its words, and need not follow them.
    var joinsWords: Bool { words.contains { $0.contains("{command}") } }

    /// The words with every placeholder replaced, each once: what is put in is left as it is.
    ///
    /// A placeholder in double braces is its own name in braces.
    func words(_ values: [Placeholder: String]) -> [String] {
        words.map { word in
            var result = ""
            var rest = word[...]
            while let brace = rest.firstIndex(of: "{") {
                result += rest[..<brace]
                rest = rest[brace...]
                let isDoubled = rest.hasPrefix("{{")
                if isDoubled,
                    let name = values.first(where: { rest.hasPrefix("{{\($0.key)}}") })?.key
                {
                    result += "{\(name)}"
                    rest = rest.dropFirst(name.rawValue.count + 4)
                    continue
                }
                let found = values.first { rest.hasPrefix("{\($0.key.rawValue)}") }
                result += found?.value ?? "{"
                rest = rest.dropFirst(found.map { $0.key.rawValue.count + 2 } ?? 1)
            }
            return result + rest
        }
    }
}
