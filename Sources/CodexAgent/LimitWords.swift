/// Facts that the message of a usage limit tells besides its time.
///
/// Source: Codex CLI 0.163.0.
enum LimitWords {
    /// Returns the name of a limit that one model alone has; `nil` for the account's own.
    static func name(in message: String) -> String? {
        message.firstMatch(of: #/usage limit for (.{1,80}?)\. /#).map { String($0.1) }
    }

    /// Words of limits that no time lifts.
    private static let forPeople = [
        "to your admin", "out of credits", "purchase more credits", "spend cap", "quota exceeded",
        "insufficient_quota", "billing", "upgrade to plus",
    ]

    /// Returns true if only money or an administrator lifts the limit: the message promises no time.
    static func needsPerson(_ message: String) -> Bool {
        let text = message.lowercased()
        return !text.contains("try again") && forPeople.contains(where: text.contains)
    }
}
