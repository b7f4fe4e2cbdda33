import EventLoop
import Orchestration

/// Reads the usage of running sessions now and then.
final class UsageWatch {
    private let loop: any DriverLoop
    private let interval: Duration
    private let inbox: Inbox
    /// Returns the running sessions; none until the first begins.
    private var sessions: () -> [any RunningSession] = { [] }
    private var timer: (any DriverTimer)?
    /// The reader of usage, for worker threads.
    let reader: UsageReader

    /// Makes a watch that reads every `interval` while any session runs; `inbox` gets the findings.
    init(
        loop: any DriverLoop,
        reader: UsageReader,
        interval: Duration,
        inbox: Inbox
    ) throws(LoopError) {
        (self.loop, self.reader, self.interval, self.inbox) = (loop, reader, interval, inbox)
        timer = try loop.timer { [unowned self] in look() }
    }

    /// Starts the timer, since a session runs; `sessions` returns those that run at a later time.
    func sessionBegan(among sessions: @escaping () -> [any RunningSession]) {
        self.sessions = sessions
        if timer?.isSet == false { timer?.set(loop.now + interval) }
    }

    /// Stops reading.
    func close() {
        timer?.close()
        timer = nil
    }

    private func look() {
        let sessions = sessions()
        let queries = sessions.compactMap(\.usageQuery)
        guard !queries.isEmpty else {
            // A running session may not have named its thread yet.
            if !sessions.isEmpty { timer?.set(loop.now + interval) }
            return
        }
        loop.perform { [reader] in
            reader.look(queries).map(Event.sessionUsed) + reader.limits(queries)
        } then: { [weak self] found in
            guard let self, let timer else { return }
            inbox.add(found)
            inbox.add(reader.takeWarnings().map { .warned(Warned(task: nil, message: $0)) })
            timer.set(loop.now + interval)
        }
    }
}
