/// Values as JSON for programs, which may stand on a terminal or in a CI system's log, too.
package enum JSONText {
    /// A value over several lines, with sorted keys; in snake case, unless its keys are to stay.
    ///
    /// - Throws: `EncodingError` for what JSON can't hold.
    package static func pretty(
        _ value: some Encodable,
        keepsKeys: Bool = false
    ) throws -> SafeText {
        SafeText(json: try PrettyJSON.text(of: value, keepsKeys: keepsKeys))
    }
}

extension SafeText {
    /// JSON that means the same.
    init(json: String) { self.init(trusted: Sanitizer.json(json)) }
}
