/// JSON for programs, safe to show on a terminal or in a CI system's log.
package enum JSONText {
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
