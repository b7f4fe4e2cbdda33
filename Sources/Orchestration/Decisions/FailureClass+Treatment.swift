/// The treatment of a class of failure: a row of the table in `FailureClass.treatment`.
struct Treatment: Hashable, Sendable {
    /// A governor's reaction to a failure.
    enum Reaction: Hashable, Sendable {
        /// No gate and no spacing follows.
        case none
        /// The account is out of usage: its starts wait for a probe.
        case usageLimit
        /// The account made too many requests: its starts wait.
        case rateLimit
        /// The account's credentials were refused: a probe finds out whether for good.
        case credentials
        /// The configuration is broken: another task's session finds out whether it is everybody's.
        case configuration
        /// The network is down: all starts wait for a probe.
        case network
        /// The sandbox does not start, it seems: all starts wait for a probe.
        case sandbox
        /// The service was reached and the account works, as after a completed turn.
        case answered
        /// Many agents at once compete for Codex's own databases: starts are spaced.
        case spacing
        /// The machine had nothing left to start a process with: all starts wait.
        case shortage
    }

    /// The sessions that a failure shows to be too many.
    enum Overload: Hashable, Sendable {
        /// The service refused the session for being one too many.
        case service
        /// The machine ran out of memory.
        case machine
    }

    /// Properties that are true or false for a class.
    struct Traits: OptionSet, Hashable, Sendable {
        let rawValue: UInt16

        /// A repetition of the same failure shows that no further attempt will help.
        ///
        /// Failures of the service and of the machine lack this: they repeat word for word and pass nevertheless.
        static let repeats = Traits(rawValue: 1 << 0)
        /// The message may end, after a colon, with a quotation from standard error.
        ///
        /// The quotation does not distinguish failures: an agent at work writes something else each time.
        static let quotes = Traits(rawValue: 1 << 1)
        /// The work of the thread was interrupted and can be resumed.
        static let resumable = Traits(rawValue: 1 << 2)
        /// The thread is never resumed again.
        static let forgetsThread = Traits(rawValue: 1 << 3)
        /// The first such failure ends the task, since the next session would meet the same.
        static let final = Traits(rawValue: 1 << 4)
        /// The service itself reported the failure, so it was reached.
        static let fromService = Traits(rawValue: 1 << 5)
        /// The task waits before its next session; other failures close a gate or need no delay.
        static let delayed = Traits(rawValue: 1 << 6)
        /// A thread that can't be resumed may cause such a failure.
        static let badResume = Traits(rawValue: 1 << 7)
        /// A process that Quire signalled may end with such a failure.
        static let bySignal = Traits(rawValue: 1 << 8)
        /// The agent may have been at work although no answer of the model was seen.
        static let usesTokens = Traits(rawValue: 1 << 9)
        /// The slot may be the cause, where other slots have no such trouble.
        static let losesSlot = Traits(rawValue: 1 << 10)
        /// The session was never begun, and leaves its task as it was.
        static let neverBegan = Traits(rawValue: 1 << 11)

        /// The first such failure ends the task as blocked by what it needs.
        static let blocks = Traits(rawValue: 1 << 12)
        /// A process that the kernel's out-of-memory killer ended may look like that.
        static let hidesMemory = Traits(rawValue: 1 << 13)

        fileprivate static let brokenOutput: Traits = [
            .repeats, .quotes, .delayed, .badResume, .bySignal, .usesTokens,
        ]
    }

    /// The limit that a session with such a failure counts against.
    var charge: Charge
    /// The reaction of a governor.
    var reaction: Reaction
    /// The sessions that were too many; `nil` if their number is no cause.
    var overload: Overload?
    /// Everything that is true or false.
    var traits: Traits

    fileprivate init(
        _ charge: Charge,
        _ reaction: Reaction,
        _ traits: Traits,
        _ overload: Overload? = nil
    ) {
        (self.charge, self.reaction, self.traits) = (charge, reaction, traits)
        self.overload = overload
    }
}

extension FailureClass {
    /// The treatment of the class.
    ///
    /// A new class is one row here, and one rule of the classifier.
    var treatment: Treatment {
        switch self {
        case .usageLimit: Treatment(.free, .usageLimit, [.fromService, .resumable])
        case .rateLimit: Treatment(.free, .rateLimit, [.fromService, .resumable], .service)
        case .overload: Treatment(.retry, .none, [.fromService, .resumable, .delayed], .service)
        case .streamCut: Treatment(.retry, .none, [.resumable, .delayed, .usesTokens])
        case .noNetwork: Treatment(.free, .network, [.resumable])
        case .authentication: Treatment(.free, .credentials, [.fromService, .resumable])
        case .noSandbox: Treatment(.free, .sandbox, [.repeats, .quotes])
        case .contextWindow:
            Treatment(.session, .answered, [.fromService, .repeats, .forgetsThread, .delayed])
        case .unknownThread: Treatment(.retry, .none, [.forgetsThread, .badResume])
        case .stateLocked: Treatment(.retry, .spacing, [.delayed])
        case .refusedToStart:
            Treatment(.retry, .none, [.repeats, .delayed, .badResume, .bySignal, .hidesMemory])
        case .brokenConfiguration: Treatment(.session, .configuration, [.repeats, .final])
        case .notRecorded: Treatment(.free, .none, [.neverBegan])
        case .noTree: Treatment(.free, .none, [.neverBegan, .final])
        case .treeBusy: Treatment(.retry, .none, [.neverBegan, .delayed])
        case .needsConflict: Treatment(.free, .none, [.neverBegan, .blocks])
        case .setupFailed, .hookFailed:
            Treatment(.retry, .none, [.neverBegan, .delayed, .repeats, .quotes])
        case .connectionLost:
            Treatment(.retry, .none, [.resumable, .delayed, .bySignal, .usesTokens, .losesSlot])
        case .spawnFailed: Treatment(.retry, .none, [.repeats, .delayed])
        case .shortage: Treatment(.free, .shortage, [])
        case .incomplete: Treatment(.retry, .none, .brokenOutput.union(.hidesMemory))
        case .notCodex: Treatment(.session, .none, .brokenOutput)
        case .killed:
            Treatment(.retry, .none, [.repeats, .delayed, .bySignal, .usesTokens, .hidesMemory])
        case .outOfMemory: Treatment(.retry, .none, [.delayed], .machine)
        case .turnFailed:
            Treatment(.session, .answered, [.fromService, .repeats, .delayed, .bySignal])
        }
    }

    /// True if a process that the kernel's out-of-memory killer ended may look like that.
    package var mayHideOutOfMemory: Bool { has(.hidesMemory) }

    /// True if the class has a trait.
    func has(_ trait: Treatment.Traits) -> Bool { treatment.traits.contains(trait) }
}
