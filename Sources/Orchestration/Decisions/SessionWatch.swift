/// The deadlines of running sessions (timeouts, idle timeouts, and the kills after a grace), and the
/// causes for which Quire ended some of them.
struct SessionWatch: Sendable {
    /// A deadline that has come.
    enum Finding: Hashable, Sendable {
        /// The session exceeded its session timeout.
        case tookTooLong(SessionKey, after: Duration)
        /// The session exceeded its idle timeout.
        case silentTooLong(SessionKey, after: Duration)
        /// The grace of a terminated session is over.
        case graceIsOver(SessionKey)
    }

    private struct Entry: Sendable {
        var begun: Duration
        var lastActivity: Duration
        var sessionTimeout: Duration
        var idleTimeout: Duration
        var killAt: Duration?
        var cause: EndCause?
        var waitsForNetwork = false
        var hasAnswer = false
        var wasAnswered = false
        var isOver = false

        var due: Duration {
            if let killAt { return killAt }
            return min(begun + sessionTimeout, lastActivity + idleTimeout)
        }
    }

    private struct Alarm: Hashable, Comparable, Sendable {
        var at: Duration
        var task: String
        var number: Int

        static func < (left: Alarm, right: Alarm) -> Bool { left.at < right.at }
    }

    /// Awake time at which a session last showed that its agent can work; `nil` for never in the leg.
    var lastWork: Duration?
    private var entries: [SessionKey: Entry] = [:]
    /// One alarm a session and a few stale ones: activity only moves an entry's deadline, and the
    /// alarm checks the deadline when it goes off.
    private var alarms = BinaryHeap<Alarm>()

    /// Awake time at which the next alarm goes off, perhaps a stale one.
    var next: Duration? { alarms.first?.at }

    mutating func begin(_ key: SessionKey, task: TaskPlan, at now: Duration) {
        let entry = Entry(
            begun: now,
            lastActivity: now,
            sessionTimeout: task.sessionTimeout,
            idleTimeout: task.idleTimeout
        )
        entries[key] = entry
        arm(key, entry)
    }

    /// Lets the timeouts of a session begin anew.
    mutating func beginAgain(_ key: SessionKey, at now: Duration) {
        entries[key]?.begun = now
        entries[key]?.lastActivity = now
    }

    /// Notes that nothing of a session's process lives: no timeout ends what follows, nor a kill but that of
    /// a shutdown.
    mutating func noteOver(_ key: SessionKey) {
        entries[key]?.isOver = true
        if entries[key]?.cause != .shutdown { entries[key]?.killAt = nil }
    }

    mutating func noteActivity(_ key: SessionKey, at now: Duration) {
        entries[key]?.lastActivity = now
    }

    mutating func noteAnswer(_ key: SessionKey, at now: Duration) {
        entries[key]?.lastActivity = now
        entries[key]?.waitsForNetwork = false
        entries[key]?.hasAnswer = true
        entries[key]?.wasAnswered = true
    }

    mutating func noteNetworkWaiting(_ key: SessionKey) {
        entries[key]?.waitsForNetwork = true
        entries[key]?.hasAnswer = false
    }

    /// True if the session was begun in this leg and has not ended.
    func hasBegun(_ key: SessionKey) -> Bool { entries[key] != nil }

    /// True if the model answered the session, which has not lost the network since.
    func hasAnswer(_ key: SessionKey) -> Bool { entries[key]?.hasAnswer ?? false }

    /// True if the session reported that it waits for the network, and the model has not answered since.
    func waitsForNetwork(_ key: SessionKey) -> Bool { entries[key]?.waitsForNetwork ?? false }

    /// True if any session waits for the network.
    var anyWaitsForNetwork: Bool { entries.values.contains { $0.waitsForNetwork } }

    /// Sets the time at which a terminated session is killed.
    mutating func kill(_ key: SessionKey, at time: Duration) {
        guard var entry = entries[key] else { return }
        entry.killAt = time
        entries[key] = entry
        arm(key, entry)
    }

    /// Notes why Quire ends a session; the first cause stands.
    mutating func note(_ cause: EndCause, of key: SessionKey) {
        if entries[key]?.cause == nil { entries[key]?.cause = cause }
    }

    /// The reason why Quire ended a running session; `nil` if it did not.
    func cause(of key: SessionKey) -> EndCause? { entries[key]?.cause }

    /// Forgets an ended session; returns the reason why Quire ended it, and true if the model ever
    /// answered it.
    mutating func end(_ key: SessionKey) -> (cause: EndCause?, wasAnswered: Bool) {
        let entry = entries.removeValue(forKey: key)
        return (entry?.cause, entry?.wasAnswered ?? false)
    }

    /// Removes and returns the next deadline that has come.
    mutating func nextFinding(at now: Duration) -> Finding? {
        while let alarm = alarms.first, alarm.at <= now {
            _ = alarms.pop()
            let key = SessionKey(task: alarm.task, number: alarm.number)
            guard let entry = entries[key], !entry.isOver || entry.killAt != nil else { continue }
            if entry.due > now {
                arm(key, entry)
                continue
            }
            if entry.killAt != nil { return .graceIsOver(key) }
            if entry.begun + entry.sessionTimeout <= now {
                return .tookTooLong(key, after: entry.sessionTimeout)
            }
            return .silentTooLong(key, after: entry.idleTimeout)
        }
        return nil
    }

    private mutating func arm(_ key: SessionKey, _ entry: Entry) {
        alarms.push(Alarm(at: entry.due, task: key.task, number: key.number))
    }
}
