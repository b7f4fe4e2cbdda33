/// The environment variables that look like secrets.
package enum SecretVariable {
    /// What stands anywhere in the name of a secret.
    private static let words = [
        "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "APIKEY",
    ]
    /// Whole parts of the name of a secret: a monkey, a compass and an author are none.
    private static let parts: Set<Substring> = [
        "KEY", "KEYS", "SECRETKEY", "PASS", "PWD", "AUTH", "AUTHORIZATION", "COOKIE", "CREDS",
        "WEBHOOK", "DSN",
    ]
    /// The parts that also stand in names of columns and kinds.
    private static let ambiguous: Set<Substring> = ["KEY", "KEYS", "AUTH"]
    /// The ends of names of what tells where a secret is, or which.
    private static let places = ["_FILE", "_PATH", "_DIR", "_NAME", "_ID", "_SOCK", "_URL"]
    private static let harmless: Set = ["PWD", "OLDPWD"]
    /// The bytes that a value in lower case, which may be a word, has at least.
    private static let leastWord = 16

    /// Indicates whether a variable's name says that its value is a secret.
    package static func isSecret(_ name: String) -> Bool {
        let name = name.uppercased()
        let own = Set(name.split { !$0.isLetter })
        if harmless.contains(name) { return false }
        // The address of a webhook is all that it takes to call it.
        if places.contains(where: name.hasSuffix) { return own.contains("WEBHOOK") && isURL(name) }
        return words.contains(where: name.contains) || !own.isDisjoint(with: parts)
    }

    /// Indicates whether a variable is a secret, as its name and its value tell.
    package static func isSecret(_ name: String, _ value: String) -> Bool {
        let name = name.uppercased()
        guard
            isSecret(name)
                || isURL(name) && isSecret(String(name.dropLast(4))) && value.contains("@")
        else { return false }
        if value.allSatisfy(\.isWhitespace) { return false }
        let own = Set(name.split { !$0.isLetter })
        // A limit of tokens is no token.
        if own.contains("MAX") || name.hasSuffix("TOKENS"), value.utf8.allSatisfy(isDigit) {
            return false
        }
        return !isWord(value) || words.contains(where: name.contains)
            || !own.intersection(parts).isSubset(of: ambiguous)
    }

    private static func isURL(_ name: String) -> Bool { name.hasSuffix("_URL") }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Indicates whether a value is one such as the name of a column.
    private static func isWord(_ value: String) -> Bool {
        value.utf8.count < leastWord
            && value.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
    }
}
