package import Orchestration

/// Numbers and times as people read them.
package enum Format {
    /// A duration in at most two units: `4s`, `3m 20s`, `2h 05m`.
    package static func duration(_ duration: Duration) -> String {
        let seconds = max(0, Int(clamping: duration.inSeconds))
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        if hours > 0 { return "\(hours)h \(twoDigits(minutes))m" }
        return minutes > 0 ? "\(minutes)m \(twoDigits(seconds % 60))s" : "\(seconds)s"
    }

    /// A count of things, in English: `1 task`, `2 tasks`.
    package static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)" + (count == 1 ? "" : "s")
    }

    /// A count of tokens: `950`, `12.3k`, `4.1M`.
    package static func tokens(_ count: Int64) -> String {
        switch count {
        case ..<1000: "\(count)"
        case ..<1_000_000: "\(tenths(Double(count) / 1000))k"
        default: "\(tenths(Double(count) / 1_000_000))M"
        }
    }

    /// A time of day: `09:28:12`, at `offset` seconds from UTC.
    package static func timeOfDay(_ time: WallTime, offset: Int) -> String {
        let seconds = (time.millisecondsSinceEpoch - milliseconds(time)) / 1000 + Int64(offset)
        let second = Int((seconds % 86_400 + 86_400) % 86_400)
        return
            "\(twoDigits(second / 3600)):\(twoDigits(second / 60 % 60)):\(twoDigits(second % 60))"
    }

    /// An instant in local time, at `offset` seconds from UTC: `2026-11-23 09:28:12`.
    package static func localTime(_ time: WallTime, offset: Int) -> String {
        let milliseconds = time.millisecondsSinceEpoch + Int64(offset) * 1000
        let text = timestamp(WallTime(millisecondsSinceEpoch: milliseconds))
        return String(text.prefix(19)).replacing("T", with: " ")
    }

    /// An instant in UTC: `2026-11-23T09:28:12.568Z`.
    package static func timestamp(_ time: WallTime) -> String {
        let days = Int((Double(time.millisecondsSinceEpoch) / 86_400_000).rounded(.down))
        let (year, month, day) = civil(days)
        let fraction = String(1000 + milliseconds(time)).dropFirst()
        let clock = timeOfDay(time, offset: 0)
        return "\(year)-\(twoDigits(month))-\(twoDigits(day))T\(clock).\(fraction)Z"
    }

    /// How far a task has come: `3/12`; `-` while its list is not known.
    package static func progress(_ progress: Progress?) -> String {
        progress.map { "\($0.ticked)/\($0.total)" } ?? "-"
    }

    /// A bar of this many columns, filled to a share.
    static func bar(_ share: Double, width: Int) -> String {
        let filled = max(0, min(width, Int(clamping: (share * Double(width)).rounded())))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    /// The milliseconds of an instant's second, from 0 also before 1970.
    private static func milliseconds(_ time: WallTime) -> Int64 {
        (time.millisecondsSinceEpoch % 1000 + 1000) % 1000
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int(clamping: (number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// The Gregorian date of a day counted from 1970-01-01.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
