import EventLoop
import Orchestration

/// Ends what sessions leave behind: terminate, grace, kill.
///
/// That is descendants that outlived them in a process group of their own and came to this process
/// as orphans. An orphan tells by its environment whose it is, or else by its label; one of a living
/// session is spared until the session's end, and one that tells nothing until the run's. It is
/// spared for ever where it may be of a process that no session started.
final class Leftovers {
    /// Between two looks while nobody waits, and while somebody does.
    private static let interval = Duration.milliseconds(100)
    private static let shortInterval = Duration.milliseconds(5)
    /// How long a killed process may take to vanish before nobody waits for it any more.
    private static let patience = Duration.seconds(2)
    /// Enough for cleaning up: a session's own grace is for an agent in the middle of its work.
    static let longestGrace = Duration.seconds(2)

    /// Somebody who waits until orphans are gone.
    private struct Waiter {
        let since: Duration
        /// Gets those that nothing helped against.
        let then: ([ProcessName]) -> Void
    }

    private let loop: Loop
    private let run: String
    private let own = RunnerMark.own
    private let grace: Duration
    private let isLive: (SessionKey) -> Bool
    private var timer: Timer?
    private var isLooking = false
    /// Who waits for the end of a session's orphans, and for the end of all.
    private var waiters: [SessionKey: Waiter] = [:]
    private var allWaiter: Waiter?
    /// The sessions whose processes may live.
    private var labels: [UInt64: SessionKey] = [:]
    /// When each process that is being ended was terminated.
    private var terminated: [ProcessName: Duration] = [:]

    /// Cares for the sessions of one run; `isLive` says which of them are not over.
    init(
        loop: Loop,
        run: String,
        grace: Duration,
        isLive: @escaping (SessionKey) -> Bool
    ) throws(LoopError) {
        self.loop = loop
        self.run = run
        self.grace = min(grace, Self.longestGrace)
        self.isLive = isLive
        timer = try Timer(loop: loop) { [unowned self] in look() }
    }

    /// A session begins, whose processes have this label.
    func sessionBegan(_ session: SessionKey, _ label: SessionLabel) {
        labels[label.value] = session
    }

    /// Ends what a session that is over left behind, and calls `then` when all of it is gone, with
    /// what nothing helped against: at once where it left nothing, and in any case after the grace and
    /// two seconds.
    func end(
        _ session: SessionKey,
        _ label: SessionLabel,
        then: @escaping ([ProcessName]) -> Void
    ) {
        guard loop.mayHaveOrphans else {
            labels[label.value] = nil
            return then([])
        }
        waiters[session] = Waiter(since: loop.now) { [unowned self] left in
            if left.isEmpty { labels[label.value] = nil }
            then(left)
        }
        look()
    }

    /// Ends every orphan, and calls `then` when all are gone or nothing helps.
    func endAll(then: @escaping () -> Void) {
        allWaiter = Waiter(since: loop.now) { _ in then() }
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
        let asked = Set(waiters.keys)
        loop.findOrphans { [self] orphans in
            isLooking = false
            end(orphans, asked)
        }
    }

    private func end(_ orphans: Orphans, _ asked: Set<SessionKey>) {
        var left: [ProcessName: SessionKey?] = [:]
        for orphan in orphans.living {
            let session = session(of: orphan)
            if session == nil, loop.adoptsStrangers { continue }
            if allWaiter != nil || session.map(isLive) == false { left[orphan.name] = session }
        }
        signal(left)
        release(left, orphans, asked)
        if waiters.keys.contains(where: { !asked.contains($0) }) {
            look()
        } else if !waiters.isEmpty || allWaiter != nil {
            timer?.set(loop.now + Self.shortInterval)
        } else if left.keys.contains(where: { !isGivenUp(terminated[$0]) }) {
            timer?.set(loop.now + Self.interval)
        }
    }

    private func session(of orphan: SeenProcess) -> SessionKey? {
        if let mark = SessionMark(of: orphan), mark.run == run,
            mark.runner?.process == own.process
        {
            return mark.session
        }
        return labels[orphan.label]
    }

    private func signal(_ left: [ProcessName: SessionKey?]) {
        let now = loop.now
        var known: [ProcessName: Duration] = [:]
        for (name, session) in left {
            let since = terminated[name] ?? now
            known[name] = since
            // What comes to light only after the grace gets none: it would never end.
            let waiter = session.flatMap { waiters[$0] } ?? allWaiter
            if now - min(since, waiter?.since ?? since) >= grace {
                name.signal(Signals.kill)
            } else if terminated[name] == nil {
                name.signal(Signals.terminate)
            }
        }
        terminated = known
    }

    /// Lets those go on of whose orphans nothing is left.
    private func release(
        _ left: [ProcessName: SessionKey?],
        _ orphans: Orphans,
        _ asked: Set<SessionKey>
    ) {
        for (session, waiter) in waiters where asked.contains(session) {
            let own = left.filter { $0.value == session }.map(\.key)
            guard own.isEmpty && !orphans.haveChanged || isGivenUp(waiter.since) else { continue }
            waiters[session] = nil
            waiter.then(own)
        }
        guard let allWaiter else { return }
        if left.isEmpty && !orphans.haveChanged || isGivenUp(allWaiter.since) {
            self.allWaiter = nil
            allWaiter.then([])
        }
    }

    private func isGivenUp(_ since: Duration?) -> Bool {
        since.map { loop.now - $0 >= grace + Self.patience } ?? false
    }
}
