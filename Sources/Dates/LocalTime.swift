package import Orchestration

/// Local time by the C library: the same that agents see, whatever form `TZ` has.
package enum LocalTime {
    /// The local time zone's offset from UTC, in seconds, at an instant.
    package static func offset(at time: WallTime) -> Int { CivilTime(local: time).offset }

    /// An instant to the second: `2026-11-29 18:30:05`.
    package static func stamp(_ time: WallTime) -> String {
        let civil = CivilTime(local: time)
        return civil.date() + " " + civil.clock()
    }

    /// An instant to the second for a file's name: `20261129-183005`.
    package static func compactStamp(_ time: WallTime) -> String {
        let civil = CivilTime(local: time)
        return civil.date("") + "-" + civil.clock("")
    }

    /// The zone at an instant, by its abbreviation and its offset: `JST, UTC+09:00`.
    package static func zone(at time: WallTime) -> String {
        let civil = CivilTime(local: time)
        let minutes = abs(civil.offset / 60)
        return "\(civil.zone), UTC\(civil.offset < 0 ? "-" : "+")"
            + "\(two(minutes / 60)):\(two(minutes % 60))"
    }
}
