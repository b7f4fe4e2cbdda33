/// The share of the worker threads that may write logs at once, so that spawning goes on.
final class LogGate {
    private let limit: Int
    private var writing = 0
    private var waiting: [() -> Void] = []
    private var next = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Calls `body` now, or when one of those before it has left.
    func enter(_ body: @escaping () -> Void) {
        if writing < limit {
            writing += 1
            body()
        } else {
            waiting.append(body)
        }
    }

    /// Ends what `enter` began.
    func leave() {
        guard next < waiting.count else {
            writing -= 1
            return
        }
        let body = waiting[next]
        next += 1
        if next == waiting.count {
            waiting = []
            next = 0
        }
        body()
    }
}
