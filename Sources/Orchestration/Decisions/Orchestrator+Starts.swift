// The starts of sessions, as far as the governors allow.
extension Orchestrator {
    mutating func startSessions() {
        startProbes()
        while mayStart, let start = turn.nextStart(), governors.admits(start, in: &turn) {
            begin(start)
        }
    }

    /// True if starts are held by nothing but slots, needs and the gates of closed accounts.
    ///
    /// With several accounts, the tasks of a closed one are not among those to start.
    private var mayStart: Bool { !governors.holdsStarts(in: turn) && !turn.isHeldByGates }

    /// Starts a session for each account whose gates may have opened.
    private mutating func startProbes() {
        guard !turn.state.gates.closed.isEmpty, !turn.startsNothingMore else { return }
        for domain in turn.state.index.domains
        where !governors.holdsStarts(in: turn) && turn.isProbeDue(domain) {
            guard var start = turn.nextStart(probing: domain),
                governors.admits(start, in: &turn)
            else { continue }
            start.isProbe = true
            begin(start)
        }
    }

    private mutating func begin(_ start: SessionStarted) {
        turn.record(.sessionStarted(start))
        turn.order(.startSession(start))
        if let move = start.move, let model = start.model {
            let words =
                "goes on with the model \(model) in place of \(move.from), since \(move.reason)"
            turn.warn(words, task: start.task)
        }
        if let place = turn.state.place(of: start.task) {
            var task = turn.state.tasks[place].plan
            if let most = task.sessionBudget?.wall {
                task.sessionTimeout = min(task.sessionTimeout, most)
            }
            turn.sessions.begin(start.key, task: task, at: turn.now.awake)
        }
        tell(.sessionStarted(start))
    }
}
