import Foundation

/// A manifest's text for the YAML parser, with a map of its positions to the file's.
///
/// JSON is YAML with a few exceptions: the parser refuses surrogate escapes (`\ud83d\ude80`), and
/// refuses some characters or takes them for line breaks. In JSON these are rewritten as YAML's
/// escapes.
struct ManifestText {
    /// A position in a text; line and column from 1.
    struct Place: Hashable {
        var line: Int
        var column: Int
    }

    /// The text that the parser reads.
    let yaml: String
    /// By line: the column after a rewritten character, and how many columns longer it was in the file.
    private let shifts: [Int: [(column: Int, difference: Int)]]

    /// Makes the parser's text from the file's.
    init(_ text: String) {
        if let json = JSONRewriter.rewritten(text) {
            (yaml, shifts) = (json.yaml, json.shifts)
        } else {
            (yaml, shifts) = (text, [:])
        }
    }

    /// Returns the position in the file for one in the parser's text.
    func original(_ place: Place) -> Place {
        var place = place
        let shifts = shifts[place.line] ?? []
        place.column += shifts.filter { $0.column <= place.column }.reduce(0) { $0 + $1.difference }
        return place
    }

    /// Returns the next position of a text within one line, from a position in the parser's text on.
    func find(_ text: String, from place: Place) -> Place? {
        for (number, line) in yaml.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated().dropFirst(place.line - 1)
        {
            let scalars = line.unicodeScalars
            let skipped = number + 1 == place.line ? max(0, place.column - 1) : 0
            let start = scalars.index(
                scalars.startIndex,
                offsetBy: skipped,
                limitedBy: scalars.endIndex
            )
            guard let start, let found = line[start...].range(of: text) else { continue }
            let column = scalars.distance(from: scalars.startIndex, to: found.lowerBound) + 1
            return Place(line: number + 1, column: column)
        }
        return nil
    }

    /// Returns the position of a byte in the parser's text.
    func place(ofByte offset: Int) -> Place {
        Self.place(ofByte: offset, in: Array(yaml.utf8))
    }

    /// Returns the position of a byte in bytes that need not be text; columns count characters.
    static func place(ofByte offset: Int, in bytes: [UInt8]) -> Place {
        let before = bytes.prefix(offset)
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return Place(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: before[start...].count { $0 & 0xC0 != 0x80 } + 1
        )
    }

    /// Indicates whether a tab is at a position, or in the indentation of its line or the line before.
    func hasTab(at place: Place) -> Bool {
        let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
        func line(_ number: Int) -> [Unicode.Scalar] {
            lines.indices.contains(number - 1) ? Array(lines[number - 1].unicodeScalars) : []
        }
        let own = line(place.line)
        if own.indices.contains(place.column - 1), own[place.column - 1] == "\t" { return true }
        return [own, line(place.line - 1)].contains { line in
            line.prefix { $0 == " " || $0 == "\t" }.contains("\t")
        }
    }
}

/// Rewrites JSON as YAML.
private struct JSONRewriter {
    private var yaml = String.UnicodeScalarView()
    private var shifts: [Int: [(column: Int, difference: Int)]] = [:]
    private var line = 1
    private var column = 1

    /// Returns the parser's text; `nil` if the text is not JSON or needs no rewriting.
    static func rewritten(
        _ text: String
    ) -> (yaml: String, shifts: [Int: [(column: Int, difference: Int)]])? {
        guard text.beginsAsJSON, isNeeded(in: text),
            (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil
        else { return nil }
        var rewriter = JSONRewriter()
        rewriter.read(text.unicodeScalars)
        return (String(rewriter.yaml), rewriter.shifts)
    }

    private static func isNeeded(in text: String) -> Bool {
        text.contains("\\ud") || text.contains("\\uD") || text.unicodeScalars.contains(where: isOdd)
    }

    /// Indicates whether YAML refuses a character, or takes it for a line break, that JSON allows.
    private static func isOdd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private mutating func read(_ scalars: String.UnicodeScalarView) {
        var rest = Substring.UnicodeScalarView(scalars)
        while let scalar = rest.first {
            if scalar == "\\" {
                readEscape(&rest)
            } else {
                rest.removeFirst()
                if Self.isOdd(scalar) { replace(1, scalar) } else { copy(scalar) }
            }
        }
    }

    private mutating func readEscape(_ rest: inout Substring.UnicodeScalarView) {
        let pair = Array(rest.prefix(12))
        if let scalar = Self.surrogates(pair) {
            rest.removeFirst(12)
            return replace(12, scalar)
        }
        for scalar in pair.prefix(2) { copy(scalar) }
        rest.removeFirst(min(2, pair.count))
    }

    /// Returns the character of a pair of surrogate escapes.
    private static func surrogates(_ pair: [Unicode.Scalar]) -> Unicode.Scalar? {
        func unit(_ place: Int) -> UInt32? {
            guard pair.count == 12, pair[place] == "\\", pair[place + 1] == "u" else { return nil }
            var digits = String.UnicodeScalarView()
            digits.append(contentsOf: pair[(place + 2)..<(place + 6)])
            return UInt32(String(digits), radix: 16)
        }
        guard let high = unit(0), let low = unit(6), (0xD800..<0xDC00).contains(high),
            (0xDC00..<0xE000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func copy(_ scalar: Unicode.Scalar) {
        yaml.append(scalar)
        column += 1
        if scalar == "\n" { (line, column) = (line + 1, 1) }
    }

    /// Writes a character as YAML's escape; `columns` is its length in the file.
    private mutating func replace(_ columns: Int, _ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let escape = "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        yaml.append(contentsOf: escape.unicodeScalars)
        column += 10
        shifts[line, default: []].append((column, columns - 10))
    }
}
