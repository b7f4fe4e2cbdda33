package import Orchestration

/// The decisions on what sessions leave behind: orphans that left their process group, and came to
/// this process when their parent died.
///
/// An orphan of a living session is spared until the session's end, and one of no known session until
/// the run's; for ever, where it may be of a process that no session started.
package struct Leftovers: Sendable {
    /// The time between two looks while nobody waits, and while somebody does.
    private static let interval = Duration.milliseconds(100)
    private static let shortInterval = Duration.milliseconds(5)
    /// The time that a killed process may take to vanish before nobody waits for it any more.
    private static let patience = Duration.seconds(2)

    /// The consequences of a look.
    package struct Decision: Hashable, Sendable {
        /// The signals to send.
        package var signals: [ProcessID: Int32] = [:]
        /// The sessions that need not wait any longer, each with those of its processes that nothing
        /// helped against.
        package var released: [SessionKey: [ProcessID]] = [:]
        /// Whether the wait for the end of all is over.
        package var isAllReleased = false
        /// The time until the next look; `nil` when none is needed.
        package var nextLook: Duration?
    }

    private var matcher: SessionMatcher
    private var ladder: KillLadder
    /// The time since which each session waits for the end of its orphans, and the run for that of all.
    private var waiting: [SessionKey: Duration] = [:]
    private var allWaiting: Duration?

    /// Makes the decisions for the sessions of a run.
    package init(matcher: SessionMatcher, grace: Duration) {
        self.matcher = matcher
        ladder = KillLadder(grace: grace, patience: Self.patience)
    }

    /// Notes that a session begins, whose processes carry a label.
    package mutating func sessionBegan(_ session: SessionKey, _ label: SessionLabel) {
        matcher.add(session, label)
    }

    /// Notes that nothing of a session is left.
    package mutating func sessionIsGone(_ label: SessionLabel) { matcher.remove(label) }

    /// Notes that a session is over, and waits until its orphans are gone.
    package mutating func wait(for session: SessionKey, at now: Duration) {
        waiting[session] = now
    }

    /// Notes that the run is over, and waits until all orphans are gone.
    package mutating func waitForAll(at now: Duration) { allWaiting = now }

    /// The sessions that wait: a look that is begun now can release these.
    package var waiters: Set<SessionKey> { Set(waiting.keys) }

    /// Decides on a look's result.
    ///
    /// The look was begun when `asked` waited; `isLive` tells which sessions are not over.
    /// `sparesUnknown` says that orphans may be of processes which no session started.
    package mutating func decide(
        on orphans: Orphans,
        asked: Set<SessionKey>,
        sparesUnknown: Bool,
        at now: Duration,
        isLive: (SessionKey) -> Bool
    ) -> Decision {
        var left: [ProcessID: SessionKey?] = [:]
        for orphan in orphans.living {
            let session = matcher.session(ofOrphan: orphan)
            if session == nil, sparesUnknown { continue }
            if allWaiting != nil || session.map(isLive) == false { left[orphan.id] = session }
        }
        let since = left.mapValues { $0.flatMap { waiting[$0] } ?? allWaiting }
        var decision = Decision(signals: ladder.signals(to: since, at: now))
        for (session, since) in waiting where asked.contains(session) {
            let own = left.filter { $0.value == session }.map(\.key)
            let isGone = own.isEmpty && !orphans.haveChanged
            guard isGone || ladder.isGivenUp(since: since, at: now) else { continue }
            waiting[session] = nil
            decision.released[session] = own
        }
        if let since = allWaiting {
            let isGone = left.isEmpty && !orphans.haveChanged
            decision.isAllReleased = isGone || ladder.isGivenUp(since: since, at: now)
            if decision.isAllReleased { allWaiting = nil }
        }
        decision.nextLook = nextLook(asked, at: now)
        return decision
    }

    private func nextLook(_ asked: Set<SessionKey>, at now: Duration) -> Duration? {
        if waiting.keys.contains(where: { !asked.contains($0) }) { return .zero }
        if !waiting.isEmpty || allWaiting != nil { return Self.shortInterval }
        return ladder.isGivenUp(at: now) ? nil : Self.interval
    }
}
