import EventLoop

/// Notes again and again that sessions are still watched, so that after Quire's death it is known until when.
final class TreePulse {
    private static let interval = Duration.seconds(1)

    private let loop: Loop
    private var timers: [String: Timer] = [:]

    init(loop: Loop) { self.loop = loop }

    /// Begins to call `note` on a worker thread, for a task.
    func begin(_ task: String, _ note: @escaping @Sendable () -> Void) {
        end(task)
        // Without a timer nothing is noted, and what the session changes is left to a person.
        guard let timer = try? Timer(loop: loop, fire: { [self] in beat(task, note) }) else {
            return
        }
        timer.unreference()
        timer.set(loop.now + Self.interval)
        timers[task] = timer
    }

    private func beat(_ task: String, _ note: @escaping @Sendable () -> Void) {
        loop.perform {
            note()
        } then: { [self] in
            timers[task]?.set(loop.now + Self.interval)
        }
    }

    /// Ends the calls for a task.
    func end(_ task: String) { timers.removeValue(forKey: task)?.close() }
}
