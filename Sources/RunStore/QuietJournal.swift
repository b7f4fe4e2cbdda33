/// The times at which a journal that has no facts to tell gets a row without any.
///
/// The longer the quiet, the rarer the rows: a killed leg loses a fifth of its last quiet time, and no
/// more than a minute.
struct QuietJournal {
    private static let (shortest, longest) = (Duration.seconds(1), Duration.seconds(60))

    private var lastFacts: Duration?
    private var lastRow = Duration.zero

    /// Notes that facts are written, which happened at an awake time.
    mutating func told(at time: Duration) { (lastFacts, lastRow) = (time, time) }

    /// Whether a row is due, which is counted as written then; never before the first facts.
    mutating func isDue(at now: Duration) -> Bool {
        guard let lastFacts else { return false }
        let interval = min(max((now - lastFacts) / 4, Self.shortest), Self.longest)
        guard now - lastRow >= interval else { return false }
        lastRow = now
        return true
    }
}
