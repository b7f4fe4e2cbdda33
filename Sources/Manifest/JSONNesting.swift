/// Limits the nesting of a manifest in JSON.
///
/// Foundation parses no deeper JSON, without which its escapes can't be rewritten.
enum JSONNesting {
    /// Deepest level allowed.
    static let limit = 512

    /// Returns the position at which JSON nests too deep; `nil` if it doesn't, or the text is not JSON.
    static func excess(in text: String) -> ManifestText.Place? {
        guard text.beginsAsJSON else { return nil }
        let bytes = Array(text.utf8)
        var (depth, offset) = (0, 0)
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""): offset = bytes.endOfJSONString(from: offset + 1) - 1
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            if depth > limit { return ManifestText.place(ofByte: offset, in: bytes) }
            offset += 1
        }
        return nil
    }
}

extension String {
    /// True if the text is an object or an array of JSON, if it is JSON.
    var beginsAsJSON: Bool {
        let first = utf8.first { !$0.isJSONSpace }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }
}

extension [UInt8] {
    /// Returns the offset after the quote that ends a string of JSON.
    func endOfJSONString(from start: Int) -> Int {
        var offset = start
        while offset < count, self[offset] != UInt8(ascii: "\"") {
            offset += self[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        return offset + 1
    }
}

extension UInt8 {
    /// True for the bytes that JSON allows between values.
    var isJSONSpace: Bool { [0x20, 0x09, 0x0A, 0x0D].contains(self) }
}
