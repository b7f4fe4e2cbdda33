import Reporting

/// The command line that a person called, for hints that say what to call next.
///
/// A hint is made from the very words of the call, so that no option of it is lost.
package struct CalledCommand: Sendable {
    private let command: String
    private let words: [String]
    private let manifest: String

    /// Takes a call's words.
    ///
    /// `command` is what the hint calls, such as `quire run`; `words` are those behind the command, one of
    /// which is the manifest. Words that are not the hint's, such as flags of `plan` alone, are left out by
    /// `dropping`.
    package init(
        _ command: String,
        _ words: [String],
        manifest: String,
        dropping flags: Set<String> = []
    ) {
        (self.command, self.manifest) = (command, manifest)
        self.words = Self.lasting(words.filter { !flags.contains($0) }, manifest: manifest)
    }

    /// The words without options that name open descriptors, as `>(…)` does: these are gone with the call.
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

    /// Tells a path that means an open descriptor of the process that was called.
    private static func isDescriptor(_ path: String) -> Bool {
        path == "/dev/stdin" || ["/dev/fd/", "/proc/self/fd/"].contains(where: path.hasPrefix)
    }

    /// The call in words of a shell, without some flags and options with their values, and with others at
    /// its end.
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
        // Behind "--" nothing is an option.
        let end = kept.firstIndex(of: "--") ?? kept.endIndex
        let isGiven = more.count == 1 && kept[..<end].contains(more[0])
        if !isGiven { kept.insert(contentsOf: more, at: end) }
        return ([command] + kept.map(\.shellQuoted)).joined(separator: " ")
    }

    /// The call that goes on with what a leg has left: what was to happen to lists has happened.
    package func goingOn(adding more: [String] = []) -> String {
        text(withoutFlags: ["--keep-lists"], options: ["--redo"], adding: more)
    }

    /// What the hint needs besides, to stand before its colon; empty for nothing.
    ///
    /// A manifest that was read from a stream is not there any more.
    package var condition: String {
        manifest == "-" || Self.isDescriptor(manifest)
            ? " with the manifest on standard input again" : ""
    }
}

extension String {
    /// What stands before the first mark; all of it where there is none.
    fileprivate func before(_ mark: Character) -> String { String(prefix { $0 != mark }) }

    /// What stands behind the first mark; nothing where there is none.
    fileprivate func behind(_ mark: Character) -> String {
        String(drop { $0 != mark }.dropFirst())
    }
}
