/// The timeouts of running sessions, and the kills of those that outlive their grace.
///
/// The times themselves are in the turn's `SessionWatch`, since every governor may end a session.
struct SessionDeadlines: Governor {
    mutating func act(in turn: inout Turn) {
        while let finding = turn.sessions.nextFinding(at: turn.now.awake) {
            switch finding {
            case .tookTooLong(let key, let after):
                let words = "it took longer than its session timeout of \(after.forPeople)"
                expire(key, words, in: &turn)
            case .silentTooLong(let key, let after):
                let words = "it was silent for its idle timeout of \(after.forPeople)"
                expire(key, words, in: &turn)
            case .graceIsOver(let key):
                let grace = turn.state.plan.grace.forPeople
                turn.kill(key, nil, "it did not end within the grace of \(grace)")
            }
        }
    }

    func nextDeadline(in turn: Turn) -> Duration? { turn.sessions.next }

    /// Always false: alarms are left of sessions that have ended.
    func willLetStart(in turn: Turn) -> Bool { false }

    private func expire(_ key: SessionKey, _ reason: String, in turn: inout Turn) {
        if turn.sessions.waitsForNetwork(key) {
            turn.terminate(key, .network, "it waited for the network; \(reason)")
        } else {
            turn.terminate(key, .timeout, reason)
        }
    }
}
