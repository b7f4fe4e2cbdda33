import Orchestration

/// Finds the sessions that the kernel's OOM killer ended.
///
/// The kernel only counts the processes that it killed. A session that died of a SIGKILL that Quire did not
/// send counts as one of them if the number grew meanwhile.
struct OutOfMemoryKills {
    private var seen: Int64?
    private var before: [SessionKey: Int64] = [:]

    /// Stores the newest number; `nil` if it is not counted.
    mutating func take(_ count: Int64?) {
        seen = count
    }

    /// Stores the last number, which is a few seconds old, as the number at the session's start.
    mutating func sessionBegan(_ key: SessionKey) {
        before[key] = seen
    }

    /// Returns the result of a session that ended, with the failure that the number implies.
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
    /// True if the result looks like that of a process, or of a child of its shell, that got SIGKILL.
    var mayBeOutOfMemory: Bool {
        guard termination == .signaled(9) || termination == .exited(128 + 9) else { return false }
        return failure?.kind.mayHideOutOfMemory ?? false
    }
}
