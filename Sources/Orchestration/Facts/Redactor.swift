/// Puts a mark in the place of secrets in text from outside.
///
/// Secrets are the values of environment variables whose names look secret, the words that the user names,
/// what has the shape of a token or a private key, and passwords in URLs. Text without any is returned as it is, after one look
/// at each of its bytes.
package struct Redactor: Sendable {
    /// The text in the place of a secret.
    package static let mark = "[redacted]"
    /// The bytes that a secret value has at least: shorter ones stand everywhere.
    package static let leastValue = 8
    /// The bytes of a value that tell it where a text was cut.
    private static let leastPart = 6
    private static let ellipsis = Array("…".utf8)

    /// The secrets in the order of their bytes, each once.
    private let values: [[UInt8]]
    /// The places in `values` of those that begin with a byte.
    private let ranges: [Range<Int>]
    /// True for each byte that a secret may begin with.
    private let starts: [Bool]
    /// True if nothing is taken out in which a shell may find a command.
    private let isForCommands: Bool

    /// Makes a redactor of variables and the user's own words; without any, of shapes alone.
    ///
    /// One for commands shows what may be a command itself, as in `https://a:x;reboot;@b`: nobody is to run what
    /// they could not see.
    package init(
        environment: [[String: String]] = [],
        words: [String] = [],
        isForCommands: Bool = false
    ) {
        self.isForCommands = isForCommands
        // Messages are brought into one line before they are recorded.
        let all = (environment.flatMap(Self.secrets) + words).flatMap { [$0, $0.oneLine(.max)] }
            .filter { !$0.allSatisfy(\.isWhitespace) }
        values = Set(all.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        var starts = [Bool](repeating: false, count: 256)
        for byte in SecretShapes.firstBytes.union([URLPassword.start]) { starts[Int(byte)] = true }
        var ranges = [Range<Int>](repeating: 0..<0, count: 256)
        for (place, value) in values.enumerated() {
            let byte = Int(value[0])
            starts[byte] = true
            ranges[byte] = (ranges[byte].isEmpty ? place : ranges[byte].lowerBound)..<(place + 1)
        }
        (self.starts, self.ranges) = (starts, ranges)
    }

    /// Returns the values of variables that are secrets, and their lines.
    private static func secrets(in variables: [String: String]) -> [String] {
        variables.filter { SecretVariable.isSecret($0.key, $0.value) }.values.flatMap { value in
            let lines = value.split(whereSeparator: \.isNewline).map {
                String($0.drop(while: \.isWhitespace))
            }
            return ([value] + lines).filter { $0.utf8.count >= leastValue }
        }
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
            ?? values.lazy.flatMap { value in
                (Self.leastPart..<max(Self.leastPart, value.count)).filter {
                    bytes.starts(with: value.suffix($0))
                }
            }.max()
    }

    /// Returns bytes without their secrets; `nil` if there are none.
    private func redacted(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var copied = 0
        var place = 0
        while place < bytes.count {
            guard starts[Int(bytes[place])], let found = secret(at: place, in: bytes),
                !isForCommands || !bytes[found].contains(where: Self.separates)
            else {
                place += 1
                continue
            }
            result += bytes[copied..<found.lowerBound]
            result += Self.mark.utf8
            (place, copied) = (found.upperBound, found.upperBound)
        }
        return result.isEmpty ? nil : result + bytes[copied...]
    }

    /// Indicates whether a byte may separate the words or the commands of a line for a shell, or begin what it
    /// puts in.
    private static func separates(_ byte: UInt8) -> Bool {
        byte <= 0x20 || ";|&()<>$`".utf8.contains(byte)
    }

    private func secret(
        at place: Int,
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> Range<Int>? {
        let end = valueEnd(at: place, in: bytes) ?? SecretShapes.end(at: place, in: bytes)
        return end.map { place..<$0 } ?? URLPassword.range(after: place, in: bytes)
    }

    /// Returns the end of the longest value at a place, or of the beginning of one that was cut there; `nil`
    /// for neither.
    private func valueEnd(at place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        // The values that begin with the bytes so far; byte by byte they become fewer.
        var alike = ranges[Int(bytes[place])]
        var (end, found) = (place + 1, Int?.none)
        while !alike.isEmpty {
            // One that is whole comes before those that go on.
            if values[alike.lowerBound].count == end - place {
                found = end
                alike = (alike.lowerBound + 1)..<alike.upperBound
            }
            guard end < bytes.count else { break }
            let next = narrowed(alike, to: bytes[end], at: end - place)
            guard !next.isEmpty else { break }
            (alike, end) = (next, end + 1)
        }
        // What is cut is followed by nothing, or by the mark of a cut.
        let isCut = end == bytes.count || bytes.has(Self.ellipsis, at: end)
        return !alike.isEmpty && end - place >= Self.leastPart && isCut ? end : found
    }

    /// Returns the values of a range that have a byte at a place.
    private func narrowed(_ range: Range<Int>, to byte: UInt8, at place: Int) -> Range<Int> {
        func first(_ isThere: (UInt8) -> Bool) -> Int {
            var (low, high) = (range.lowerBound, range.upperBound)
            while low < high {
                let middle = (low + high) / 2
                if isThere(values[middle][place]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        return first { $0 >= byte }..<first { $0 > byte }
    }
}
