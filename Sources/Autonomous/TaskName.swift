import Orchestration

/// The name of a task and of its directory.
package struct TaskName: Hashable, Sendable, CustomStringConvertible {
    /// Longest generated name, in characters.
    package static let generatedLimit = 30
    /// Longest name accepted, in characters: it must fit into a file's name.
    package static let givenLimit = 200

    /// The reason why a name is refused.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// The fault, for people.
        package var description: String
    }

    /// The name itself.
    package let description: String

    /// Makes a name that somebody chose.
    ///
    /// - Throws: `Refusal` if it is empty or too long, begins with anything but a letter or digit, or
    ///   contains `..` or anything but letters, digits, `.`, `_` and `-`.
    package init(given name: String) throws(Refusal) {
        if let reason = Self.refusal(of: name) { throw Refusal(description: reason) }
        description = name
    }

    private init(unchecked name: String) {
        description = name
    }

    /// Generates a name from a task's description, with a warning if the description yields none.
    ///
    /// `stamp` is the local time as `YYYYMMDD-HHMMSS`, for the name in that case; `isTaken` indicates
    /// whether a task with a name exists.
    package static func generated(
        from text: String,
        stamp: String,
        isTaken: (String) -> Bool
    ) -> (name: TaskName, warning: String?) {
        let slug = slug(text)
        guard !slug.isEmpty else {
            let name = firstFree("task-\(stamp)", isTaken)
            return (
                TaskName(unchecked: name),
                "Non-alphanumeric description detected, using generated name: \(name)"
            )
        }
        return (TaskName(unchecked: firstFree(slug, isTaken)), nil)
    }

    private static func slug(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let lower = scalar.properties.lowercaseMapping
            if scalar.isASCII, lower.allSatisfy({ $0.isLetter || $0.isNumber }) {
                result += lower
            } else if result.last != "-" {
                result += "-"
            }
        }
        return String(result.prefix(generatedLimit)).trimmingHyphens
    }

    private static func firstFree(_ name: String, _ isTaken: (String) -> Bool) -> String {
        guard isTaken(name) else { return name }
        var number = 2
        while true {
            let suffix = "-\(number)"
            let stem = String(name.prefix(generatedLimit - suffix.count)).trimmingHyphens
            if !isTaken(stem + suffix) { return stem + suffix }
            number += 1
        }
    }

    private static func refusal(of name: String) -> String? {
        guard let first = name.first else { return "Task name cannot be empty" }
        if first == "." { return "Task name cannot start with a dot: '\(name)'" }
        if first == "-" { return "Task name cannot start with a hyphen: '\(name)'" }
        if leavesDirectory(name) {
            return "Invalid task name: '\(name)' (contains path traversal characters)"
        }
        if !name.utf8.allSatisfy(\.isPlainInNames) || first == "_" {
            return "Invalid task name: '\(name)' (use letters, digits, '.', '_' and '-', "
                + "and begin with a letter or digit)"
        }
        if name.utf8.count > givenLimit {
            return "Invalid task name: longer than \(Format.count(givenLimit, "character"))"
        }
        return nil
    }

    /// True if the name holds `..`, `/` or `\`.
    private static func leavesDirectory(_ name: String) -> Bool {
        var last: UInt8 = 0
        for byte in name.utf8 {
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") { return true }
            if byte == UInt8(ascii: "."), last == byte { return true }
            last = byte
        }
        return false
    }
}

extension UInt8 {
    /// True for the bytes of letters, digits, `_`, `-` and `.`.
    fileprivate var isPlainInNames: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}

extension String {
    fileprivate var trimmingHyphens: String {
        let start = drop { $0 == "-" }
        let count = start.reversed().prefix { $0 == "-" }.count
        return String(start.dropLast(count))
    }
}
