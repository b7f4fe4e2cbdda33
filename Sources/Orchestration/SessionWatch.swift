/// The deadlines of running sessions: how long each may take, how long it may be silent, and when
/// a terminated one is killed.
struct SessionWatch: Sendable {
    /// What a deadline that has come asks for.
    enum Finding: Hashable, Sendable {
        /// It took longer than its session timeout.
        case tookTooLong(SessionKey, after: Duration)
        /// It was silent longer than its idle timeout.
        case silentTooLong(SessionKey, after: Duration)
        /// Its grace is over.
        case graceIsOver(SessionKey)
    }

    private struct Entry: Sendable {
        var begun: Duration
        var lastActivity: Duration
        var sessionTimeout: Duration
        var idleTimeout: Duration
        var killAt: Duration?
        var waitsForNetwork = false
        var hasAnswer = false
        var wasAnswered = false

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

    private var entries: [SessionKey: Entry] = [:]
    /// One alarm a session and a few stale ones: activity only moves an entry's deadline, and the
    /// alarm finds out when it goes off.
    private var alarms = BinaryHeap<Alarm>()

    /// When the next alarm goes off, perhaps for nothing.
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

    /// Whether the session was begun in this leg, and is not over.
    func hasBegun(_ key: SessionKey) -> Bool { entries[key] != nil }

    /// Whether the model answered the session, and it has not lost the network since.
    func hasAnswer(_ key: SessionKey) -> Bool { entries[key]?.hasAnswer ?? false }

    /// Whether the last that was heard of the session is that it waits for the network.
    func waitsForNetwork(_ key: SessionKey) -> Bool { entries[key]?.waitsForNetwork ?? false }

    /// Whether any session waits for the network.
    var anyWaitsForNetwork: Bool { entries.values.contains { $0.waitsForNetwork } }

    /// Sets the kill of a session that is being terminated.
    mutating func kill(_ key: SessionKey, at time: Duration) {
        guard var entry = entries[key] else { return }
        entry.killAt = time
        entries[key] = entry
        arm(key, entry)
    }

    /// Forgets a session that is over; returns whether the model ever answered it.
    mutating func end(_ key: SessionKey) -> Bool {
        entries.removeValue(forKey: key)?.wasAnswered ?? false
    }

    /// Removes and returns the next deadline that has come.
    mutating func nextFinding(at now: Duration) -> Finding? {
        while let alarm = alarms.first, alarm.at <= now {
            _ = alarms.pop()
            let key = SessionKey(task: alarm.task, number: alarm.number)
            guard let entry = entries[key] else { continue }
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
