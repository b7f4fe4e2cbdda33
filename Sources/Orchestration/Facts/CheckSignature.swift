/// The features that the outputs of two failures of a check must share to count as the same: all but times,
/// durations, ids and temporary paths.
///
/// Counts and paths stay: fewer failures, or failures elsewhere, are progress.
enum CheckSignature {
    private static let units: Set<String> = [
        "ns", "us", "µs", "ms", "s", "sec", "secs", "second", "seconds", "min", "mins", "minute",
        "minutes", "h", "hour", "hours",
    ]

    /// Returns an output without what differs each time.
    static func normalized(_ output: String) -> String {
        var words: [String] = []
        for word in output.split(whereSeparator: \.isWhitespace) {
            // The numbers before a unit, as in "0.123 (0.125) seconds".
            if units.contains(String(word).core) {
                for place in words.indices.reversed().prefix(2) {
                    guard words[place].isNumber else { break }
                    words[place] = "#"
                }
            }
            words.append(normalized(word))
        }
        return words.joined(separator: " ")
    }

    private static func normalized(_ word: Substring) -> String {
        var rest = Array(word.unicodeScalars)[...]
        var result = String.UnicodeScalarView()
        var isInside = false
        while let first = rest.first {
            if !isInside, let length = temporaryPath(rest) {
                result.append(contentsOf: "/tmp".unicodeScalars)
                rest = rest.dropFirst(length)
                isInside = true
            } else if !isInside,
                let length = time(rest) ?? date(rest) ?? duration(rest) ?? identifier(rest)
            {
                result.append("#")
                rest = rest.dropFirst(length)
            } else {
                isInside = first.isPartOfWord
                result.append(first)
                rest.removeFirst()
            }
        }
        return String(result)
    }

    /// Returns the length of a path below a directory of temporary files, without the name at its end.
    private static func temporaryPath(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        let path = text.prefix { !"\"'`:;,()[]<>".unicodeScalars.contains($0) }
        for place in ["/tmp/", "/var/tmp/"] where path.starts(with: place.unicodeScalars) {
            let below = path.dropFirst(place.unicodeScalars.count)
            guard let slash = below.lastIndex(of: "/") else { return path.count }
            return slash - path.startIndex
        }
        return nil
    }

    /// Returns the length of a time of day, such as 19:43:39.5+00:00.
    private static func time(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        var reader = Scan(text)
        guard reader.digits(1...2), reader.skip(":"), reader.digits(2...2), reader.skip(":"),
            reader.digits(2...2)
        else { return nil }
        if reader.skip(".") || reader.skip(",") { _ = reader.digits(1...12) }
        return reader.endsWithZone()
    }

    /// Returns the length of a date, and of the time after it.
    private static func date(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        var reader = Scan(text)
        guard reader.digits(4...4), reader.skip("-") || reader.skip("/"), reader.digits(2...2),
            reader.skip("-") || reader.skip("/"), reader.digits(2...2)
        else { return nil }
        let length = reader.end
        if reader.skip("T") || reader.skip("_"), let time = time(reader.rest) {
            return reader.length + time
        }
        return length
    }

    /// Returns the length of numbers with units, such as 1.23s and 1m30s.
    private static func duration(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        var reader = Scan(text)
        repeat {
            guard reader.digits(1...12) else { return nil }
            if reader.skip(".") || reader.skip(",") {
                guard reader.digits(1...12) else { return nil }
            }
            let unit = String(reader.letters())
            guard units.contains(unit) || unit == "m" else { return nil }
        } while reader.rest.first?.isDigit == true
        return reader.end
    }

    /// Returns the length of a hexadecimal number of 8 digits or more, or of a UUID.
    private static func identifier(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        let prefix = text.starts(with: "0x".unicodeScalars) ? 2 : 0
        let run = text.dropFirst(prefix).prefix { $0.isHexDigit || $0 == "-" }
        let longest = run.split(separator: "-").map(\.count).max() ?? 0
        guard longest >= 8, run.contains(where: \.isDigit) else { return nil }
        var reader = Scan(text)
        reader.skip(prefix + run.count)
        return reader.end
    }
}

/// A reader of one word.
private struct Scan {
    private(set) var rest: ArraySlice<Unicode.Scalar>
    private let start: Int

    init(_ text: ArraySlice<Unicode.Scalar>) { (rest, start) = (text, text.startIndex) }

    /// The number of characters that were read.
    var length: Int { rest.startIndex - start }
    /// The number; `nil` if a word goes on there.
    var end: Int? { rest.first?.isPartOfWord == true ? nil : length }

    mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: ClosedRange<Int>) -> Bool {
        let digits = rest.prefix(while: \.isDigit).count
        skip(digits)
        return count.contains(digits)
    }

    mutating func letters() -> String.UnicodeScalarView {
        let letters = rest.prefix { $0.properties.isAlphabetic }
        skip(letters.count)
        return String.UnicodeScalarView(letters)
    }

    /// Returns the length with the time zone that may follow; `nil` if a word goes on there.
    func endsWithZone() -> Int? {
        var zone = self
        if zone.skip("Z") { return zone.end }
        guard zone.skip("+") || zone.skip("-"), zone.digits(2...4) else { return end }
        if zone.skip(":") { _ = zone.digits(2...2) }
        return zone.end
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var isHexDigit: Bool {
        isDigit || ("a"..."f").contains(self) || ("A"..."F").contains(self)
    }
    /// True for a letter and a digit.
    fileprivate var isPartOfWord: Bool { isDigit || properties.isAlphabetic }
}

extension String {
    /// The word without the punctuation around it.
    fileprivate var core: String {
        let start = drop { "([".contains($0) }
        return String(start.prefix { !")],.;:".contains($0) })
    }

    /// True for a number, with a point or not, in parentheses or not.
    fileprivate var isNumber: Bool {
        let digits = drop { $0 == "(" }.prefix { $0 != ")" }
        return !digits.isEmpty && digits.unicodeScalars.allSatisfy { $0.isDigit || $0 == "." }
    }
}
