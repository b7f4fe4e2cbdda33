/// Extracts a failed program's message from standard error, as one line.
package enum StandardErrorWords {
    /// Longest text, in characters.
    private static let limit = 2000

    /// Returns the paragraph that begins with an error, else the last line; `nil` if there is none.
    ///
    /// Codex writes a configuration error on several lines, after its warnings: the words
    /// `Error loading config.toml:`, the position, and the line with a mark under it.
    ///
    /// `beginnings` are those of an error's line, in small letters.
    package static func telling(
        _ text: String,
        beginnings: [String] = ["error:", "error "]
    ) -> String? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let first = lines.firstIndex { line in
            beginnings.contains { line.prefix($0.count).lowercased() == $0 }
        }
        if let first {
            let paragraph = lines[first...].prefix { !$0.allSatisfy(\.isWhitespace) }
            return paragraph.joined(separator: " ").oneLine(limit)
        }
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map { String($0).oneLine(limit) }
    }
}
