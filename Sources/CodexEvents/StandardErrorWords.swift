/// What a program that failed says on standard error, in one line.
package enum StandardErrorWords {
    /// The longest text, in characters.
    private static let limit = 2000

    /// The paragraph that begins with an error, else the last line; `nil` where there is none.
    ///
    /// Codex says its configuration's errors over several lines, after its warnings:
    /// `Error loading config.toml:`, the place, and the line with a mark under it.
    package static func telling(_ text: String) -> String? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if let first = lines.firstIndex(where: isError) {
            let paragraph = lines[first...].prefix { !$0.allSatisfy(\.isWhitespace) }
            return paragraph.joined(separator: " ").oneLine(limit)
        }
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map { String($0).oneLine(limit) }
    }

    private static func isError(_ line: Substring) -> Bool {
        ["error:", "error "].contains { line.prefix($0.count).lowercased() == $0 }
    }
}
