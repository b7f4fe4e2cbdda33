/// The consequences of each class of failure.
extension FailureClass {
    /// The limit that a session with such a failure counts against.
    var charge: Charge {
        switch self {
        case .usageLimit, .rateLimit, .noNetwork, .authentication, .notRecorded, .shortage: .free
        case .overload, .streamCut, .stateLocked, .unknownThread, .connectionLost, .spawnFailed,
            .refusedToStart, .incomplete, .killed, .outOfMemory:
            .retry
        case .contextWindow, .notCodex, .turnFailed, .brokenConfiguration: .session
        }
    }

    /// True if a repetition of the same failure shows that no further attempt will help.
    ///
    /// Failures of the service and of the machine repeat word for word and pass nevertheless; only
    /// the retries limit them.
    var repeatsForAReason: Bool {
        switch self {
        case .refusedToStart, .spawnFailed, .incomplete, .notCodex, .killed, .contextWindow,
            .turnFailed, .brokenConfiguration:
            true
        case .usageLimit, .rateLimit, .overload, .streamCut, .noNetwork, .authentication,
            .unknownThread, .stateLocked, .notRecorded, .connectionLost, .outOfMemory, .shortage:
            false
        }
    }

    /// True if the message may end, after a colon, with a quotation from standard error, which
    /// tells no failures apart: an agent at work writes something else there each time.
    var quotesStandardError: Bool {
        switch self {
        case .incomplete, .notCodex: true
        case .usageLimit, .rateLimit, .overload, .streamCut, .noNetwork, .authentication,
            .contextWindow, .unknownThread, .stateLocked, .refusedToStart, .notRecorded,
            .connectionLost, .spawnFailed, .shortage, .killed, .outOfMemory, .turnFailed,
            .brokenConfiguration:
            false
        }
    }

    /// True if the work of the thread was interrupted and can be resumed.
    var leavesThreadResumable: Bool {
        switch self {
        case .usageLimit, .rateLimit, .overload, .streamCut, .noNetwork, .authentication,
            .connectionLost:
            true
        case .contextWindow, .unknownThread, .stateLocked, .refusedToStart,
            .spawnFailed, .incomplete, .notCodex, .killed, .turnFailed, .notRecorded,
            .outOfMemory, .shortage, .brokenConfiguration:
            false
        }
    }

    /// True if the first such failure ends the task, since the next session would meet the same.
    var isFinal: Bool {
        switch self {
        case .brokenConfiguration: true
        case .usageLimit, .rateLimit, .overload, .streamCut, .noNetwork, .authentication,
            .contextWindow, .unknownThread, .stateLocked, .refusedToStart, .notRecorded,
            .connectionLost, .spawnFailed, .shortage, .incomplete, .notCodex, .killed,
            .outOfMemory, .turnFailed:
            false
        }
    }

    /// True if the service itself reported the failure, so that it was reached.
    var comesFromService: Bool {
        switch self {
        case .usageLimit, .rateLimit, .overload, .authentication, .contextWindow, .turnFailed: true
        case .streamCut, .noNetwork, .unknownThread, .stateLocked, .refusedToStart, .notRecorded,
            .connectionLost, .spawnFailed, .incomplete, .notCodex, .killed, .outOfMemory,
            .shortage, .brokenConfiguration:
            false
        }
    }

    /// True if the task waits before its next session; other failures close a gate or need no delay.
    var wantsDelay: Bool {
        switch self {
        case .usageLimit, .rateLimit, .noNetwork, .authentication, .unknownThread, .notRecorded,
            .shortage, .brokenConfiguration:
            false
        default: true
        }
    }
}

extension RetryPlan {
    /// Returns the delay before a retry; `attempt` counts retries in a row, from 1.
    ///
    /// The delay doubles with each retry up to `maxDelay`, then is randomized within its upper
    /// half, so that tasks that failed together do not come back together.
    func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(delay.inSeconds * Double(1 << doublings), maxDelay.inSeconds)
        return .seconds(full * Double.random(in: 0.5...1, using: &generator))
    }
}
