import EventLoop
import Orchestration

/// What the disk does not take now: full, read-only or failing.
///
/// Starts are held while there is anything.
final class DiskTroubles {
    private struct Trouble {
        var since: Duration
        var retry: (() -> Void)?
    }

    private static let interval = Duration.seconds(1)
    /// How long anything is tried again.
    static let patience = Duration.seconds(3600)

    private let loop: Loop
    private let report: (Event) -> Void
    private var timer: Timer?
    private var troubles: [String: Trouble] = [:]

    /// Reports the first trouble, and the end of the last.
    init(loop: Loop, report: @escaping (Event) -> Void) throws(LoopError) {
        self.loop = loop
        self.report = report
        timer = try Timer(loop: loop) { [unowned self] in tryAgain() }
    }

    /// Notes that a place could not be written to, and calls `retry` in a second, where there is
    /// one; false when that has gone on for too long.
    func note(_ place: String, _ reason: String, retry: (() -> Void)? = nil) -> Bool {
        if troubles.isEmpty { report(.storeFailed(reason)) }
        let since = troubles[place]?.since ?? loop.now
        guard loop.now - since < Self.patience else { return false }
        troubles[place] = Trouble(since: since, retry: retry)
        if retry != nil { timer?.set(loop.now + Self.interval) }
        return true
    }

    /// Notes that nothing waits for a place any more.
    func settle(_ place: String) {
        guard troubles.removeValue(forKey: place) != nil else { return }
        if troubles.isEmpty { report(.storeRecovered) }
    }

    /// Calls nobody any more.
    func close() { timer?.close() }

    private func tryAgain() {
        for place in troubles.keys {
            let retry = troubles[place]?.retry
            troubles[place]?.retry = nil
            retry?()
        }
    }
}
