import Reporting

/// The command line that a person called, for hints on what to call next.
///
/// A hint is made from the words of the call, so that no option is lost.
package struct CalledCommand: Sendable {
    private let command: String
    private let words: [String]
    private let manifest: String

    /// Makes a command from the words of a call.
    ///
    /// `command` is the command in the hint, such as `quire run`; `words` are the words after it, one of
    /// which is the manifest. `dropping` removes flags that the hint's command doesn't have, such as those of
    /// `plan`.
    package init(
        _ command: String,
        _ words: [String],
        manifest: String,
        dropping flags: Set<String> = []
    ) {
        (self.command, self.manifest) = (command, manifest)
        self.words = Self.lasting(words.filter { !flags.contains($0) }, manifest: manifest)
    }

    /// Removes options that name open descriptors, as `>(…)` does: descriptors end with the call.
    private static func lasting(_ words: [String], manifest: String) -> [String] {
        var result: [String] = []
        for word in words {
            if word == manifest {
                result.append(isDescriptor(word) ? "-" : word)
            } else if isDescriptor(word) {
                if result.last?.hasPrefix("--") == true { result.removeLast() }
            } else if !(word.hasPrefix("--") && isDescriptor(word.behind("="))) {
                result.append(word)
            }
        }
        return result
    }

    /// Returns true if a path names an open descriptor of the process that was called.
    private static func isDescriptor(_ path: String) -> Bool {
        path == "/dev/stdin" || ["/dev/fd/", "/proc/self/fd/"].contains(where: path.hasPrefix)
    }

    /// Returns the call as a shell command with `more` at its end, without these flags and these options
    /// and their values.
    package func text(
        withoutFlags flags: Set<String> = [],
        options: Set<String> = [],
        adding more: [String] = []
    ) -> String {
        var kept: [String] = []
        var skipsValue = false
        for word in words {
            if skipsValue {
                skipsValue = false
            } else if options.contains(word) {
                skipsValue = true
            } else if !flags.contains(word), !options.contains(word.before("=")) {
                kept.append(word)
            }
        }
        // After "--" nothing is an option.
        let end = kept.firstIndex(of: "--") ?? kept.endIndex
        let isGiven = more.count == 1 && kept[..<end].contains(more[0])
        if !isGiven { kept.insert(contentsOf: more, at: end) }
        return ([command] + kept.map(\.shellQuoted)).joined(separator: " ")
    }

    /// Returns the call that continues a leg's work; its options for existing checklists have had their
    /// effect.
    package func goingOn(adding more: [String] = []) -> String {
        text(withoutFlags: ["--keep-lists"], options: ["--redo"], adding: more)
    }

    /// A condition of the hint, to stand before its colon; empty for none.
    ///
    /// A manifest that was read from a stream must be supplied again.
    package var condition: String {
        manifest == "-" || Self.isDescriptor(manifest)
            ? " with the manifest on standard input again" : ""
    }
}

extension String {
    /// Returns the text before the first mark; all of it if there is none.
    fileprivate func before(_ mark: Character) -> String { String(prefix { $0 != mark }) }

    /// Returns the text after the first mark; empty if there is none.
    fileprivate func behind(_ mark: Character) -> String {
        String(drop { $0 != mark }.dropFirst())
    }
}
