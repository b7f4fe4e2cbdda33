import EventLoop
import Orchestration

/// Reads the usage of running sessions now and then.
final class UsageWatch {
    private let loop: Loop
    private let reader: UsageReader
    private let interval: Duration
    private let anyRuns: () -> Bool
    private let queries: () -> [UsageReader.Query]
    private let report: ([SessionUsed]) -> Void
    private var timer: Timer?

    /// Makes a watch that reads every `interval` while any session runs; `report` gets the findings.
    ///
    /// `queries` returns the sessions that can be read at that time.
    init(
        loop: Loop,
        reader: UsageReader,
        interval: Duration,
        anyRuns: @escaping () -> Bool,
        queries: @escaping () -> [UsageReader.Query],
        report: @escaping ([SessionUsed]) -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.reader = reader
        self.interval = interval
        self.anyRuns = anyRuns
        self.queries = queries
        self.report = report
        timer = try Timer(loop: loop) { [unowned self] in look() }
    }

    /// Starts the timer, since a session runs.
    func sessionBegan() {
        if timer?.isSet == false { timer?.set(loop.now + interval) }
    }

    /// Stops reading.
    func close() {
        timer?.close()
        timer = nil
    }

    private func look() {
        let queries = queries()
        guard !queries.isEmpty else {
            // A running session may not have named its thread yet.
            if anyRuns() { timer?.set(loop.now + interval) }
            return
        }
        loop.perform { [reader] in
            reader.look(queries)
        } then: { [weak self] found in
            guard let self, let timer else { return }
            report(found)
            timer.set(loop.now + interval)
        }
    }
}
