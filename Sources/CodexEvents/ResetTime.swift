package import Orchestration

/// When a usage limit resets, out of the words that tell it.
package enum ResetTime {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// The instant in a message like `… or try again at 10:11 AM.` or `… at Sep 18th, 2026 12:04
    /// AM.`; `nil` when it tells none.
    ///
    /// Codex tells local time and cuts it to the minute, so a minute is added: the instant is
    /// never too early. A time without a date is the next one after `now`. `offset` is the local
    /// zone's seconds from UTC at an instant.
    package static func parse(
        _ message: String,
        now: WallTime,
        offset: (WallTime) -> Int
    ) -> WallTime? {
        guard let range = message.firstRange(of: "try again at ") else { return nil }
        var words = message[range.upperBound...].split(separator: " ").prefix(5).map {
            $0.trimming(".,;)")
        }
        let date =
            words.first.flatMap { months.firstIndex(of: $0.lowercased()) } == nil
            ? nil : parseDate(&words)
        guard let minutes = parseTime(words) else { return nil }
        let today = localDay(of: now, offset)
        let start = date ?? today
        let reset = instant(day: start, minutes: minutes + 1, offset)
        if date == nil, reset <= now {
            return instant(day: today + 1, minutes: minutes + 1, offset)
        }
        return reset
    }

    /// Takes `Sep 18th, 2026` off the front; the day since 1970-01-01.
    private static func parseDate(_ words: inout [String]) -> Int? {
        guard words.count >= 3, let month = months.firstIndex(of: words[0].lowercased()),
            let day = Int(words[1].prefix { $0.isNumber }), (1...31).contains(day),
            let year = Int(words[2]), (1970...9999).contains(year)
        else { return nil }
        words.removeFirst(3)
        return daysSinceEpoch(year: year, month: month + 1, day: day)
    }

    /// The minute of the day in `10:11 AM`.
    private static func parseTime(_ words: [String]) -> Int? {
        guard words.count >= 2 else { return nil }
        let parts = words[0].split(separator: ":")
        guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
            (1...12).contains(hour), (0..<60).contains(minute)
        else { return nil }
        switch words[1].uppercased() {
        case "AM": return hour % 12 * 60 + minute
        case "PM": return (hour % 12 + 12) * 60 + minute
        default: return nil
        }
    }

    private static func localDay(of time: WallTime, _ offset: (WallTime) -> Int) -> Int {
        let seconds = time.millisecondsSinceEpoch / 1000 + Int64(offset(time))
        return Int((Double(seconds) / 86_400).rounded(.down))
    }

    /// The instant at which local clocks show this; where summer time changes, the later offset's.
    private static func instant(
        day: Int,
        minutes: Int,
        _ offset: (WallTime) -> Int
    ) -> WallTime {
        let local = Int64(day) * 86_400 + Int64(minutes) * 60
        func utc(_ offset: Int) -> WallTime {
            WallTime(millisecondsSinceEpoch: (local - Int64(offset)) * 1000)
        }
        let guess = utc(offset(WallTime(millisecondsSinceEpoch: local * 1000)))
        return utc(offset(guess))
    }

    /// Days from 1970-01-01 in the Gregorian calendar.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension StringProtocol {
    /// The text without any of these characters at its ends.
    fileprivate func trimming(_ characters: String) -> String {
        let start = drop { characters.contains($0) }
        let count = start.reversed().prefix { characters.contains($0) }.count
        return String(start.dropLast(count))
    }

    fileprivate func firstRange(of words: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(words) {
                return start..<index(start, offsetBy: words.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
