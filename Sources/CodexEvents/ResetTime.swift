import Dates
package import Orchestration

/// When a limit is over, out of the words that tell it.
package enum ResetTime {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let units: [(String, Double)] = [
        ("ms", 0.001), ("s", 1), ("sec", 1), ("second", 1), ("m", 60), ("min", 60), ("minute", 60),
        ("h", 3600), ("hour", 3600), ("d", 86_400), ("day", 86_400), ("week", 604_800),
    ]
    /// How long ago a time without a date may be and yet not be meant for tomorrow.
    private static let latestPast = Duration.seconds(3600)
    /// The same across midnight: a message that was read a little late.
    private static let latestPastMidnight = Duration.seconds(120)

    /// The instant in a message like `… or try again at 10:11 AM.`, `… Try again at Sep 18th, 2026
    /// 12:04 AM.` or `Please try again in 2 days 3 minutes.`; `nil` when it tells none.
    ///
    /// It may be past. Codex tells local time and cuts it to the minute, so the instant is the end
    /// of that minute: never too early. A time without a date is today's; tomorrow's where today's
    /// is long over. An hour that the clock shows twice is the first of the two that is to come.
    /// `offset` is the local zone's seconds from UTC at an instant.
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

    /// Takes `sep 18th 2026` off the front; the day since 1970-01-01.
    private static func parseDate(_ words: inout [String]) -> Int? {
        guard words.count >= 3, let month = months.firstIndex(of: words[0]),
            let day = Int(words[1].prefix { $0.isNumber }), (1...31).contains(day),
            let year = Int(words[2]), (1970...9999).contains(year)
        else { return nil }
        words.removeFirst(3)
        return GregorianCalendar.daysSinceEpoch(year: year, month: month + 1, day: day)
    }

    /// The minute of the day in `10:11 am`.
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

    /// The time in `3 days 1 hour 7 minutes`, `14.036s`, `1h30m` or `less than a minute`.
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

    /// A wait of at most 30 years; `nil` for more, and for what is none.
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

    /// The instant at which local clocks show the beginning of a minute.
    ///
    /// Where they show it twice it is the first one whose end is to come; where they leave it out,
    /// what a clock would show that was not set forward.
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
    /// The text without any of these characters at its ends.
    fileprivate func trimming(_ characters: String) -> String {
        let start = drop { characters.contains($0) }
        let count = start.reversed().prefix { characters.contains($0) }.count
        return String(start.dropLast(count))
    }
}
