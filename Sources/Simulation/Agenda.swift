import Orchestration

/// An event in the world at a set time.
struct Happening: Comparable, Sendable {
    enum What: Sendable {
        /// The driver reports an event to the orchestrator.
        case event(Event)
        /// A write is finished, or is tried again.
        case written
        /// The driver learns of a process's end.
        case exited(SessionKey)
        /// The driver learns of the end of the hook that began with this number.
        case hookEnded(HookKey, Int)

        /// The living session that the event reports on; `nil` for none.
        fileprivate var session: SessionKey? {
            switch self {
            case .event(.sessionSpawned(let fact)):
                SessionKey(task: fact.task, number: fact.session)
            case .event(.threadStarted(let fact)):
                SessionKey(task: fact.task, number: fact.session)
            case .event(.sessionUsed(let fact)): fact.key
            case .event(.sessionActive(let key)), .event(.sessionWaitsForNetwork(let key)),
                .event(.sessionAnswered(let key)):
                key
            default: nil
            }
        }
    }

    var at: Duration
    var sequence: Int
    var what: What

    static func == (left: Happening, right: Happening) -> Bool {
        left.sequence == right.sequence
    }

    static func < (left: Happening, right: Happening) -> Bool {
        (left.at, left.sequence) < (right.at, right.sequence)
    }
}

/// What will happen in the world, ordered by time and then by insertion.
struct Agenda: Sendable {
    private var sequence = 0
    private var happenings: [Happening] = []

    /// Time of the next happening; `nil` for none.
    var next: Duration? { happenings.first?.at }

    mutating func add(_ what: Happening.What, at time: Duration) {
        sequence += 1
        let happening = Happening(at: time, sequence: sequence, what: what)
        happenings.insert(happening, at: happenings.partitioningIndex { happening < $0 })
    }

    /// Removes and returns what happens until a time.
    mutating func take(until time: Duration) -> [Happening.What] {
        let due = happenings.partitioningIndex { $0.at > time }
        defer { happenings.removeFirst(due) }
        return happenings[..<due].map(\.what)
    }

    /// Removes and returns the driver's outstanding reports about a session.
    mutating func takeReports(of key: SessionKey) -> [Event] {
        let reports = happenings.filter { $0.what.session == key }
        happenings.removeAll { $0.what.session == key }
        return reports.compactMap { if case .event(let event) = $0.what { event } else { nil } }
    }
}

extension Array {
    /// Returns the first index whose element satisfies the predicate; in the array, the elements
    /// that don't satisfy it come first.
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
