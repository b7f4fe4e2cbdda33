/// A version of the Codex CLI, as its check-up found it.
package struct CodexVersion: Comparable, Sendable {
    /// The versions of the CLI that Quire's own tests run, in order.
    package static let tested = ["0.144.4", "0.155.1", "0.163.0"]

    private let numbers: [Int]?

    /// Reads the version in the line that has it, if there is one.
    package init(in line: String) {
        numbers = line.firstMatch(of: /(\d+)\.(\d+)\.(\d+)/).map { match in
            [match.1, match.2, match.3].map { Int($0) ?? .max }
        }
    }

    package static func < (left: CodexVersion, right: CodexVersion) -> Bool {
        (left.numbers ?? []).lexicographicallyPrecedes(right.numbers ?? [])
    }

    /// The tested versions, for people.
    static let known = "Quire is tested with Codex \(tested.joined(separator: ", "))"

    /// The doubts about a version that Quire is not tested with, for people; `nil` for a tested one.
    package var doubt: String? {
        let tested = Self.tested.map(CodexVersion.init(in:))
        guard !tested.contains(self), let first = tested.first, let last = tested.last else {
            return nil
        }
        let known = Self.known
        if numbers == nil { return "\(known); what version this is isn't known" }
        if self < first {
            return
                "\(known); this one is older, and may lack what sessions are started with: update it"
        }
        if last < self {
            return
                "\(known); this one is newer, and is asked what it can do: events that Quire doesn't know "
                + "are carried, not understood"
        }
        return "\(known); this one lies between them, and is expected to work"
    }
}
