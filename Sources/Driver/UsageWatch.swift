import EventLoop
import Orchestration

/// Looks now and then at what running sessions have used.
final class UsageWatch {
    private let loop: Loop
    private let reader: UsageReader
    private let interval: Duration
    private let anyRuns: () -> Bool
    private let queries: () -> [UsageReader.Query]
    private let report: ([SessionUsed]) -> Void
    private var timer: Timer?

    /// Looks every `interval` while anything runs; `report` gets what was found.
    ///
    /// `queries` is asked each time for what can be looked at by then.
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

    /// A session runs.
    func sessionBegan() {
        if timer?.isSet == false { timer?.set(loop.now + interval) }
    }

    /// Looks no more.
    func close() {
        timer?.close()
        timer = nil
    }

    private func look() {
        let queries = queries()
        guard !queries.isEmpty else {
            // What runs may have yet to name its thread.
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
