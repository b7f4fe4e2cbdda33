/// The features that two failures must share to count as the same: the class, and the message
/// without its numbers, ids, paths and quotations.
struct FailureSignature: Hashable, Sendable {
    let kind: FailureClass
    let message: String

    init(kind: FailureClass, message: String) {
        (self.kind, self.message) = (kind, message)
    }

    init(_ failure: Failure) {
        (kind, message) = (failure.kind, Self.normalized(Self.ownWords(of: failure)))
    }

    /// Returns a text without its numbers, ids and paths.
    private static func normalized(_ text: Substring) -> String {
        var signature: [UInt8] = []
        for word in text.utf8.split(whereSeparator: \.isSpace) {
            if !signature.isEmpty { signature.append(UInt8(ascii: " ")) }
            normalize(word, into: &signature)
        }
        return String(decoding: signature, as: UTF8.self)
    }

    private static func ownWords(of failure: Failure) -> Substring {
        guard failure.kind.has(.quotes),
            let quotation = failure.message.firstRange(of: ": ")
        else { return failure.message[...] }
        return failure.message[..<quotation.lowerBound]
    }

    private static func normalize(_ word: Substring.UTF8View, into signature: inout [UInt8]) {
        if word.contains(UInt8(ascii: "/")) { return signature.append(UInt8(ascii: "/")) }
        if isIdentifier(word) { return signature.append(UInt8(ascii: "#")) }
        var isInNumber = false
        for byte in word {
            if !byte.isDigit {
                signature.append(byte)
            } else if !isInNumber {
                signature.append(UInt8(ascii: "#"))
            }
            isInNumber = byte.isDigit
        }
    }

    /// True for a long hexadecimal number or a UUID; punctuation around it is ignored.
    private static func isIdentifier(_ word: Substring.UTF8View) -> Bool {
        var length = 0
        var hasDigit = false
        for byte in word where byte.isLetter || byte.isDigit || byte == UInt8(ascii: "-") {
            guard byte.isHexDigit || byte == UInt8(ascii: "-") else { return false }
            length += 1
            hasDigit = hasDigit || byte.isDigit
        }
        return length >= 8 && hasDigit
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    /// True for an ASCII letter, and for every byte outside ASCII.
    fileprivate var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) || self >= 0x80 }
    fileprivate var isHexDigit: Bool { isDigit || (0x61...0x66).contains(self | 0x20) }
}
