import Glibc
package import Orchestration

/// Local time as the C library tells it: what agents see, whatever form `TZ` has.
package enum LocalTime {
    /// The local time zone's offset from UTC, in seconds, at an instant.
    package static func offset(at time: WallTime) -> Int { fields(of: time).tm_gmtoff }

    /// An instant to the second: `2026-11-29 18:30:05`.
    package static func stamp(_ time: WallTime) -> String {
        let fields = fields(of: time)
        return date(fields, "-") + " " + clock(fields, ":")
    }

    /// An instant to the second for a file's name: `20261129-183005`.
    package static func compactStamp(_ time: WallTime) -> String {
        let fields = fields(of: time)
        return date(fields, "") + "-" + clock(fields, "")
    }

    /// The zone at an instant, by its abbreviation and its offset: `JST, UTC+09:00`.
    package static func zone(at time: WallTime) -> String {
        let fields = fields(of: time)
        let minutes = abs(fields.tm_gmtoff / 60)
        let name = fields.tm_zone.map { String(cString: $0) } ?? "local time"
        return "\(name), UTC\(fields.tm_gmtoff < 0 ? "-" : "+")"
            + "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func fields(of time: WallTime) -> tm {
        let milliseconds = time.millisecondsSinceEpoch
        let isEarlier = milliseconds % 1000 < 0
        var seconds = time_t(milliseconds / 1000 - (isEarlier ? 1 : 0))
        var fields = tm()
        // What no calendar can tell is the beginning of its time.
        if localtime_r(&seconds, &fields) == nil { fields = tm() }
        return fields
    }

    private static func date(_ fields: tm, _ mark: String) -> String {
        ["\(Int(fields.tm_year) + 1900)", two(fields.tm_mon + 1), two(fields.tm_mday)]
            .joined(separator: mark)
    }

    private static func clock(_ fields: tm, _ mark: String) -> String {
        [two(fields.tm_hour), two(fields.tm_min), two(fields.tm_sec)].joined(separator: mark)
    }

    private static func two(_ number: some BinaryInteger) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
