import Glibc
package import Orchestration

/// The date and the time of day of an instant, by the C library's calendar.
///
/// An instant that no calendar can tell is the beginning of the calendar's time.
struct CivilTime {
    private let fields: tm
    private let millisecond: Int64

    /// The time that clocks show which are ahead of UTC by an offset in seconds.
    init(_ time: WallTime, offset: Int = 0) {
        self.init(time, offset: offset) { gmtime_r($0, $1) }
    }

    /// The time that clocks show here: what agents see, whatever form `TZ` has.
    init(local time: WallTime) {
        self.init(time, offset: 0) { localtime_r($0, $1) }
    }

    private init(
        _ time: WallTime,
        offset: Int,
        _ convert: (UnsafePointer<time_t>, UnsafeMutablePointer<tm>) -> UnsafeMutablePointer<tm>?
    ) {
        let milliseconds = time.millisecondsSinceEpoch
        millisecond = (milliseconds % 1000 + 1000) % 1000
        var seconds = time_t((milliseconds - millisecond) / 1000) + offset
        var fields = tm()
        if convert(&seconds, &fields) == nil { fields = tm() }
        self.fields = fields
    }

    /// The seconds that its clocks are ahead of UTC.
    var offset: Int { fields.tm_gmtoff }

    /// The abbreviation of its zone.
    var zone: String { fields.tm_zone.map { String(cString: $0) } ?? "local time" }

    /// The date, with a mark between its parts: `2026-11-29`.
    func date(_ mark: String = "-") -> String {
        ["\(Int(fields.tm_year) + 1900)", two(fields.tm_mon + 1), two(fields.tm_mday)]
            .joined(separator: mark)
    }

    /// The time of day, with a mark between its parts: `18:30:05`.
    func clock(_ mark: String = ":") -> String {
        [two(fields.tm_hour), two(fields.tm_min), two(fields.tm_sec)].joined(separator: mark)
    }

    /// The milliseconds after the full second, in three digits.
    var fraction: String { String(String(1000 + millisecond).dropFirst()) }
}

func two(_ number: some BinaryInteger) -> String { number < 10 ? "0\(number)" : "\(number)" }

/// The words for an offset from UTC in seconds: `+09:00`.
func words(ofOffset seconds: Int) -> String {
    let minutes = abs(seconds / 60)
    return "\(seconds < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
}

extension WallTime {
    /// The present instant.
    package static var now: WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(
            millisecondsSinceEpoch: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        )
    }

    /// The instant in UTC: `2026-11-23T09:28:12.568Z`.
    package var timestamp: String {
        let civil = CivilTime(self)
        return "\(civil.date())T\(civil.clock()).\(civil.fraction)Z"
    }

    /// The date and the time of day at an offset from UTC in seconds: `2026-11-23 09:28:12+09:00`.
    package func stamp(offset: Int) -> String {
        CivilTime(self, offset: offset).date() + " " + timeOfDay(offset: offset)
    }

    /// The date in UTC, with a mark between its parts: `2026-11-23`.
    package func date(_ mark: String = "-") -> String { CivilTime(self).date(mark) }

    /// The time of day at an offset from UTC in seconds: `09:28:12+09:00`.
    package func timeOfDay(offset: Int) -> String {
        CivilTime(self, offset: offset).clock() + words(ofOffset: offset)
    }
}

/// The Gregorian calendar.
package enum GregorianCalendar {
    /// The days from 1970-01-01 to a date; a day after the end of its month is one of the next.
    package static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        var fields = tm()
        fields.tm_year = Int32(clamping: year - 1900)
        fields.tm_mon = Int32(clamping: month - 1)
        fields.tm_mday = Int32(clamping: day)
        return timegm(&fields) / 86_400
    }
}
