import Glibc
package import Orchestration

/// Local time by the C library: the same that agents see, whatever form `TZ` has.
package enum LocalTime {
    /// The local time zone's offset from UTC, in seconds, at an instant.
    package static func offset(at time: WallTime) -> Int { CivilTime(local: time).offset }

    /// An instant to the second, as people are told all instants: `2026-11-29 18:30:05+09:00`.
    package static func stamp(_ time: WallTime) -> String {
        let civil = CivilTime(local: time)
        return civil.date() + " " + civil.clock() + words(ofOffset: civil.offset)
    }

    /// An instant to the second for a file's name: `20261129-183005`.
    package static func compactStamp(_ time: WallTime) -> String {
        let civil = CivilTime(local: time)
        return civil.date("") + "-" + civil.clock("")
    }

    /// The zone at an instant, by its abbreviation and its offset: `JST, UTC+09:00`.
    package static func zone(at time: WallTime) -> String {
        let civil = CivilTime(local: time)
        return "\(civil.zone), UTC\(words(ofOffset: civil.offset))"
    }

    /// Returns the instant that a person means: a date, a time of day or both, as `stamp` or RFC 3339 have
    /// them; local time unless it ends with an offset or `Z`; `nil` for any other text.
    ///
    /// A time of day alone is the last one up to `now`.
    package static func instant(_ text: String, now: WallTime) -> WallTime? {
        let whole =
            #/(?:(\d{4}-\d\d-\d\d)(?:[ T](?=.)|$))?(?:(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?/#
        guard !text.isEmpty, let found = text.wholeMatch(of: whole) else { return nil }
        let ahead = found.3.map(seconds(ofOffset:))
        let today = ahead.map { CivilTime(now, offset: $0) } ?? CivilTime(local: now)
        let day = numbers(found.1 ?? Substring(today.date()), "-")
        let clock = numbers(found.2 ?? "00:00", ":")
        guard (1...12).contains(day[1]), (1...31).contains(day[2]), clock[0] < 24,
            !clock.dropFirst().contains(where: { $0 > 59 })
        else { return nil }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (day[0] - 1900, day[1] - 1, day[2])
        (fields.tm_hour, fields.tm_min) = (clock[0], clock[1])
        fields.tm_sec = clock.count > 2 ? clock[2] : 0
        if found.1 == nil, instant(fields, ahead: ahead) > now { fields.tm_mday -= 1 }
        return instant(fields, ahead: ahead)
    }

    private static func numbers(_ text: Substring, _ mark: Character) -> [Int32] {
        text.split(separator: mark).compactMap { Int32($0) }
    }

    /// Returns the seconds of an offset such as `+09:00` or `Z`.
    private static func seconds(ofOffset text: Substring) -> Int {
        let parts = text.dropFirst().split(separator: ":").compactMap { Int($0) }
        let seconds = parts.count == 2 ? parts[0] * 3600 + parts[1] * 60 : 0
        return text.first == "-" ? -seconds : seconds
    }

    /// Returns the instant at which clocks with an offset in seconds show a time; `nil` for local clocks.
    private static func instant(_ fields: tm, ahead: Int?) -> WallTime {
        var fields = fields
        // The C library knows whether it is summer.
        fields.tm_isdst = -1
        let seconds = ahead.map { Int64(timegm(&fields)) - Int64($0) } ?? Int64(mktime(&fields))
        return WallTime(millisecondsSinceEpoch: seconds * 1000)
    }
}
