package import Orchestration

/// The windows of a usage limit, as Codex tells them.
package struct ToldLimit: Hashable, Sendable {
    /// The limit's name; `nil` for the account's common limit.
    package var name: String?
    /// The windows whose numbers make sense.
    package var windows: [UsageWindow]

    /// The id of the common limit of an account.
    private static let common = "codex"

    /// Reads one limit; `nil` for a limit without a window.
    ///
    /// Rollouts have the keys of `rate_limits` (`used_percent`), the app server has those of its answers
    /// (`usedPercent`). Source: Codex CLI 0.163.0.
    init?(_ value: JSONLine.Value, at now: WallTime) {
        func member(_ value: JSONLine.Value, _ names: [String]) -> JSONLine.Value? {
            names.lazy.compactMap { value[$0] }.first { !$0.isNull }
        }
        windows = ["primary", "secondary"].compactMap { key in
            guard let window = value[key],
                let percent = member(window, ["used_percent", "usedPercent"])?.number
            else { return nil }
            let reset = member(window, ["resets_at", "resetsAt"])?.exactInteger
            return UsageWindow(
                percent: percent,
                minutes: member(window, ["window_minutes", "windowDurationMins"])?.number,
                resetsAt: reset.map {
                    WallTime(millisecondsSinceEpoch: Int64($0).multipliedClamped(by: 1000))
                },
                at: now
            )
        }
        if windows.isEmpty { return nil }
        let id = member(value, ["limit_id", "limitId"])?.string
        name = member(value, ["limit_name", "limitName"])?.string ?? (id == Self.common ? nil : id)
    }

    /// Returns the limits in the answer of `account/rateLimits/read` among an app server's lines; `nil` while
    /// the answer is missing, and none if it is an error.
    package static func answer(in output: [UInt8], id: Int, at now: WallTime) -> [ToldLimit]? {
        for line in output.split(separator: UInt8(ascii: "\n")) {
            guard let value = JSONLine(Array(line)).parse(), value["id"]?.exactInteger == id else {
                continue
            }
            guard let result = value["result"] else { return [] }
            let named = result["rateLimitsByLimitId"]?.members.compactMap { ToldLimit($0, at: now) }
            let common = result["rateLimits"].flatMap { ToldLimit($0, at: now) }
            return named.flatMap { $0.isEmpty ? nil : $0 } ?? [common].compactMap(\.self)
        }
        return nil
    }
}

extension Rollout {
    /// Returns the newest windows of each limit in the end of a rollout's file.
    package static func limits(inEnd bytes: [UInt8], at now: WallTime) -> [ToldLimit] {
        var limits: [String?: ToldLimit] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed()
        where line.contains("\"rate_limits\"") && line.contains("\"token_count\"") {
            guard let value = JSONLine(Array(line)).parse()?["payload"]?["rate_limits"],
                let limit = ToldLimit(value, at: now), limits[limit.name] == nil
            else { continue }
            limits[limit.name] = limit
            // A thread has one model, and so one limit, as a rule.
            if limits.count >= mostLimits || limit.name == nil { break }
        }
        return limits.sorted { ($0.key ?? "") < ($1.key ?? "") }.map(\.value)
    }

    /// The most limits that are looked for.
    private static let mostLimits = 4
}
