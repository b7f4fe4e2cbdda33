// The names of tasks.
extension TaskExpansion {
    /// Returns the reason why a text can't name a task and its directory; `nil` if it can.
    static func refusal(of name: String) -> String? {
        guard let first = name.utf8.first else { return "it is empty" }
        let isPlain = name.utf8.allSatisfy { $0.isLetterOrDigit || "_-.".utf8.contains($0) }
        if !isPlain || !first.isLetterOrDigit || name.contains("..") {
            return "use letters, digits, \".\", \"_\" and \"-\", begin with a letter or digit, "
                + "and no \"..\""
        }
        // These characters are one byte each.
        if name.utf8.count > 200 { return "it is longer than 200 characters" }
        return nil
    }
}

extension UInt8 {
    /// True for an ASCII letter or digit.
    fileprivate var isLetterOrDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}
