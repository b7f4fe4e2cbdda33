package import Orchestration

/// Decides on the leftovers of sessions: orphans that left their process group, and became this
/// process's children when their parents died.
///
/// An orphan of a living session is spared until the session's end, and one of no known session until
/// the run's end; for ever, if it may come from a process that no session started.
package struct Leftovers: Sendable {
    /// Time between two scans while nobody waits, and while somebody does.
    private static let interval = Duration.milliseconds(100)
    private static let shortInterval = Duration.milliseconds(5)
    /// Time that a killed process may take to vanish before the wait for it ends.
    private static let patience = Duration.seconds(2)

    /// The consequences of a scan.
    package struct Decision: Hashable, Sendable {
        /// The signals to send.
        package var signals: [ProcessID: Int32] = [:]
        /// The sessions that need not wait any longer, each with its processes that survived SIGKILL.
        package var released: [SessionKey: [ProcessID]] = [:]
        /// True if the wait for the end of all orphans is over.
        package var isAllReleased = false
        /// Time until the next scan; `nil` if none is needed.
        package var nextLook: Duration?
    }

    private var matcher: SessionMatcher
    private var ladder: KillLadder
    /// Time since which each session waits for the end of its orphans, and the run for that of all.
    private var waiting: [SessionKey: Duration] = [:]
    private var allWaiting: Duration?

    /// Makes the leftovers of a run's sessions.
    package init(matcher: SessionMatcher, grace: Duration) {
        self.matcher = matcher
        ladder = KillLadder(grace: grace, patience: Self.patience)
    }

    /// Notes the begin of a session whose processes carry a label.
    package mutating func sessionBegan(_ session: SessionKey, _ label: SessionLabel) {
        matcher.add(session, label)
    }

    /// Notes that no process of a session is left.
    package mutating func sessionIsGone(_ label: SessionLabel) { matcher.remove(label) }

    /// Notes the end of a session, which waits until its orphans are gone.
    package mutating func wait(for session: SessionKey, at now: Duration) {
        waiting[session] = now
    }

    /// Notes the end of the run, which waits until all orphans are gone.
    package mutating func waitForAll(at now: Duration) { allWaiting = now }

    /// The waiting sessions, which a scan that begins now can release.
    package var waiters: Set<SessionKey> { Set(waiting.keys) }

    /// Decides on a scan's result.
    ///
    /// `asked` are the sessions that waited when the scan began; `isLive` indicates whether a session
    /// is not over. With `sparesUnknown`, orphans may come from processes that no session started.
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
