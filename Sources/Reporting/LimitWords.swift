import Dates
package import Orchestration

/// Words for the windows of usage limits.
package enum LimitWords {
    /// Returns all limits in one line: `usage: 40.0 % of 5h 00m, resets in 20m 00s`; `nil` if none is known.
    package static func line(_ limits: [LimitRead], at now: WallTime) -> String? {
        guard !limits.isEmpty else { return nil }
        let parts = limits.map { limit in
            name(limit) + limit.windows.map { words($0, at: now) }.joined(separator: "; ")
        }
        return "usage: " + parts.joined(separator: " · ")
    }

    /// Returns the table of `quire limits`; `known` is when each limit was read.
    package static func table(
        _ limits: [LimitRead],
        at now: WallTime,
        offset: (WallTime) -> Int
    ) -> Table {
        var table = Table([
            .init("ACCOUNT"), .init("LIMIT"), .init("WINDOW", isRight: true),
            .init("USED", isRight: true), .init("RESETS IN", isRight: true), .init("AT"),
        ])
        for limit in limits {
            for window in limit.windows {
                let reset = window.resetsAt.flatMap { $0 > now ? $0 : nil }
                table.add([
                    limit.account ?? "its own", limit.limit ?? "all",
                    window.length.map(Format.duration) ?? "-",
                    Format.percent(window.used(at: now) / 100),
                    reset.map { Format.duration($0 - now) } ?? "-",
                    reset.map { $0.stamp(offset: offset($0)) } ?? "-",
                ])
            }
        }
        return table
    }

    private static func name(_ limit: LimitRead) -> String {
        let names = [limit.account, limit.limit].compactMap(\.self)
        return names.isEmpty ? "" : names.joined(separator: ", ") + ": "
    }

    private static func words(_ window: UsageWindow, at now: WallTime) -> String {
        let used = Format.percent(window.used(at: now) / 100)
        let reset = window.resetsAt.flatMap { $0 > now ? $0 : nil }
        return "\(used) of \(window.length.map(Format.duration) ?? "a window")"
            + (reset.map { ", resets in \(Format.duration($0 - now))" } ?? "")
    }
}
