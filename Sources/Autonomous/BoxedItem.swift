/// A line that begins with a box, as an entry does, well-formed or not.
///
/// A box holds one character and is followed by a blank or the line's end, so links, footnotes and
/// references in brackets are none. Brackets like a box's before `Task N:` are meant as an entry,
/// whatever else is wrong: they may be emphasised, escaped, or follow characters that nobody sees.
struct BoxedItem {
    /// The entry; `nil` if it is malformed.
    let entry: Checklist.Entry?
    /// True if `Task N:` follows the box.
    let isTitled: Bool

    /// Parses a line without its indentation; `nil` unless it begins with a box.
    init?(_ line: Line) {
        let contents = Self.contents(line.drop(while: Self.isControl))
        let item = contents.drop { Self.isControl($0) || "*_~`\\".utf8.contains($0) }
        let isPlain = item.startIndex == contents.startIndex && item.startIndex > line.startIndex
        guard item.first == UInt8(ascii: "["), let end = Self.boxEnd(item) else { return nil }
        let box = item[(item.startIndex + 1)..<end]
        let rest = item[(end + 1)...]
        isTitled = Self.isTaskTitle(rest)
        guard isTitled || (isPlain && Self.isBox(box, rest)) else { return nil }
        entry = Self.entry(line, box: box, rest: rest)
    }

    /// Indicates whether an empty box stands before `Task N:`, with no word before it.
    static func isOpen(on line: Line) -> Bool {
        guard let place = line.firstIndex(of: UInt8(ascii: "[")) else { return false }
        let before = line[..<place]
        let hasWord = zip(before, before.dropFirst()).contains { $0.isLetter && $1.isLetter }
        let rest = line[(place + 1)...].drop(while: \.isBlank)
        return !hasWord && rest.first == UInt8(ascii: "]") && isTaskTitle(rest.dropFirst())
    }

    /// Returns the text after a list item's mark, even if the space between them is missing.
    ///
    /// Other dashes and bullets, and invisible blanks, count as a mark.
    private static func contents(_ line: Line) -> Line {
        let beginning = line.prefix(markLimit).prefix { $0 != UInt8(ascii: "[") }
        if beginning.contains(where: { $0 >= 0x80 }) {
            let isMark = beginning.text.unicodeScalars.allSatisfy(isPartOfMark)
            return isMark ? line[beginning.endIndex...] : line
        }
        guard let first = line.first else { return line }
        if "-*+".utf8.contains(first) { return line.dropFirst().drop(while: \.isBlank) }
        let digits = line.prefix(while: \.isDigit).count
        guard digits > 0, let end = line.dropFirst(digits).first, ".)".utf8.contains(end) else {
            return line
        }
        return line.dropFirst(digits + 1).drop(while: \.isBlank)
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// Most bytes of a mark, whatever its characters.
    private static let markLimit = 32

    /// Most characters between brackets that are meant as a box: `done`, `in progress`.
    private static let boxLimit = 16

    private static func isPartOfMark(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII else {
            return "-*+.) \t0123456789_~`\\".unicodeScalars.contains(scalar)
        }
        return !scalar.properties.isAlphabetic && scalar.properties.numericType == nil
    }

    /// Returns the index of the bracket that closes a box of at most `boxLimit` characters of any kind.
    private static func boxEnd(_ item: Line) -> Int? {
        var characters = 0
        for place in item.indices.dropFirst() {
            if item[place] == UInt8(ascii: "]") { return place }
            // Continuation bytes of a character don't count.
            if item[place] & 0xC0 != 0x80 { characters += 1 }
            if characters > boxLimit { return nil }
        }
        return nil
    }

    /// Indicates whether brackets stand alone and hold white space, an `x` or a sign such as `✓`.
    ///
    /// A digit or another letter makes them a reference.
    private static func isBox(_ box: Line, _ rest: Line) -> Bool {
        guard rest.first?.isBlank ?? true else { return false }
        let mark = box.trimmed.text
        guard let character = mark.first else { return true }
        return mark.count == 1
            && (mark.lowercased() == "x" || !(character.isLetter || character.isNumber))
    }

    /// Indicates whether `Task N:` follows, with or without spaces and signs before it.
    ///
    /// Brackets followed by a parenthesis are a link.
    private static func isTaskTitle(_ rest: Line) -> Bool {
        let text = rest.drop { !($0.isLetter || $0.isDigit || $0 == UInt8(ascii: "(")) }
        guard text.prefix(4).elementsEqual("task".utf8, by: { $0 | 0x20 == $1 }) else {
            return false
        }
        let number = text.dropFirst(4).drop(while: \.isBlank)
        let behind = number.drop(while: \.isDigit)
        return number.count > behind.count
            && behind.drop(while: \.isBlank).first == UInt8(ascii: ":")
    }

    private static func entry(_ line: Line, box: Line, rest: Line) -> Checklist.Entry? {
        guard line.starts(with: "- [".utf8), box.count == 1, let mark = box.first else {
            return nil
        }
        guard " xX".utf8.contains(mark), rest.starts(with: " Task ".utf8) else { return nil }
        let digits = rest.dropFirst(6).prefix(while: \.isDigit)
        let text = rest.dropFirst(6 + digits.count)
        guard let number = Int(digits.text), text.first == UInt8(ascii: ":") else { return nil }
        let description = text.dropFirst().trimmed
        guard !description.isEmpty else { return nil }
        return Checklist.Entry(
            number: number,
            text: description.text,
            isTicked: mark != UInt8(ascii: " ")
        )
    }
}
