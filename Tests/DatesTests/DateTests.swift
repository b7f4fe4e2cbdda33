import Dates
import Foundation
import Orchestration
import Testing

@Suite struct `Dates of the C library` {
    private static let instants: [Int64] =
        [0, 1, 999, 1000, -1, -1000, -1001, 951_782_399_999, 951_782_400_000, 4_107_542_400_000]
        + (0..<200).map { ($0 - 100) * 31_556_952_123 * 7 }

    @Test(arguments: instants)
    func `are Foundation's, to the millisecond`(milliseconds: Int64) {
        let (second, rest) = (milliseconds / 1000, milliseconds % 1000)
        let whole = rest < 0 ? second - 1 : second
        let date = Date(timeIntervalSince1970: Double(whole))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents(
            [.era, .year, .month, .day, .hour, .minute, .second],
            from: date
        )
        // Foundation's Gregorian calendar is the Julian one before 1582.
        guard parts.era == 1, let year = parts.year, year > 1582 else { return }
        func two(_ number: Int?) -> String { String(format: "%02d", number ?? -1) }
        let day = "\(year)-\(two(parts.month))-\(two(parts.day))"
        let clock = "\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))"
        let fraction = String(format: "%03d", Int((rest + 1000) % 1000))
        let time = WallTime(millisecondsSinceEpoch: milliseconds)
        #expect(time.timestamp == "\(day)T\(clock).\(fraction)Z")
        #expect(time.timeOfDay(offset: 0) == clock + "+00:00" && time.date() == day)
        let days = GregorianCalendar.daysSinceEpoch(
            year: year,
            month: parts.month ?? 0,
            day: parts.day ?? 0
        )
        #expect(days == Int((Double(whole) / 86_400).rounded(.down)))
    }

    @Test(arguments: [
        (2026, 2, 29, 2026, 3, 1), (2028, 2, 30, 2028, 3, 1), (2027, 11, 31, 2027, 12, 1),
    ])
    func `after a month's end go on with the next month`(
        year: Int,
        month: Int,
        day: Int,
        laterYear: Int,
        laterMonth: Int,
        laterDay: Int
    ) {
        let days = GregorianCalendar.daysSinceEpoch(year: year, month: month, day: day)
        let later = GregorianCalendar.daysSinceEpoch(
            year: laterYear,
            month: laterMonth,
            day: laterDay
        )
        #expect(days == later)
    }

    @Test(arguments: [
        (0, "00:00:00+00:00"), (3600, "01:00:00+01:00"), (-1800, "23:30:00-00:30"),
        (20_700, "05:45:00+05:45"),
    ])
    func `are shown at an offset from UTC`(offset: Int, text: String) {
        #expect(WallTime(millisecondsSinceEpoch: 0).timeOfDay(offset: offset) == text)
    }

    @Test func `fall beyond no calendar's end`() {
        for milliseconds in [Int64.min, .max] {
            let time = WallTime(millisecondsSinceEpoch: milliseconds)
            #expect(time.timestamp.hasSuffix("Z") && !LocalTime.stamp(time).isEmpty)
        }
    }

    /// At 2026-11-29 10:00:00 UTC.
    @Test(arguments: [
        ("2026-11-29T08:30:05Z", "2026-11-29T08:30:05.000Z"),
        ("2026-11-29 08:30:05.25+02:00", "2026-11-29T06:30:05.000Z"),
        ("2026-11-28 23:59-01:30", "2026-11-29T01:29:00.000Z"),
        ("09:15Z", "2026-11-29T09:15:00.000Z"), ("18:30Z", "2026-11-28T18:30:00.000Z"),
        ("2026-11-30T18:30Z", "2026-11-30T18:30:00.000Z"), ("yesterday", nil), ("", nil),
        ("2026-13-01", nil), ("2026-11-29 25:00", nil), ("2026-11-29x10:00", nil), ("9:15", nil),
    ])
    func `are read as people write them`(text: String, timestamp: String?) {
        let now = WallTime(millisecondsSinceEpoch: 1_795_946_400_000)
        #expect(now.timestamp == "2026-11-29T10:00:00.000Z")
        #expect(LocalTime.instant(text, now: now)?.timestamp == timestamp)
    }

    @Test func `are read as they are told`() {
        let now = WallTime(millisecondsSinceEpoch: 1_795_946_400_000)
        let stamp = LocalTime.stamp(now)
        #expect(LocalTime.instant(stamp, now: now) == now)
        // Without an offset it is the local one.
        #expect(LocalTime.instant(String(stamp.prefix(19)), now: now) == now)
        let midnight = LocalTime.instant(String(stamp.prefix(10)), now: now)
        #expect(midnight.map(LocalTime.stamp)?.contains(" 00:00:00") == true)
    }

    @Test func `are of now, where now is asked for`() {
        let (before, now, after) = (Date(), WallTime.now, Date())
        let seconds = Double(now.millisecondsSinceEpoch) / 1000
        #expect(seconds > before.timeIntervalSince1970 - 0.01)
        #expect(seconds < after.timeIntervalSince1970 + 0.01)
    }
}
