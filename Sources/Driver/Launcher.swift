/// The words before the agent's command, which run it elsewhere.
///
/// A launcher is a program that takes a command as its last words (`srun`, `systemd-run`) or, with
/// `{command}`, as one text for a shell (`ssh`). It must pass on standard input, standard output, standard
/// error and the exit status, and end the command when it is ended itself.
package struct Launcher: Hashable, Sendable {
    /// The names that may stand in braces in a launcher's words, and their values.
    package enum Placeholder: String, CaseIterable, Sendable {
        /// The agent's whole command, for a shell.
        case command
        /// The session's slot, from 0.
        case slot
        /// The task's name.
        case task
        /// The session's number within the task, from 1.
        case session
        /// The memory limit of the session, in MiB, as `512M`.
        case memory
    }

    /// The path of the launcher's program.
    package var executable: String
    /// The words after the program's name.
    package var words: [String]

    /// Makes a launcher of a program and the words before the agent's.
    package init(executable: String, words: [String]) {
        self.executable = executable
        self.words = words
    }

    /// True if a word contains the agent's command, which then doesn't follow the words.
    var joinsWords: Bool { words.contains { $0.contains("{command}") } }

    /// Returns the words with every placeholder replaced; replaced text is not searched again.
    ///
    /// A name in double braces becomes that name in single braces.
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
