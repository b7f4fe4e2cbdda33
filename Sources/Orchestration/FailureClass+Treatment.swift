/// What follows from each class of failure.
extension FailureClass {
    /// What a session that failed this way is counted against.
    var charge: Charge {
        switch self {
        case .usageLimit, .rateLimit, .noNetwork, .authentication, .notRecorded, .shortage: .free
        case .overload, .streamCut, .stateLocked, .unknownThread, .connectionLost, .spawnFailed,
            .refusedToStart, .incomplete, .killed, .outOfMemory:
            .retry
        case .contextWindow, .notCodex, .turnFailed, .brokenConfiguration: .session
        }
    }

    /// Whether the same failure again says that no repetition will help.
    ///
    /// The service's troubles and the machine's repeat themselves word for word and pass all the
    /// same; they are bounded by the retries alone.
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

    /// Whether the message may end with words of standard error, after a colon, that do not tell such
    /// a failure from another: what an agent at work says there is different each time.
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

    /// Whether the work of the thread was cut short and can go on where it was.
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

    /// Whether the task ends with the first such failure: the next session would meet the same.
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

    /// Whether the service itself said so, so that it was reached.
    var comesFromService: Bool {
        switch self {
        case .usageLimit, .rateLimit, .overload, .authentication, .contextWindow, .turnFailed: true
        case .streamCut, .noNetwork, .unknownThread, .stateLocked, .refusedToStart, .notRecorded,
            .connectionLost, .spawnFailed, .incomplete, .notCodex, .killed, .outOfMemory,
            .shortage, .brokenConfiguration:
            false
        }
    }

    /// Whether the task waits before its next session; the others are held by a gate or want none.
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
    /// The delay before the retry with this number in a row, from 1.
    ///
    /// It doubles from one retry to the next up to the longest, and is then scattered over its
    /// upper half, so that tasks that failed together do not come back together.
    func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(delay.inSeconds * Double(1 << doublings), maxDelay.inSeconds)
        return .seconds(full * Double.random(in: 0.5...1, using: &generator))
    }
}
