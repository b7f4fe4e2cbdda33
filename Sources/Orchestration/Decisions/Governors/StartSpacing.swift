/// Time between starts, for a while after Codex found its own state locked: many agents at once
/// compete for its databases.
///
/// Of the leg alone: the agents of the leg before have ended.
struct StartSpacing: Governor {
    /// Least time between starts, and how long that holds.
    private static let spacing = (between: Duration.milliseconds(250), lasts: Duration.seconds(60))

    private var lastStart: Duration?
    /// Awake time until which starts are spaced.
    private var spacedUntil: Duration?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionStarted: lastStart = turn.now.awake
        case .sessionFailed(let failed) where failed.treatment.reaction == .spacing:
            spacedUntil = turn.now.awake + Self.spacing.lasts
        default: break
        }
    }

    func holdsStarts(in turn: Turn) -> Bool { nextDeadline(in: turn) != nil }

    /// Returns the awake time from which the next session may start; `nil` if starts need no spacing
    /// now.
    func nextDeadline(in turn: Turn) -> Duration? {
        guard let spacedUntil, let lastStart, lastStart < spacedUntil else { return nil }
        let next = lastStart + Self.spacing.between
        return turn.now.awake < min(next, spacedUntil) ? next : nil
    }
}
