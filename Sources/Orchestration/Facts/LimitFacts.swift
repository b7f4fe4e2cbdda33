/// A window of an account's usage, as the service told it in numbers.
package struct UsageWindow: Hashable, Sendable, Codable {
    /// The part that is used, in percent, from 0 to 100.
    package var used: Double
    /// The window's length; `nil` if it was not told.
    package var length: Duration?
    /// Time at which the window begins anew; `nil` if it was not told, or is implausible.
    package var resetsAt: WallTime?

    /// Numbers above this are no percentages; those between 100 and this one are an account that is overdrawn.
    private static let mostPercent = 1000.0
    private static let longest = Duration.seconds(366 * 86_400)

    /// Makes a window of what a service told; `nil` if the percentage makes no sense.
    ///
    /// A length or a reset that makes no sense is left out. Reset times may be in the past: such a window
    /// has begun anew since.
    package init?(
        percent: Double,
        minutes: Double? = nil,
        resetsAt: WallTime? = nil,
        at now: WallTime
    ) {
        guard (0...Self.mostPercent).contains(percent) else { return nil }
        used = min(percent, 100)
        if let minutes, minutes > 0, minutes * 60 <= Self.longest.inSeconds {
            length = Duration(inSeconds: minutes * 60)
        }
        if let resetsAt, resetsAt <= now + WallTime.latestReset { self.resetsAt = resetsAt }
    }

    /// Returns the percentage used at a time: none once the window has begun anew.
    package func used(at now: WallTime) -> Double {
        resetsAt.map { $0 <= now } == true ? 0 : used
    }
}

/// The windows of a limit of an account were read.
package struct LimitRead: Hashable, Sendable, Codable {
    /// The account; `nil` for the run's own.
    package var account: String?
    /// The limit's name; `nil` for the account's common limit.
    package var limit: String?
    /// The model of the tasks that a named limit concerns; `nil` for tasks that name no model.
    package var model: String?
    /// The windows.
    package var windows: [UsageWindow]

    /// The longest name of a limit.
    private static let longestName = 80

    /// Makes the fact; a long name is cut.
    package init(
        account: String? = nil,
        limit: String? = nil,
        model: String? = nil,
        windows: [UsageWindow]
    ) {
        (self.account, self.model, self.windows) = (account, model, windows)
        self.limit = limit.map { $0.oneLine(Self.longestName) }
    }

    /// The gate that the windows close when they are used up.
    package var gate: GateKey { GateKey(.usageLimit, account, limit: limit) }

    /// Returns the percentage left at a time: that of the fullest window.
    package func left(at now: WallTime) -> Double {
        100 - (windows.map { $0.used(at: now) }.max() ?? 0)
    }

    /// Returns the window of which at least so many percent are used and that is the last to begin anew;
    /// `nil` if there is none.
    ///
    /// A window whose reset is unknown is no reason to wait: nobody could say for how long.
    func full(_ percent: Double, at now: WallTime) -> UsageWindow? {
        windows.filter { window in
            window.used >= percent && window.resetsAt.map { $0 > now } == true
        }.max { ($0.resetsAt ?? now) < ($1.resetsAt ?? now) }
    }

    /// True if another reading tells a person, or a decision, nothing new.
    func isLike(_ other: LimitRead) -> Bool {
        guard windows.count == other.windows.count, model == other.model else { return false }
        return zip(windows, other.windows).allSatisfy { one, other in
            one.resetsAt == other.resetsAt && one.length == other.length
                && one.used.rounded(.down) == other.used.rounded(.down)
        }
    }
}

extension WallTime {
    /// Reset times further away than this are ignored as implausible.
    static let latestReset = Duration.seconds(32 * 86_400)
}
