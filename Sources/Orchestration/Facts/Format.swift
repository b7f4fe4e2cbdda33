/// Numbers as people read them: durations, counts, tokens, bytes and money, in tables and sentences.
package enum Format {
    /// A duration in at most two units, for tables: `4s`, `3m 20s`, `2h 05m`.
    package static func duration(_ duration: Duration) -> String {
        let seconds = max(0, Int(clamping: duration.inSeconds))
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        if hours > 0 { return "\(hours)h \(twoDigits(minutes))m" }
        return minutes > 0 ? "\(minutes)m \(twoDigits(seconds % 60))s" : "\(seconds)s"
    }

    /// A count of things, in English: `1 task`, `2 tasks`, `1 entry`, `2 entries`.
    package static func count(_ count: some BinaryInteger, _ noun: String) -> String {
        "\(count) \(word(for: count, noun, plural(of: noun)))"
    }

    /// A part of a count of things: `1/1 entry`, `1/2 entries`.
    package static func count(
        _ part: some BinaryInteger,
        of count: some BinaryInteger,
        _ noun: String
    ) -> String {
        "\(part)/\(self.count(count, noun))"
    }

    /// The first of some names, and how many more there are: `a, b and 3 more`.
    package static func names(_ names: some Collection<String>, most: Int = 3) -> String {
        let first = names.prefix(most).joined(separator: ", ")
        return names.count > most ? "\(first) and \(names.count - most) more" : first
    }

    /// The form that a word has for a count: the first for one thing, the second for none or several.
    package static func word(
        for count: some BinaryInteger,
        _ one: String,
        _ several: String
    ) -> String {
        count == 1 ? one : several
    }

    private static func plural(of noun: String) -> String {
        // "descriptor" and "retry", "process" and "key".
        if noun.hasSuffix("y"), let before = noun.dropLast().last, !"aeiou".contains(before) {
            return noun.dropLast() + "ies"
        }
        return noun + (["s", "x", "ch", "sh"].contains(where: noun.hasSuffix) ? "es" : "s")
    }

    /// A count of tokens in a sentence, as short as in a table: `1 token`, `12.3k tokens`.
    package static func tokenCount(_ count: Int64) -> String {
        "\(tokens(count)) \(word(for: count, "token", "tokens"))"
    }

    /// A count of tokens, for tables: `950`, `12.3k`, `4.1M`, `1.0T`.
    package static func tokens(_ count: Int64) -> String {
        guard let (number, unit) = scaled(Double(count)) else { return "\(count)" }
        return decimal(number, 1) + unit
    }

    /// A count of tokens in a sentence: `900`, `1.2k`, `40M`.
    package static func tokensInWords(_ number: Double) -> String {
        guard let (number, unit) = scaled(number) else { return "\(Int(clamping: number))" }
        return shortTenths(Int64(clamping: (number * 10).rounded())) + unit
    }

    /// Returns a number of at least a thousand in the largest unit of which it has one, rounded to tenths.
    private static func scaled(_ number: Double) -> (number: Double, unit: String)? {
        let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
        // 999,960 is a million once it is rounded.
        guard number >= 1e3,
            let (size, unit) = units.first(where: { (number / $0.0 * 1e4).rounded() >= 1e4 })
        else { return nil }
        return (number / size, unit)
    }

    /// A number with so many decimal places; `-` for more than fifteen digits, an infinity or NaN.
    package static func decimal(_ number: Double, _ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        guard number.isFinite, abs(number) < 1e15 else { return "-" }
        let scaled = Int(clamping: (number * Double(scale)).rounded())
        guard places > 0 else { return "\(scaled)" }
        let rest = String(abs(scaled) % scale)
        let zeros = String(repeating: "0", count: places - rest.count)
        return "\(scaled < 0 ? "-" : "")\(abs(scaled) / scale).\(zeros)\(rest)"
    }

    /// A part of a whole in percent, with one decimal place: `12.5 %`.
    package static func percent(_ part: Double) -> String { "\(decimal(part * 100, 1)) %" }

    /// An amount of money, with two places.
    package static func money(_ amount: Double) -> String {
        let cents = Int(clamping: (min(amount, 1e15) * 100).rounded())
        return "\(cents / 100).\(twoDigits(cents % 100))"
    }

    /// A task's progress: `3/12`; `-` while its list is not known.
    package static func progress(_ progress: Progress?) -> String {
        progress.map { "\($0.ticked)/\($0.total)" } ?? "-"
    }

    /// A bar of this many columns, filled to a share from 0 to 1.
    package static func bar(_ share: Double, width: Int) -> String {
        let filled = max(0, min(width, Int(clamping: (share * Double(width)).rounded())))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// Formats tenths, without the decimal if it is zero.
    fileprivate static func shortTenths(_ tenths: Int64) -> String {
        tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}

extension Duration {
    /// The duration in a sentence: `45 min`, `10 s`, `1.5 s`, `2 h 5 min`.
    package var forPeople: String {
        let milliseconds = wholeMilliseconds
        if milliseconds < 60_000 { return Format.shortTenths((milliseconds + 50) / 100) + " s" }
        let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
        let seconds = milliseconds / 1000 % 60
        if hours > 0 { return minutes > 0 ? "\(hours) h \(minutes) min" : "\(hours) h" }
        return seconds > 0 ? "\(minutes) min \(seconds) s" : "\(minutes) min"
    }
}

extension Int64 {
    /// The number of bytes in a sentence: `600 KiB`, `1.5 GiB`.
    package var bytesForPeople: String {
        let units = [
            Format.word(for: self, "byte", "bytes"), "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
        ]
        let place = Swift.min(units.count - 1, (63 - Swift.max(1, self).leadingZeroBitCount) / 10)
        let tenths = (Double(self) / Double(Int64(1) << (10 * place)) * 10).rounded() / 10
        let isWhole = place == 0 || tenths >= 100 || tenths == tenths.rounded()
        return "\(isWhole ? "\(Int64(tenths.rounded()))" : "\(tenths)") \(units[place])"
    }
}
