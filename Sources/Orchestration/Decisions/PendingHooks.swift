/// The hooks of a leg, as far as its decisions depend on them.
struct PendingHooks: Sendable {
    /// The standing of the hook before anything starts.
    enum Beginning: Hashable, Sendable {
        /// Nothing waits for the hook: there is none, or it is done.
        case over
        /// The hook runs, and nothing starts.
        case running
        /// The hook failed, and nothing starts in the leg.
        case failed
    }

    /// The hooks that run, messages included.
    var running: Set<HookKey> = []
    /// The ended tasks whose hooks wait for a place, in order.
    var queue: [String] = []
    /// The standing of the hook before anything starts.
    var beginning = Beginning.over
    /// True if the leg had anything to do when it began.
    var hasWork = false
    /// True once the leg's last hook or message has begun: no answer reopens a task any more.
    var isEnding = false
    /// True if facts are kept for messages.
    var collectsNews = false
    /// The facts since the last turn that a person may want to know of.
    var news: [RunEvent] = []

    /// True while nothing may start but this hook.
    var holdsStarts: Bool { beginning != .over }

    /// The number of hooks that run, messages aside.
    var count: Int { running.count { $0.hook != .notify } }

    /// Keeps a fact for messages.
    mutating func note(_ fact: RunEvent) {
        switch fact {
        case .taskEnded, .gateClosed, .gateOpened: news.append(fact)
        case .runBegan, .taskReopened, .taskInspected, .sessionStarted, .sessionSpawned,
            .sessionUsed, .threadStarted, .sessionSignalled, .sessionEnded, .checkpointMade,
            .checkBegan, .checkEnded, .hookBegan, .hookEnded, .limitRead, .concurrencyChanged,
            .shutdownAdvanced, .steered, .warned, .runEnded:
            break
        }
    }
}
