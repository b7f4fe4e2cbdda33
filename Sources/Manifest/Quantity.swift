/// Quantities as people write them, in manifests and on the command line.
package enum Quantity {
    /// Parses a duration such as `45m`, `1h30m`, `500ms`, `2d`.
    ///
    /// At most 10 years; `nil` for anything else.
    package static func duration(_ text: String) -> Duration? {
        let units: [(String, Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        var rest = Substring(text)
        var milliseconds: Int64 = 0
        if text == "0" { return .zero }
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let number = Int64(digits), number < 10_000_000_000,
                let unit = units.first(where: { $0.0 == letters })
            else { return nil }
            milliseconds += number * unit.1
        } while !rest.isEmpty
        return milliseconds <= 3650 * 86_400_000 ? .milliseconds(milliseconds) : nil
    }

    /// Parses a number of tokens such as `5M`, `200k` or `150000`.
    ///
    /// At most 10^15; `nil` for anything else.
    package static func tokens(_ text: String) -> Int64? {
        number(text, tokenUnits, most: 1e15)
    }

    /// The letters that may follow a number of tokens.
    static let tokenUnits: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9]

    /// Parses a whole number of units; `nil` for anything else, and for more than `most`.
    static func number(_ text: String, _ units: [Character: Double], most: Double) -> Int64? {
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? Substring(text) : text.dropLast()
        guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let value = Double(digits), value * (unit ?? 1) <= most
        else { return nil }
        return Int64(value * (unit ?? 1))
    }

    /// The units of bytes, which are powers of 1024.
    static let byteUnits: [Character: Double] = [
        "K": 0x1p10, "M": 0x1p20, "G": 0x1p30, "T": 0x1p40,
    ]

    /// Parses a number of bytes such as `2G`, `1.5G` or `1048576`.
    ///
    /// At most 2^60; `nil` for anything else.
    package static func bytes(_ text: String) -> Int64? {
        number(text, byteUnits, most: 0x1p60)
    }
}
