import Dates
package import Orchestration

/// Parses the reset time of a limit from its message.
package enum ResetTime {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let units: [(String, Double)] = [
        ("ms", 0.001), ("s", 1), ("sec", 1), ("second", 1), ("m", 60), ("min", 60), ("minute", 60),
        ("h", 3600), ("hour", 3600), ("d", 86_400), ("day", 86_400), ("week", 604_800),
    ]
    /// Longest time since a time without a date at which it is not taken for tomorrow's.
    private static let latestPast = Duration.seconds(3600)
    /// Longest time since yesterday's, in a message that is read a little after midnight.
    private static let latestPastMidnight = Duration.seconds(120)

    /// Returns the reset time in a message; `nil` if there is none.
    ///
    /// Forms: `… try again at 10:11 AM.`, `… at Sep 18th, 2026 12:04 AM.`, `… in 2 days 3 minutes.` It
    /// may be past. Codex truncates local time to the minute, so the result is that minute's end,
    /// never too early. A time without a date is today's, or tomorrow's if today's is long past. Of an
    /// hour that the clock shows twice, it is the first that is still to come. `offset` is the local
    /// zone's seconds from UTC at an instant.
    package static func parse(
        _ message: String,
        now: WallTime,
        offset: (WallTime) -> Int
    ) -> WallTime? {
        let words = message.lowercased().split(whereSeparator: \.isWhitespace)
            .map { $0.trimming(".,;)") }
        for place in words.indices where words[place...].starts(with: ["try", "again"]) {
            let rest = Array(words[(place + 2)...].prefix(12))
            switch rest.first {
            case "at":
                let time = Array(rest.dropFirst())
                if let reset = parseInstant(time, now: now, offset) { return reset }
            case "in":
                if let wait = parseWait(rest.dropFirst()) { return now + wait }
            default: continue
            }
        }
        return nil
    }

    private static func parseInstant(
        _ words: [String],
        now: WallTime,
        _ offset: (WallTime) -> Int
    ) -> WallTime? {
        var words = words
        let hasDate = words.first.map(months.contains) ?? false
        let date = hasDate ? parseDate(&words) : nil
        guard date != nil || !hasDate, let minute = parseTime(words) else { return nil }
        func end(_ day: Int) -> WallTime {
            instant(day: day, minute: minute, after: now, offset) + .seconds(60)
        }
        if let date { return end(date) }
        let today = localDay(of: now, offset)
        let reset = end(today)
        if reset <= now { return now - reset <= latestPast ? reset : end(today + 1) }
        let yesterday = end(today - 1)
        return now - yesterday <= latestPastMidnight ? yesterday : reset
    }

    /// Removes `sep 18th 2026` from the front; returns the day since 1970-01-01.
    private static func parseDate(_ words: inout [String]) -> Int? {
        guard words.count >= 3, let month = months.firstIndex(of: words[0]),
            let day = Int(words[1].prefix { $0.isNumber }), (1...31).contains(day),
            let year = Int(words[2]), (1970...9999).contains(year)
        else { return nil }
        words.removeFirst(3)
        return GregorianCalendar.daysSinceEpoch(year: year, month: month + 1, day: day)
    }

    /// Returns the minute of the day in `10:11 am`.
    private static func parseTime(_ words: [String]) -> Int? {
        guard words.count >= 2 else { return nil }
        let parts = words[0].split(separator: ":")
        guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
            (1...12).contains(hour), (0..<60).contains(minute)
        else { return nil }
        switch words[1] {
        case "am": return hour % 12 * 60 + minute
        case "pm": return (hour % 12 + 12) * 60 + minute
        default: return nil
        }
    }

    /// Returns the duration in `3 days 1 hour 7 minutes`, `14.036s`, `1h30m` or `less than a minute`.
    private static func parseWait(_ words: ArraySlice<String>) -> Duration? {
        if words.starts(with: ["less", "than", "a", "minute"]) { return .seconds(60) }
        var seconds: Double?
        var number: Double?
        for word in words {
            var rest = Substring(word)
            repeat {
                let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
                rest = rest.dropFirst(digits.count)
                if !digits.isEmpty { number = Double(digits) }
                let letters = rest.prefix { $0.isLetter }
                rest = rest.dropFirst(letters.count)
                if letters.isEmpty { break }
                guard let count = number, let unit = unit(letters) else {
                    return wait(seconds)
                }
                seconds = (seconds ?? 0) + count * unit
                number = nil
            } while !rest.isEmpty
        }
        return wait(seconds)
    }

    /// Returns a wait of at most 30 years; `nil` for more, and for `nil`.
    private static func wait(_ seconds: Double?) -> Duration? {
        seconds.flatMap { $0 <= 1e9 ? Duration(inSeconds: $0) : nil }
    }

    private static func unit(_ word: Substring) -> Double? {
        units.first { $0.0 == word || $0.0 + "s" == word }?.1
    }

    private static func localDay(of time: WallTime, _ offset: (WallTime) -> Int) -> Int {
        let seconds = time.millisecondsSinceEpoch / 1000 + Int64(offset(time))
        return Int((Double(seconds) / 86_400).rounded(.down))
    }

    /// Returns the instant at which local clocks show the beginning of a minute.
    ///
    /// If they show it twice, the first one whose end is to come; if they skip it, the time that a
    /// clock would show that was not set forward.
    private static func instant(
        day: Int,
        minute: Int,
        after now: WallTime,
        _ offset: (WallTime) -> Int
    ) -> WallTime {
        let local = Int64(day) * 86_400 + Int64(minute) * 60
        func utc(_ offset: Int) -> WallTime {
            WallTime(millisecondsSinceEpoch: (local - Int64(offset)) * 1000)
        }
        let middle = WallTime(millisecondsSinceEpoch: local * 1000)
        let before = utc(offset(middle + .seconds(-86_400)))
        let after = utc(offset(middle + .seconds(86_400)))
        let shown = [before, after].filter { utc(offset($0)) == $0 }.sorted()
        return shown.first { $0 + .seconds(60) > now } ?? shown.last ?? before
    }
}

extension StringProtocol {
    /// Returns the text without any of these characters at its ends.
    fileprivate func trimming(_ characters: String) -> String {
        let start = drop { characters.contains($0) }
        let count = start.reversed().prefix { characters.contains($0) }.count
        return String(start.dropLast(count))
    }
}
