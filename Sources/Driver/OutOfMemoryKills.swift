import Orchestration

/// Which sessions the kernel killed for want of memory.
///
/// It tells only how many processes it killed. A session that died of SIGKILL by no hand of Quire's,
/// while that number grew, is taken for one of them.
struct OutOfMemoryKills {
    private var seen: Int64?
    private var before: [SessionKey: Int64] = [:]

    /// Takes the newest number; `nil` where nobody tells.
    mutating func take(_ count: Int64?) {
        seen = count
    }

    /// Takes the number of the last look, a few seconds ago, for that at the session's beginning.
    mutating func sessionBegan(_ key: SessionKey) {
        before[key] = seen
    }

    /// A session has ended; returns its result, with the class that the number makes of it.
    mutating func judge(_ key: SessionKey, _ end: SessionEnd) -> SessionResult {
        var result = end.result
        guard let before = before.removeValue(forKey: key), let seen, seen > before,
            result.mayBeOutOfMemory, !end.wasKilled
        else { return result }
        result.failure = Failure(.outOfMemory, "the kernel's out-of-memory killer ended it")
        return result
    }
}

extension SessionResult {
    /// Whether it looks like the end of a process, or of one below its shell, that was killed.
    var mayBeOutOfMemory: Bool {
        guard termination == .signaled(9) || termination == .exited(128 + 9) else { return false }
        switch failure?.kind {
        case .killed, .incomplete, .refusedToStart: return true
        default: return false
        }
    }
}
