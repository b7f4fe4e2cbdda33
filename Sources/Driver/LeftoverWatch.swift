import Descendants
import EventLoop
import Orchestration

/// The looks at what sessions leave behind, and the carrying out of what `Leftovers` decides.
final class LeftoverWatch {
    private let loop: Loop
    private let isLive: (SessionKey) -> Bool
    private var leftovers: Leftovers
    private var timer: Timer?
    private var isLooking = false
    private var waiters: [SessionKey: ([ProcessID]) -> Void] = [:]
    private var allWaiter: (() -> Void)?

    /// Cares for the sessions of one run; `isLive` says which of them are not over.
    init(
        loop: Loop,
        run: String,
        grace: Duration,
        isLive: @escaping (SessionKey) -> Bool
    ) throws(LoopError) {
        self.loop = loop
        self.isLive = isLive
        let matcher = SessionMatcher(run: run, own: .own)
        leftovers = Leftovers(matcher: matcher, grace: grace)
        timer = try Timer(loop: loop) { [unowned self] in look() }
    }

    /// Notes that a session begins, whose processes carry a label.
    func sessionBegan(_ session: SessionKey, _ label: SessionLabel) {
        leftovers.sessionBegan(session, label)
    }

    /// Ends what a session that is over left behind, and calls `then` when all of it is gone, with
    /// what nothing helped against: at once where it left nothing, and in any case after the grace and
    /// two seconds.
    func end(
        _ session: SessionKey,
        _ label: SessionLabel,
        then: @escaping ([ProcessID]) -> Void
    ) {
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

    /// Ends every orphan, and calls `then` when all are gone or nothing helps.
    func endAll(then: @escaping () -> Void) {
        allWaiter = then
        leftovers.waitForAll(at: loop.now)
        look()
    }

    /// Stops caring.
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
                    isLive: isLive
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
    /// The survivors of a run with this recovered state, and of any other run that worked on the
    /// tasks in these directories.
    init(of state: RunState, run: String, directories: [String: String], grace: Duration) {
        self.init(
            in: SystemProcesses(),
            matcher: SessionMatcher(run: run, own: .own, directories: directories),
            sessions: state.running.values.compactMap(\.process),
            followsCrash: state.legs > 0 && state.ending == nil,
            grace: grace
        )
    }
}
