import EventLoop
import Orchestration

/// Ends what sessions leave behind: terminate, grace, kill.
///
/// That is descendants that outlived them in a process group of their own and came to this process
/// as orphans. An orphan tells by its environment whose it is; one of a living session is spared until the
/// session's end, and one that tells nothing until the run's.
final class Leftovers {
    private static let interval = Duration.milliseconds(100)
    /// How long a killed process may take to vanish before nobody waits for it any more.
    private static let patience = Duration.seconds(2)
    /// Enough for cleaning up: a session's own grace is for an agent in the middle of its work.
    private static let longestGrace = Duration.seconds(2)

    private let loop: Loop
    private let run: String
    private let grace: Duration
    private let isLive: (SessionKey) -> Bool
    private var timer: Timer?
    private var isLooking = false
    private var willLook = false
    private var whenGone: (() -> Void)?
    /// When each process that is being ended was terminated, by its number and start.
    private var terminated: [ProcessName: Duration] = [:]

    private struct ProcessName: Hashable {
        var pid: Int32
        var start: UInt64
    }

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
        timer = try Timer(loop: loop) { [unowned self] in
            willLook = false
            look()
        }
    }

    /// A session is over: ends what it left behind, soon.
    func sessionEnded() {
        lookSoon()
    }

    /// Ends every orphan, and calls `then` when all are gone or nothing helps.
    func endAll(then: @escaping () -> Void) {
        whenGone = then
        look()
    }

    /// Stops caring.
    func close() {
        timer?.close()
        timer = nil
    }

    private func lookSoon() {
        guard !willLook else { return }
        willLook = true
        timer?.set(loop.now + Self.interval)
    }

    private func look() {
        guard !isLooking else { return }
        isLooking = true
        loop.findOrphans { [self] orphans in
            isLooking = false
            end(orphans.filter(isLeft))
        }
    }

    private func isLeft(_ orphan: Orphan) -> Bool {
        if whenGone != nil { return true }
        return session(of: orphan).map { !isLive($0) } ?? false
    }

    private func end(_ orphans: [Orphan]) {
        let now = loop.now
        var known: [ProcessName: Duration] = [:]
        var isWorthWaiting = false
        for orphan in orphans {
            let name = ProcessName(pid: orphan.pid, start: orphan.processStart)
            let since = terminated[name] ?? now
            known[name] = since
            if terminated[name] == nil {
                orphan.signal(Signals.terminate)
            } else if now - since >= grace {
                orphan.signal(Signals.kill)
            }
            if now - since < grace + Self.patience { isWorthWaiting = true }
        }
        terminated = known
        if isWorthWaiting {
            lookSoon()
        } else if let whenGone {
            self.whenGone = nil
            whenGone()
        }
    }

    private func session(of orphan: Orphan) -> SessionKey? {
        func value(_ name: String) -> String? {
            orphan.environment.last { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.count + 1)) }
        }
        guard value("QUIRE_RUN") == run, let task = value("QUIRE_TASK"),
            let number = value("QUIRE_SESSION").flatMap(Int.init)
        else { return nil }
        return SessionKey(task: task, number: number)
    }
}
