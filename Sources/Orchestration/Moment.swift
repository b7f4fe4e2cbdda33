/// An instant on both of Quire's clocks.
///
/// `awake` drives timeouts: it stands still while the machine is suspended, so that no session is
/// judged hung for a closed lid. `wall` drives reset times, which others state in wall-clock time.
/// Neither is read here: whoever calls in passes the moment.
package struct Moment: Hashable, Sendable, Codable {
    /// Time awake since an arbitrary start that is the same for one process's life.
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
    /// What is no step: clocks are also slowed down and read one after the other.
    static let slack = Duration.seconds(1)

    /// How far the wall clock was set back since an earlier moment of the same process; zero where it
    /// was not.
    ///
    /// One that was set on looks like a suspend, in which the wall clock is right.
    func stepBack(since earlier: Moment) -> Duration {
        let lost = (awake - earlier.awake) - (wall - earlier.wall)
        return lost > Self.slack ? lost : .zero
    }
}

/// An instant in UTC, to the millisecond.
package struct WallTime: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
    package var millisecondsSinceEpoch: Int64

    /// The farthest instant on either side that is told apart, about 285,000 years from 1970.
    private static let farthest: Int64 = 1 << 53

    /// Makes an instant from milliseconds since 1970-01-01T00:00:00Z; one beyond 285,000 years is the
    /// farthest.
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
    /// Makes a duration of so many seconds, to the nanosecond: what is exact in nanoseconds is so
    /// after it was a `Double`, up to a month and a half.
    ///
    /// Whatever comes from a file may be any number: the longest is 292 years, and what is none is
    /// zero.
    package init(inSeconds seconds: Double) {
        let nanoseconds = (seconds * 1e9).rounded()
        self = .nanoseconds(Int64(clamping: nanoseconds))
    }

    /// The duration in seconds, rounded to a `Double`.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The whole milliseconds in the duration, truncated; at most 292 million years.
    package var wholeMilliseconds: Int64 {
        components.seconds.multipliedClamped(by: 1000)
            .addingClamped(components.attoseconds / 1_000_000_000_000_000)
    }
}
