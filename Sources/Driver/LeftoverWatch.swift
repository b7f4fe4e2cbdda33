import Descendants
import EventLoop
import Orchestration

/// The search for processes that sessions leave behind, and their end.
protocol LeftoverEnder: AnyObject {
    /// Notes that a session with this label begins.
    func sessionBegan(_ session: SessionKey, _ label: SessionLabel)
    /// Ends the processes that an ended session left behind, then calls `then` with those that survived
    /// SIGKILL.
    ///
    /// `then` is called at once if nothing was left, and no later than two seconds after the grace.
    func end(
        _ session: SessionKey,
        _ label: SessionLabel,
        then: @escaping ([ProcessID]) -> Void
    )
    /// Ends every orphan, then calls `then`, even if some survived.
    func endAll(then: @escaping () -> Void)
    /// Stops searching.
    func close()
}

/// Searches for leftovers of sessions, and carries out the decisions of `Leftovers`.
final class LeftoverWatch: LeftoverEnder {
    private let loop: Loop
    /// The sessions that have not ended.
    private var live: Set<SessionKey> = []
    private var leftovers: Leftovers
    private var timer: Timer?
    private var isLooking = false
    private var waiters: [SessionKey: ([ProcessID]) -> Void] = [:]
    private var allWaiter: (() -> Void)?

    /// Watches the sessions of one run.
    init(loop: Loop, run: String, grace: Duration) throws(LoopError) {
        self.loop = loop
        let matcher = SessionMatcher(run: run, own: .own)
        leftovers = Leftovers(matcher: matcher, grace: grace)
        timer = try Timer(loop: loop) { [unowned self] in look() }
    }

    func sessionBegan(_ session: SessionKey, _ label: SessionLabel) {
        live.insert(session)
        leftovers.sessionBegan(session, label)
    }

    func end(
        _ session: SessionKey,
        _ label: SessionLabel,
        then: @escaping ([ProcessID]) -> Void
    ) {
        live.remove(session)
        guard Orphans.mayExist else {
            leftovers.sessionIsGone(label)
            return then([])
        }
        waiters[session] = { [unowned self] left in
            if left.isEmpty { leftovers.sessionIsGone(label) }
            then(left)
        }
        leftovers.wait(for: session, at: loop.now)
        look()
    }

    func endAll(then: @escaping () -> Void) {
        allWaiter = then
        leftovers.waitForAll(at: loop.now)
        look()
    }

    func close() {
        timer?.close()
        timer = nil
    }

    private func look() {
        guard !isLooking else { return }
        isLooking = true
        let asked = leftovers.waiters
        let numbers = Orphans.numbers
        loop.perform {
            Orphans(numbers)
        } then: { [self] orphans in
            isLooking = false
            carryOut(
                leftovers.decide(
                    on: orphans,
                    asked: asked,
                    sparesUnknown: loop.adoptsStrangers,
                    at: loop.now,
                    isLive: live.contains
                )
            )
        }
    }

    private func carryOut(_ decision: Leftovers.Decision) {
        for (process, signal) in decision.signals { process.signal(signal) }
        for (session, left) in decision.released { waiters.removeValue(forKey: session)?(left) }
        if decision.isAllReleased { allWaiter.take()?() }
        switch decision.nextLook {
        case .some(.zero): look()
        case let delay: timer?.set(delay.map { loop.now + $0 })
        }
    }
}

extension Survivors<SystemProcesses> {
    /// Finds the survivors of a run with this recovered state, and of other runs that worked in these
    /// directories.
    init(of state: RunState, run: String, directories: [String: String], grace: Duration) {
        self.init(
            in: SystemProcesses(),
            matcher: SessionMatcher(run: run, own: .own, directories: directories),
            sessions: state.running.values.compactMap(\.process),
            followsCrash: state.leg.number > 0 && state.leg.ending == nil,
            grace: grace
        )
    }
}
