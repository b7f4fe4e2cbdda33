/// The shapes of secrets that tell what they are, wherever they stand: tokens and private keys.
///
/// Shared by what is shown and recorded of agents' words and by what is committed of their files.
package enum SecretShapes {
    /// The characters of a token, after its beginning.
    private enum Alphabet {
        case capitals, alphanumeric, word, url

        func contains(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A: true
            case 0x61...0x7A: self != .capitals
            case UInt8(ascii: "_"): self == .word || self == .url
            case UInt8(ascii: "-"): self == .url
            default: false
            }
        }
    }

    private struct Shape {
        var start: [UInt8]
        var alphabet: Alphabet
        /// The fewest characters after the beginning.
        var least: Int
        /// The number of characters where all tokens have as many; else `nil`.
        var exact: Int?

        init(_ start: String, _ alphabet: Alphabet, _ least: Int, exact: Bool = false) {
            (self.start, self.alphabet, self.least) = (Array(start.utf8), alphabet, least)
            self.exact = exact ? least : nil
        }
    }

    private static let shapes =
        ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map { Shape($0, .alphanumeric, 20) }
        + ["xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-"].map { Shape($0, .url, 10) } + [
            Shape("github_pat_", .word, 20), Shape("glpat-", .url, 20), Shape("sk-", .url, 20),
            Shape("npm_", .alphanumeric, 36), Shape("hf_", .alphanumeric, 30),
            Shape("AIza", .url, 35, exact: true), Shape("AKIA", .capitals, 16, exact: true),
            Shape("ASIA", .capitals, 16, exact: true), Shape("pypi-", .url, 50),
        ]
    private static let shapesByFirst = Dictionary(grouping: shapes) { $0.start[0] }
    private static let keyStart = Array("-----BEGIN ".utf8)
    private static let keyName = Array("PRIVATE KEY".utf8)
    private static let keyEnd = Array("-----END ".utf8)
    private static let objectStart = Array("eyJ".utf8)
    /// The first bytes of all shapes.
    static let firstBytes: Set<UInt8> = Set(shapesByFirst.keys).union([keyStart[0], objectStart[0]])
    /// The bytes that are looked at for a shape, so that no text takes long.
    private static let window = 128
    /// The size of the largest header of a JSON Web Token, in bytes.
    private static let longestHeader = 512
    /// The size of the largest private key, in bytes.
    private static let longestKey = 16_384

    /// Returns the secrets in a text, each once.
    package static func secrets(in bytes: [UInt8]) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        var starts = [Bool](repeating: false, count: 256)
        for byte in firstBytes { starts[Int(byte)] = true }
        bytes.withUnsafeBufferPointer { buffer in
            var place = 0
            while place < buffer.count {
                let end = starts[Int(buffer[place])] ? end(at: place, in: buffer) : nil
                if let end { found.insert(Array(buffer[place..<end])) }
                place = end ?? place + 1
            }
        }
        return found
    }

    /// Returns the end of the secret that begins at a place; `nil` if none does.
    static func end(at place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        if bytes[place] == keyStart[0] { return keyEnd(at: place, in: bytes) }
        // Within a longer word its beginning means nothing.
        if place > 0, Alphabet.word.contains(bytes[place - 1]) { return nil }
        if let end = tokenEnd(at: place, in: bytes) { return end }
        return bytes.has(objectStart, at: place) ? webTokenEnd(at: place, in: bytes) : nil
    }

    private static func tokenEnd(at place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for shape in shapesByFirst[bytes[place]] ?? [] where bytes.has(shape.start, at: place) {
            let start = place + shape.start.count
            let seen = run(shape.alphabet, from: start, in: bytes, limit: start + window)
            guard seen - start >= shape.least, shape.exact.map({ seen - start == $0 }) ?? true,
                shape.alphabet != .url || isRandom(bytes[start..<seen])
            else { continue }
            return run(shape.alphabet, from: seen, in: bytes, limit: bytes.count)
        }
        return nil
    }

    /// Indicates whether a token with hyphens is none of words, such as the name of a branch.
    private static func isRandom(_ token: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var (hasDigit, longest, part) = (false, 0, 0)
        for byte in token {
            part = byte == UInt8(ascii: "-") ? 0 : part + 1
            longest = max(longest, part)
            hasDigit = hasDigit || (0x30...0x39).contains(byte)
        }
        return hasDigit && longest >= 10
    }

    /// Returns the end of a JSON Web Token: two objects in Base64, and the signature if it is there.
    private static func webTokenEnd(at place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let dot = UInt8(ascii: ".")
        let header = run(.url, from: place, in: bytes, limit: place + longestHeader)
        guard header - place > 10, header < bytes.count, bytes[header] == dot,
            bytes.has(objectStart, at: header + 1)
        else { return nil }
        let payload = run(.url, from: header + 1, in: bytes, limit: bytes.count)
        guard payload < bytes.count, bytes[payload] == dot else { return payload }
        return run(.url, from: payload + 1, in: bytes, limit: bytes.count)
    }

    /// Returns the end of a private key, which may be cut, or in one line.
    private static func keyEnd(at place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes.has(keyStart, at: place) else { return nil }
        let label = place + keyStart.count
        let hyphen = (label..<min(bytes.count, label + 64)).first { bytes[$0] == keyStart[0] }
        guard let hyphen, (label..<hyphen).contains(where: { bytes.has(keyName, at: $0) }) else {
            return nil
        }
        let limit = min(bytes.count, place + longestKey)
        guard let end = (hyphen..<limit).first(where: { bytes.has(keyEnd, at: $0) }) else {
            return limit
        }
        return self.end(ofKeyWithMark: end, in: bytes)
    }

    /// Returns the end of the private key with whose rest a text begins; `nil` if it begins with none.
    static func endOfCutKey(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let mark = (0..<min(bytes.count, longestKey)).first {
            bytes[$0] == keyStart[0] && (bytes.has(keyStart, at: $0) || bytes.has(keyEnd, at: $0))
        }
        guard let mark, bytes.has(keyEnd, at: mark) else { return nil }
        let end = end(ofKeyWithMark: mark, in: bytes)
        return (mark..<end).contains { bytes.has(keyName, at: $0) } ? end : nil
    }

    /// Returns the end of a key whose last line begins at a place.
    private static func end(
        ofKeyWithMark mark: Int,
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> Int {
        let name = mark + keyEnd.count
        let last = (name..<min(bytes.count, name + 64)).first { bytes[$0] == keyStart[0] }
        guard var last else { return min(bytes.count, name + 64) }
        while last < bytes.count, bytes[last] == keyStart[0] { last += 1 }
        return last
    }

    private static func run(
        _ alphabet: Alphabet,
        from start: Int,
        in bytes: UnsafeBufferPointer<UInt8>,
        limit: Int
    ) -> Int {
        var place = start
        while place < min(limit, bytes.count), alphabet.contains(bytes[place]) { place += 1 }
        return place
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Indicates whether these bytes stand at a place.
    func has(_ other: [UInt8], at place: Int) -> Bool {
        guard place >= 0, place + other.count <= count else { return false }
        for (offset, byte) in other.enumerated() where self[place + offset] != byte { return false }
        return true
    }
}
