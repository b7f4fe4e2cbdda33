/// What two failures must share to count as the same one: the class and the message without its
/// numbers, ids and paths.
struct FailureSignature: Hashable, Sendable {
    let kind: FailureClass
    let message: String

    init(_ failure: Failure) {
        kind = failure.kind
        let words = failure.message.split(whereSeparator: \.isWhitespace)
        message = words.map(Self.normalized).joined(separator: " ")
    }

    private static func normalized(_ word: Substring) -> String {
        if word.contains("/") { return "/" }
        if isIdentifier(word) { return "#" }
        var result = ""
        for character in word {
            if !character.isNumber {
                result.append(character)
            } else if result.last != "#" {
                result.append("#")
            }
        }
        return result
    }

    /// Whether the word is a long hexadecimal number or a UUID, punctuation around it aside.
    private static func isIdentifier(_ word: Substring) -> Bool {
        let core = word.filter { $0.isLetter || $0.isNumber || $0 == "-" }
        return core.count >= 8 && core.contains(where: \.isNumber)
            && core.allSatisfy { $0.isHexDigit || $0 == "-" }
    }
}
