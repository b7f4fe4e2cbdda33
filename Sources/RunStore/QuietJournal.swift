/// The times at which a journal without new facts gets a row without any.
///
/// The longer the quiet, the rarer the rows: a killed leg loses up to a quarter of its last quiet
/// time, but no more than a minute.
struct QuietJournal {
    private static let (shortest, longest) = (Duration.seconds(1), Duration.seconds(60))

    private var lastFacts: Duration?
    private var lastRow = Duration.zero

    /// Notes that facts of this awake time are written.
    mutating func told(at time: Duration) { (lastFacts, lastRow) = (time, time) }

    /// Returns true if a row is due, and counts it as written; never before the first facts.
    mutating func isDue(at now: Duration) -> Bool {
        guard let lastFacts else { return false }
        let interval = min(max((now - lastFacts) / 4, Self.shortest), Self.longest)
        guard now - lastRow >= interval else { return false }
        lastRow = now
        return true
    }
}
