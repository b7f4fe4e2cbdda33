/// JSON for programs, safe to show on a terminal or in a CI system's log.
package enum JSONText {
    /// The version of the answers' formats, which `config/answers` describes.
    ///
    /// Within a version, keys and words are added, never renamed or removed.
    package static let version = 1

    /// An answer's own keys, and the version.
    private struct Answer<Value: Encodable>: Encodable {
        let value: Value

        enum CodingKeys: CodingKey { case version }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(JSONText.version, forKey: .version)
            try value.encode(to: encoder)
        }
    }

    /// Returns the answer of a command's `--json`: an object with the format's version; see `pretty`.
    ///
    /// - Throws: `EncodingError` for values that JSON can't hold.
    package static func answer(
        _ value: some Encodable,
        keepsKeys: Bool = false
    ) throws -> SafeText {
        try pretty(Answer(value: value), keepsKeys: keepsKeys)
    }

    /// Returns a value as JSON over several lines; the sorted keys are in snake case unless `keepsKeys` is
    /// true.
    ///
    /// - Throws: `EncodingError` for values that JSON can't hold.
    package static func pretty(
        _ value: some Encodable,
        keepsKeys: Bool = false
    ) throws -> SafeText {
        SafeText(json: try PrettyJSON.text(of: value, keepsKeys: keepsKeys))
    }
}

extension SafeText {
    /// Makes safe text of JSON without changing its meaning.
    init(json: String) { self.init(programText: Sanitizer.json(json)) }
}
