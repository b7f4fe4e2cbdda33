import Codec
import Orchestration

/// The rows of a file that a matrix names: CSV (RFC 4180), or JSON Lines.
struct MatrixFile {
    /// What is wrong in the file, and in which line.
    struct Mistake: Error {
        var line: Int
        var message: String
    }

    /// The names of the columns, in the first row's order.
    let columns: [String]
    /// The values of each row, by column.
    let rows: [Template.Values]

    /// Reads a file's text: JSON Lines if the path ends in `.jsonl` or `.ndjson`, else CSV.
    ///
    /// - Throws: `Mistake` for anything else.
    init(_ text: String, path: String) throws(Mistake) {
        let isLines = path.hasSuffix(".jsonl") || path.hasSuffix(".ndjson")
        self = isLines ? try MatrixFile(jsonLines: text) : try MatrixFile(csv: text)
    }

    /// Reads CSV whose first record names the columns; lines without any text are passed over.
    ///
    /// - Throws: `Mistake` unless every record has a value for each column.
    init(csv text: String) throws(Mistake) {
        var reader = CSVReader(text)
        var records = try reader.records()
        guard !records.isEmpty else {
            throw Mistake(line: 1, message: "it is empty; its first line names the columns")
        }
        let head = records.removeFirst()
        columns = try Self.checked(head.fields, line: head.line)
        var rows: [Template.Values] = []
        for record in records {
            guard record.fields.count == columns.count else {
                throw Mistake(
                    line: record.line,
                    message: "it has \(Format.count(record.fields.count, "value")), and there are "
                        + "\(Format.count(columns.count, "column")); quote values with commas"
                )
            }
            rows.append(Dictionary(uniqueKeysWithValues: zip(columns, record.fields)))
        }
        self.rows = rows
    }

    /// Reads JSON Lines: an object a line, all with the same keys, whose values are texts, numbers or truths.
    ///
    /// - Throws: `Mistake` for anything else.
    init(jsonLines text: String) throws(Mistake) {
        var columns: [String] = []
        var rows: [Template.Values] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (place, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            let pairs = try Self.pairs(of: String(line), line: place + 1)
            let keys = pairs.map(\.key)
            if rows.isEmpty { columns = try Self.checked(keys, line: place + 1) }
            guard Set(keys) == Set(columns), keys.count == columns.count else {
                throw Mistake(
                    line: place + 1,
                    message:
                        "its keys are not those of the first line: \(columns.joined(separator: ", "))"
                )
            }
            rows.append(Dictionary(uniqueKeysWithValues: pairs.map { ($0.key, $0.value) }))
        }
        (self.columns, self.rows) = (columns, rows)
    }

    private static func pairs(
        of line: String,
        line number: Int
    ) throws(Mistake) -> [(key: String, value: String)] {
        guard let tape = try? JSONTape(Array(line.utf8)), tape.tokens[0].kind == .object else {
            throw Mistake(line: number, message: "it is no JSON object in one line")
        }
        var pairs: [(key: String, value: String)] = []
        var place = 1
        while place < tape.tokens[0].next {
            let (key, value) = (tape.tokens[place], tape.tokens[place + 1])
            let name = tape.text(key.start..<key.end)
            switch value.kind {
            case .string, .number, .yes, .no:
                pairs.append((name, tape.text(value.start..<value.end)))
            case .object, .array, .null:
                throw Mistake(
                    line: number,
                    message: "\"\(name)\" is neither a text nor a number; write it as a text"
                )
            }
            place = value.next
        }
        return pairs
    }

    /// Returns the names of columns, each of which can stand in braces.
    private static func checked(_ names: [String], line: Int) throws(Mistake) -> [String] {
        var seen: Set<String> = []
        for name in names {
            guard name.isPlaceholderName else {
                throw Mistake(
                    line: line,
                    message:
                        "\"\(name)\" can't be a column's name: use letters, digits, \"_\" and \"-\""
                )
            }
            guard seen.insert(name).inserted else {
                throw Mistake(line: line, message: "the column \"\(name)\" stands there twice")
            }
        }
        return names
    }
}

/// A reader of comma-separated values.
private struct CSVReader {
    struct Record {
        /// The line that the record begins in, from 1.
        var line: Int
        var fields: [String]
    }

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var line = 1

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// Returns all records but empty lines.
    mutating func records() throws(MatrixFile.Mistake) -> [Record] {
        var records: [Record] = []
        while place < scalars.count {
            let record = try record()
            if record.fields != [""] { records.append(record) }
        }
        return records
    }

    private mutating func record() throws(MatrixFile.Mistake) -> Record {
        let start = line
        var fields: [String] = []
        repeat { fields.append(try field()) } while skip(",")
        _ = skip("\r")
        guard place == scalars.count || skip("\n") else {
            throw MatrixFile.Mistake(
                line: line,
                message: "after a quoted value comes neither a comma nor an end"
            )
        }
        line += 1
        return Record(line: start, fields: fields)
    }

    private mutating func field() throws(MatrixFile.Mistake) -> String {
        var text = String.UnicodeScalarView()
        guard skip("\"") else {
            while place < scalars.count, !isEnd(scalars[place]) {
                text.append(scalars[place])
                place += 1
            }
            return String(text)
        }
        let start = line
        while place < scalars.count {
            if skip("\"") {
                // Two quotation marks are one within quotes.
                guard skip("\"") else { return String(text) }
                text.append("\"")
                continue
            }
            if scalars[place] == "\n" { line += 1 }
            text.append(scalars[place])
            place += 1
        }
        throw MatrixFile.Mistake(line: start, message: "a quotation mark is never closed")
    }

    private func isEnd(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\r" { return place + 1 == scalars.count || scalars[place + 1] == "\n" }
        return scalar == "," || scalar == "\n"
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard place < scalars.count, scalars[place] == scalar else { return false }
        place += 1
        return true
    }
}
