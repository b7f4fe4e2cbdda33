import Glibc

/// The signs of Quire's own that are no ASCII, and what stands for them where the locale has none.
enum Signs {
    /// True if the locale's characters are not UTF-8, as the environment has it (`setlocale`(3)).
    static let areASCII: Bool = {
        let names: [String] = ["LC_ALL", "LC_CTYPE", "LANG"]
        let values = names.compactMap { name in getenv(name).map { String(cString: $0) } }
        let locale = values.first { !$0.isEmpty }
        let words = (locale ?? "C").lowercased()
        return !words.contains("utf-8") && !words.contains("utf8")
    }()

    /// A sign of one column for each, so that what was laid out stays so.
    private static let plain: [Character: Character] = [
        "✓": "+", "✗": "x", "○": "o", "⚠": "!", "ℹ": "i", "…": "~", "·": "-", "█": "#", "░": ".",
        "–": "-",
        "—": "-", "→": ">", "×": "x", "≤": "<", "≥": ">",
    ]

    /// Returns a text with ASCII for all signs; other characters stay, as they are somebody else's.
    static func inASCII(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
        return String(text.map { plain[$0] ?? $0 })
    }
}
