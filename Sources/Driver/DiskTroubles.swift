import EventLoop
import Orchestration

/// The writes that a full, read-only or failing disk refuses now.
///
/// Starts are held while there are any.
final class DiskTroubles {
    private struct Trouble {
        var since: Duration
        var retry: (() -> Void)?
    }

    private static let interval = Duration.seconds(1)
    /// The time for which a write is tried again.
    static let patience = Duration.seconds(3600)

    private let loop: any DriverLoop
    private let inbox: Inbox
    private var timer: (any DriverTimer)?
    private var troubles: [String: Trouble] = [:]

    /// Makes the set; `inbox` gets an event for the first trouble, and one for the end of the last.
    init(loop: any DriverLoop, inbox: Inbox) throws(LoopError) {
        (self.loop, self.inbox) = (loop, inbox)
        timer = try loop.timer { [unowned self] in tryAgain() }
    }

    /// Notes that a file could not be written; `retry`, if given, is called in a second, unless that has gone
    /// on for `patience`: then false is returned.
    func note(_ place: String, _ reason: String, retry: (() -> Void)? = nil) -> Bool {
        if troubles.isEmpty { inbox.add(.storeFailed(reason)) }
        let since = troubles[place]?.since ?? loop.now
        guard loop.now - since < Self.patience else { return false }
        troubles[place] = Trouble(since: since, retry: retry)
        if retry != nil { timer?.set(loop.now + Self.interval) }
        return true
    }

    /// Notes that a file was written, or that nothing waits for it any more.
    func settle(_ place: String) {
        guard troubles.removeValue(forKey: place) != nil else { return }
        if troubles.isEmpty { inbox.add(.storeRecovered) }
    }

    /// Stops calling `retry`.
    func close() { timer?.close() }

    private func tryAgain() {
        for place in troubles.keys {
            let retry = troubles[place]?.retry
            troubles[place]?.retry = nil
            retry?()
        }
    }
}
