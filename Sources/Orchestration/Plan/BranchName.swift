/// The names that git takes for branches.
package enum BranchName {
    /// Characters that git refuses anywhere in a name, besides those that nobody can see.
    private static let refused = Array(" ~^:?*[\\".utf8)
    /// Bytes of the longest part: it must fit into a file's name, with `.lock` behind it.
    private static let longestPart = 250

    /// Returns the reason why git refuses a name for a branch, for people; `nil` if it takes it.
    ///
    /// The rules are those of `git check-ref-format --branch`, but for `@` and `@{-1}`, which stand there
    /// for other branches.
    package static func fault(in name: String) -> String? {
        // As bytes: a dot and an accent are one character.
        let bytes = Array(name.utf8)
        func has(_ text: String) -> Bool {
            let wanted = Array(text.utf8)
            return bytes.indices.contains { bytes[$0...].starts(with: wanted) }
        }
        if bytes.isEmpty { return "it is empty" }
        if name == "HEAD" { return "git has another meaning for HEAD" }
        if bytes.first == UInt8(ascii: "-") { return "it begins with -" }
        if bytes.last == UInt8(ascii: ".") { return "it ends with a dot" }
        for text in ["..", "@{"] where has(text) { return "it has \(text) in it" }
        if let byte = bytes.first(where: refused.contains) {
            return byte == UInt8(ascii: " ")
                ? "it has a space in it" : "it has \(Character(Unicode.Scalar(byte))) in it"
        }
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return "it has a character in it that nobody can see"
        }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.lazy.compactMap { fault(inPart: $0) }.first
    }

    private static func fault(inPart part: some BidirectionalCollection<UInt8>) -> String? {
        if part.isEmpty { return "it has a slash with nothing before or after it" }
        if part.first == UInt8(ascii: ".") { return "a part of it begins with a dot" }
        if part.suffix(5).elementsEqual(".lock".utf8) { return "a part of it ends with .lock" }
        if part.count > longestPart { return "a part of it is longer than 250 bytes" }
        return nil
    }
}
