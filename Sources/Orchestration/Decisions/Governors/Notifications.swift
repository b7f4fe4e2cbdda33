/// The messages to a person: one for all that happens within half a minute, and the last as the leg ends.
///
/// Of the leg alone: after a crash nobody is told what a message would have said.
struct Notifications: Governor {
    /// The time that a message waits for more to tell.
    private static let patience = Duration.seconds(30)
    private static let key = HookKey(.notify)

    private var news: [Notification.News] = []
    /// Awake time at which the next message is due; `nil` if nothing is to be told.
    private var due: Duration?
    /// The gates whose closing was told, and that have not opened since.
    private var told: Set<GateKey> = []
    private var hasToldEnd = false
    private var hasWarned = false

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        guard case .hookEnded(let fact) = occurrence, fact.hook == .notify, fact.result.isTrouble,
            !hasWarned
        else { return }
        hasWarned = true
        turn.warn("\(fact.words); this is told once, and changes nothing else")
    }

    mutating func act(in turn: inout Turn) {
        guard turn.hooks.collectsNews else { return }
        collect(in: &turn)
        guard let due, due <= turn.now.awake else { return }
        send(nil, in: &turn)
    }

    func nextDeadline(in turn: Turn) -> Duration? {
        if !turn.hooks.news.isEmpty { return turn.now.awake }
        // The end of the one that runs is a turn of its own.
        return turn.hooks.running.contains(Self.key) ? nil : due
    }

    /// Always false: a message starts no session.
    func willLetStart(in turn: Turn) -> Bool { false }

    mutating func finish(_ ending: Ending, in turn: inout Turn) -> Bool {
        guard turn.hooks.collectsNews else { return true }
        collect(in: &turn)
        let tellsEnd = wants(.end, in: turn) && turn.hooks.hasWork && !hasToldEnd
        if tellsEnd || !news.isEmpty {
            hasToldEnd = true
            turn.hooks.isEnding = true
            send(tellsEnd ? ending : nil, in: &turn)
        }
        return !turn.hooks.running.contains(Self.key)
    }

    private func wants(_ topic: NotifyTopic, in turn: Turn) -> Bool {
        turn.state.plan.hooks?.notify?.contains(topic.rawValue) ?? false
    }

    private mutating func collect(in turn: inout Turn) {
        for fact in turn.hooks.news {
            switch fact {
            case .gateOpened(let fact): told.remove(fact.key)
            case .gateClosed(let fact):
                guard fact.gate.isToldAsLimit, told.insert(fact.key).inserted else { continue }
                add(Notification.News(topic(of: fact, in: turn), nil, fact.reason), in: turn)
            case .taskEnded(let fact):
                guard let topic = fact.outcome.topic else { continue }
                add(Notification.News(topic, fact.task, fact.reason), in: turn)
            default: break
            }
        }
        turn.hooks.news = []
    }

    /// Returns the subject of a limit: one that waits for a person is told to whoever hears of those.
    private func topic(of fact: GateClosed, in turn: Turn) -> NotifyTopic {
        let asks = fact.gate == .usageLimit && turn.state.plan.limits?.onLimit == .ask
        return (asks || fact.needsPerson == true) && wants(.needsYou, in: turn) ? .needsYou : .limit
    }

    private mutating func add(_ one: Notification.News, in turn: Turn) {
        guard wants(one.topic, in: turn) else { return }
        news.append(one)
        if due == nil { due = turn.now.awake + Self.patience }
    }

    private mutating func send(_ ending: Ending?, in turn: inout Turn) {
        guard !turn.hooks.running.contains(Self.key) else { return }
        defer { (news, due) = ([], nil) }
        // Nothing would end a message that hangs.
        guard turn.state.leg.shutdown?.step != .kill else { return }
        turn.hooks.running.insert(Self.key)
        turn.order(.notify(Notification(news: news, ending: ending)))
    }
}

extension Gate {
    /// True if a person is told once starts are held by this gate.
    fileprivate var isToldAsLimit: Bool {
        switch self {
        case .usageLimit, .authentication: true
        case .rateLimit, .network, .sandbox, .tokenRate, .store, .memory, .load, .disk, .shortage,
            .hours, .pause:
            false
        }
    }
}

extension Outcome {
    /// The subject of a message about a task that ended so; `nil` for none.
    fileprivate var topic: NotifyTopic? {
        switch self {
        case .needsYou: .needsYou
        case .failed, .stalled, .damaged: .failed
        case .capped: .budget
        case .complete, .blocked, .unchecked, .cancelled: nil
        }
    }
}
