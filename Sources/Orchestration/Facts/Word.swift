/// An enumeration whose values are words of the journal; later versions may add words.
package protocol Word: RawRepresentable, Codable where RawValue == String {}

/// A fact, word or key that this version does not know: a newer one wrote it.
///
/// Nothing is damaged, and nothing may be changed by a version that can't read all of it.
package struct NewerFormat: Error, Hashable, Sendable, CustomStringConvertible {
    /// The unknown thing, for people.
    package var description: String

    /// Makes the error.
    package init(_ description: String) { self.description = description }
}

// The synthesized conformances of facts prefer these overloads.
extension KeyedDecodingContainer {
    func decode<Value: Word>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try word(try decode(String.self, forKey: key), key)
    }

    func decodeIfPresent<Value: Word>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try decodeIfPresent(String.self, forKey: key).map { try word($0, key) }
    }

    private func word<Value: Word>(_ text: String, _ key: Key) throws -> Value {
        if let value = Value(rawValue: text) { return value }
        throw NewerFormat("\"\(key.stringValue)\": \"\(text)\"")
    }
}
