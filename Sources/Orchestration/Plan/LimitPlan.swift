/// The treatment of usage limits.
package struct LimitPlan: Hashable, Sendable, Codable {
    /// The reaction to usage that is out.
    package enum Reaction: String, Hashable, Sendable, Word, CaseIterable {
        /// The run waits until usage is back.
        case wait
        /// The leg ends once its sessions have.
        case stop
        /// As `stop`, and a person is told that the run needs them.
        case ask
    }

    /// The percentage of a window from which nothing starts, unless the plan says another.
    package static let usualStop = 95.0

    /// The percentage of a window from which nothing starts, above 0 and at most 100; `nil` for `usualStop`.
    package var stopAt: Double?
    /// The reaction once usage is out; `nil` for `wait`.
    package var onLimit: Reaction?

    /// Makes a plan; see the properties.
    package init(stopAt: Double? = nil, onLimit: Reaction? = nil) {
        (self.stopAt, self.onLimit) = (stopAt, onLimit)
    }
}

/// The hours of the day in which sessions may start, as a person writes them: `22:00-07:00`.
package struct DailyHours: Hashable, Sendable {
    /// The minutes of the local day at which the hours begin and end; those that end before they begin go on
    /// after midnight.
    package var from: Int, to: Int

    /// Parses `22:00-07:00`; `nil` for anything else, and for hours without length.
    package init?(_ text: String) {
        guard
            let match = text.wholeMatch(
                of: /([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})/
            ),
            let begin = Self.minute(match.1, match.2), let end = Self.minute(match.3, match.4),
            begin != end, begin < Self.day
        else { return nil }
        (from, to) = (begin, end)
    }

    private static let day = 24 * 60

    private static func minute(_ hours: Substring, _ minutes: Substring) -> Int? {
        guard let hours = Int(hours), let minutes = Int(minutes), minutes < 60 else { return nil }
        let minute = hours * 60 + minutes
        return minute <= day ? minute : nil
    }

    /// Returns the hours of the next days as instants.
    ///
    /// `offset` is the local zone's seconds from UTC at an instant: a day on which clocks are changed has its
    /// hours as clocks show them.
    package func plan(from now: WallTime, offset: (WallTime) -> Int) -> HourPlan {
        let local = now.millisecondsSinceEpoch / 1000 + Int64(offset(now))
        let today = Int((Double(local) / 86_400).rounded(.down))
        let spans = (-1...HourPlan.days).map { day in
            let end = to > from ? to : to + Self.day
            return HourPlan.Span(
                from: Self.instant(today + day, from, offset),
                to: Self.instant(today + day, end, offset)
            )
        }
        return HourPlan(words: "\(Self.clock(from)) to \(Self.clock(to))", spans: spans)
    }

    /// Returns the instant at which local clocks show a minute of a day; a minute that they skip is as it would
    /// be without the change.
    private static func instant(_ day: Int, _ minute: Int, _ offset: (WallTime) -> Int) -> WallTime
    {
        let local = Int64(day) * 86_400 + Int64(minute) * 60
        func utc(_ offset: Int) -> WallTime {
            WallTime(millisecondsSinceEpoch: (local - Int64(offset)) * 1000)
        }
        let before = utc(offset(utc(0) + .seconds(-86_400)))
        let after = utc(offset(utc(0) + .seconds(86_400)))
        return [before, after].sorted().first { utc(offset($0)) == $0 } ?? before
    }

    private static func clock(_ minute: Int) -> String {
        let (hours, minutes) = (minute / 60, minute % 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
    }
}

/// The times in which sessions may start, for so long as anybody knows the zone's clock.
package struct HourPlan: Hashable, Sendable, Codable {
    /// One day's hours.
    package struct Span: Hashable, Sendable, Codable {
        /// The beginning.
        package var from: WallTime
        /// The end.
        package var to: WallTime
    }

    /// Number of days that are known; later ones are like the last.
    static let days = 60

    /// The hours in words, such as `22:00 to 07:00`.
    package var words: String
    /// The hours, in order.
    package var spans: [Span]

    /// Returns the time at which the hours begin next; `nil` while they last.
    package func opening(at now: WallTime) -> WallTime? {
        let now = mapped(now)
        if spans.contains(where: { $0.from <= now.time && now.time < $0.to }) { return nil }
        return spans.first { $0.from > now.time }.map { $0.from + now.shift }
    }

    /// Returns the time at which the hours end; `nil` outside of them.
    package func closing(at now: WallTime) -> WallTime? {
        let now = mapped(now)
        return spans.first { $0.from <= now.time && now.time < $0.to }.map { $0.to + now.shift }
    }

    /// Returns a time that is known, and the days by which it is earlier than this one.
    private func mapped(_ now: WallTime) -> (time: WallTime, shift: Duration) {
        guard let last = spans.last?.from, now >= last else { return (now, .zero) }
        let day = Int64(86_400)
        let days = (now - last).components.seconds / day + 1
        return (now - .seconds(days * day), .seconds(days * day))
    }
}
