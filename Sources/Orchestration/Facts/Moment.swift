/// An instant on both of Quire's clocks.
///
/// `awake` drives timeouts: it stands still while the machine is suspended, so that no session is
/// judged hung for a closed lid. `wall` drives reset times, which others state in wall-clock time.
/// Callers pass the moment; neither clock is read here.
package struct Moment: Hashable, Sendable, Codable {
    /// Time awake since an arbitrary origin that is fixed for the life of a process.
    package var awake: Duration
    /// UTC.
    package var wall: WallTime

    /// Makes a moment from its two readings.
    package init(awake: Duration, wall: WallTime) {
        self.awake = awake
        self.wall = wall
    }
}

extension Moment {
    /// Difference of the clocks that is no step: clocks are also slewed, and read one after the other.
    static let slack = Duration.seconds(1)

    /// Returns how far the wall clock was set back since an earlier moment of the same process, or zero.
    ///
    /// A clock that was set forward looks like a suspend, after which the wall clock is right.
    func stepBack(since earlier: Moment) -> Duration {
        let lost = (awake - earlier.awake) - (wall - earlier.wall)
        return lost > Self.slack ? lost : .zero
    }
}

/// An instant in UTC, to the millisecond.
package struct WallTime: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
    package var millisecondsSinceEpoch: Int64

    /// The farthest instants from 1970, on either side: about 285,000 years.
    private static let farthest: Int64 = 1 << 53

    /// Makes an instant from milliseconds since 1970-01-01T00:00:00Z, clamped to about 285,000
    /// years from 1970.
    package init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = min(
            Self.farthest,
            max(-Self.farthest, millisecondsSinceEpoch)
        )
    }

    /// Reads the bare number that `encode(to:)` writes.
    package init(from decoder: any Decoder) throws {
        self.init(millisecondsSinceEpoch: try decoder.singleValueContainer().decode(Int64.self))
    }

    /// Writes the milliseconds as a bare number.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(millisecondsSinceEpoch)
    }

    package static func < (left: WallTime, right: WallTime) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    package static func + (time: WallTime, duration: Duration) -> WallTime {
        WallTime(
            millisecondsSinceEpoch: time.millisecondsSinceEpoch
                .addingClamped(duration.wholeMilliseconds)
        )
    }

    package static func - (time: WallTime, duration: Duration) -> WallTime {
        WallTime(
            millisecondsSinceEpoch: time.millisecondsSinceEpoch
                .subtractingClamped(duration.wholeMilliseconds)
        )
    }

    package static func - (left: WallTime, right: WallTime) -> Duration {
        .milliseconds(left.millisecondsSinceEpoch - right.millisecondsSinceEpoch)
    }
}

extension Duration {
    /// Makes a duration of so many seconds, rounded to nanoseconds and clamped to 292 years; NaN is zero.
    ///
    /// Files may hold any number. A whole number of nanoseconds survives its time as a `Double` up
    /// to a month and a half.
    package init(inSeconds seconds: Double) {
        let nanoseconds = (seconds * 1e9).rounded()
        self = .nanoseconds(Int64(clamping: nanoseconds))
    }

    /// The duration in seconds, rounded to a `Double`.
    package var inSeconds: Double {
        // Divides 128 bits, so once.
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// The whole milliseconds in the duration, truncated; at most 292 million years.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedClamped(by: 1000)
            .addingClamped(attoseconds / 1_000_000_000_000_000)
    }
}
