/// Finds comments in a manifest that is otherwise JSON, as some editors write them.
enum JSONComment {
    /// Returns the position of the first `//` or `/*` outside of strings; `nil` for none, or if the
    /// text is not written as JSON, whose first key is quoted.
    static func place(in text: String) -> ManifestText.Place? {
        let bytes = Array(text.utf8)
        let (slash, star) = (UInt8(ascii: "/"), UInt8(ascii: "*"))
        var first: Int?
        var (offset, hasBrace, hasKey) = (0, false, false)
        while offset < bytes.count {
            let byte = bytes[offset]
            let next = offset + 1 < bytes.count ? bytes[offset + 1] : 0
            if byte == slash, next == slash || next == star {
                first = first ?? offset
                if hasKey { break }
                offset = end(of: bytes, from: offset + 2, isLine: next == slash)
            } else if byte == UInt8(ascii: "\"") {
                guard hasBrace else { return nil }
                hasKey = true
                if first != nil { break }
                offset = bytes.endOfJSONString(from: offset + 1)
            } else {
                if !hasKey, !byte.isJSONSpace {
                    guard byte == UInt8(ascii: "{"), !hasBrace else { return nil }
                    hasBrace = true
                }
                offset += 1
            }
        }
        return hasKey ? first.map { ManifestText.place(ofByte: $0, in: bytes) } : nil
    }

    private static func end(of bytes: [UInt8], from start: Int, isLine: Bool) -> Int {
        var offset = start
        while offset < bytes.count {
            if isLine, bytes[offset] == UInt8(ascii: "\n") { return offset }
            if !isLine, bytes[offset...].starts(with: [UInt8(ascii: "*"), UInt8(ascii: "/")]) {
                return offset + 2
            }
            offset += 1
        }
        return offset
    }
}
