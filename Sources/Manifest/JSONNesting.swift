/// Limits the nesting of a manifest in JSON.
///
/// Foundation parses no deeper JSON, without which its escapes can't be rewritten.
enum JSONNesting {
    /// Deepest level allowed.
    static let limit = 512

    /// Returns the position at which JSON nests too deep; `nil` if it doesn't, or the text is not JSON.
    static func excess(in text: String) -> ManifestText.Place? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        var (depth, isInString, isEscaped) = (0, false, false)
        for (offset, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if isInString {
                isEscaped = byte == UInt8(ascii: "\\")
                isInString = byte != UInt8(ascii: "\"")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                if depth > limit { return ManifestText.place(ofByte: offset, in: bytes) }
            }
        }
        return nil
    }
}
