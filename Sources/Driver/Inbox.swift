import Orchestration

/// The occurrences since the last turn, in order.
final class Inbox {
    /// Takes the secrets out of all that comes in, before anything is decided, recorded or shown.
    let redactor: Redactor
    private var events: [Event] = []
    /// The sessions that showed signs of life.
    private(set) var active: Set<SessionKey> = []

    init(redactor: Redactor) { self.redactor = redactor }

    /// True if nothing has happened.
    var isEmpty: Bool { events.isEmpty && active.isEmpty }

    /// Adds an event.
    func add(_ event: Event) { events.append(event) }

    /// Adds events in this order.
    func add(_ more: [Event]) { events += more }

    /// Inserts events before all others.
    func addFirst(_ first: [Event]) { events.insert(contentsOf: first, at: 0) }

    /// Notes a session's sign of life.
    func noteActivity(of key: SessionKey) { active.insert(key) }

    /// Adds the end of a session that can't even be tried.
    func refuse(_ start: PendingStart, _ kind: FailureClass, _ reason: String) {
        let result = SessionResult(
            termination: .notStarted(errno: 0, doing: reason),
            failure: Failure(kind, reason)
        )
        add(.sessionEnded(start.fact.key, result, start.checklist))
    }

    /// Empties the inbox; the signs of life come first.
    func takeAll() -> [Event] {
        defer {
            events.removeAll(keepingCapacity: true)
            active.removeAll(keepingCapacity: true)
        }
        return active.map(Event.sessionActive) + events.map { $0.redacted(by: redactor) }
    }
}
