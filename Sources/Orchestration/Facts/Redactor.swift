/// Puts a mark in the place of secrets in text from outside.
///
/// Secrets are the values of environment variables whose names look secret, the words that the user names,
/// and what has the shape of a token or a private key. Text without any is returned as it is, after one look
/// at each of its bytes.
package struct Redactor: Sendable {
    /// The text in the place of a secret.
    package static let mark = "[redacted]"
    /// The bytes that a secret value has at least: shorter ones stand everywhere.
    package static let leastValue = 8
    /// The bytes of a value that tell it where a text was cut.
    private static let leastPart = 6
    private static let ellipsis = Array("…".utf8)
    private static let words = [
        "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "APIKEY",
    ]

    /// The secrets by their first byte, the longest first.
    private let values: [UInt8: [[UInt8]]]
    /// True for each byte that a secret may begin with.
    private let starts: [Bool]

    /// Makes a redactor of variables and the user's own words; without any, of shapes alone.
    package init(environment: [[String: String]] = [], words: [String] = []) {
        let secrets = environment.flatMap { variables in
            variables.filter { Self.isSecret($0.key) && $0.value.utf8.count >= Self.leastValue }
                .values
        }
        // Messages are brought into one line before they are recorded.
        let all = Set((secrets + words).flatMap { [$0, $0.oneLine(.max)] }.filter { !$0.isEmpty })
        let sorted = all.map { Array($0.utf8) }.sorted { $0.count > $1.count }
        values = Dictionary(grouping: sorted) { $0[0] }
        var starts = [Bool](repeating: false, count: 256)
        for byte in SecretShapes.firstBytes.union(values.keys) { starts[Int(byte)] = true }
        self.starts = starts
    }

    /// Indicates whether a variable's name says that its value is a secret.
    package static func isSecret(_ name: String) -> Bool {
        let name = name.uppercased()
        if words.contains(where: name.contains) { return true }
        // A keyboard or a keymap is no secret.
        return name.split { !$0.isLetter }.contains { $0.hasSuffix("KEY") || $0.hasSuffix("KEYS") }
    }

    /// Returns a text without its secrets.
    package func redact(_ text: String) -> String {
        var text = text
        return text.withUTF8 { redacted($0).map { String(decoding: $0, as: UTF8.self) } } ?? text
    }

    /// Returns a text without its secrets; `isCut` says that what was before it was left out.
    package func redact(_ text: String, isCut: Bool) -> String {
        String(decoding: redact(Array(text.utf8), isCut: isCut), as: UTF8.self)
    }

    /// Returns bytes without their secrets; `isCut` says that the bytes before them were left out.
    package func redact(_ bytes: [UInt8], isCut: Bool = false) -> [UInt8] {
        guard isCut, let end = partEnd(of: bytes) else {
            return bytes.withUnsafeBufferPointer(redacted) ?? bytes
        }
        return Array(Self.mark.utf8) + redact(Array(bytes[end...]))
    }

    /// Returns the end of the rest of a value or a key with which bytes begin; `nil` if they begin with none.
    private func partEnd(of bytes: [UInt8]) -> Int? {
        let key = bytes.withUnsafeBufferPointer(SecretShapes.endOfCutKey)
        return key
            ?? values.values.joined().lazy.flatMap { value in
                (Self.leastPart..<max(Self.leastPart, value.count)).filter {
                    bytes.starts(with: value.suffix($0))
                }
            }.max()
    }

    /// Returns bytes without their secrets; `nil` if there are none.
    private func redacted(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var result: [UInt8]?
        var copied = 0
        var place = 0
        while place < bytes.count {
            guard starts[Int(bytes[place])], let end = end(at: place, in: bytes) else {
                place += 1
                continue
            }
            result = (result ?? []) + bytes[copied..<place] + Array(Self.mark.utf8)
            (place, copied) = (end, end)
        }
        return result.map { $0 + bytes[copied...] }
    }

    private func end(at place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for value in values[bytes[place]] ?? [] {
            if bytes.has(value, at: place) { return place + value.count }
            if let end = cutEnd(of: value, at: place, in: bytes) { return end }
        }
        return SecretShapes.end(at: place, in: bytes)
    }

    /// Returns the end of a value's beginning where the text was cut within it.
    private func cutEnd(
        of value: [UInt8],
        at place: Int,
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        // Only the last bytes of a text can be those of a value that was cut.
        let rest = bytes.count - place
        guard rest >= Self.leastPart, rest < value.count + Self.ellipsis.count else { return nil }
        let isMarked = bytes.has(Self.ellipsis, at: bytes.count - Self.ellipsis.count)
        let end = isMarked ? bytes.count - Self.ellipsis.count : bytes.count
        let count = end - place
        guard count >= Self.leastPart, count < value.count else { return nil }
        return bytes.has(Array(value.prefix(count)), at: place) ? end : nil
    }
}
