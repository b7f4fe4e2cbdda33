/// A session was given a slot.
package struct SessionStarted: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task, from 1.
    package var session: Int
    /// The slot, from 0.
    package var slot: Int
    /// The session's role.
    package var role: Role
    /// The checklist's progress before the session; `nil` for an initializer.
    package var progress: Progress?
    /// The thread that the session resumes; `nil` for a fresh context.
    package var resumes: String?
    /// The scheduler's reason for the choice; `nil` in journals of earlier versions.
    package var stream: Scheduler.Stream?
    /// True if the session alone probes whether a gate has opened; `nil` for no.
    package var isProbe: Bool?
    /// The account that the session draws on, of the run's several; `nil` for that of its task.
    package var account: String?
    /// The model by the task's ladder; `nil` for a task without one.
    package var model: String?
    /// The task's move to that model; `nil` if it had it before.
    package var move: ModelMove?

    /// The session's identity.
    package var key: SessionKey { SessionKey(task: task, number: session) }

    /// Makes the fact; see the properties.
    package init(
        task: String,
        session: Int,
        slot: Int,
        role: Role,
        progress: Progress? = nil,
        resumes: String? = nil,
        stream: Scheduler.Stream? = nil,
        isProbe: Bool? = nil
    ) {
        self.task = task
        self.session = session
        self.slot = slot
        self.role = role
        self.progress = progress
        self.resumes = resumes
        self.stream = stream
        self.isProbe = isProbe
    }
}

/// A session's process is alive.
package struct SessionSpawned: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task.
    package var session: Int
    /// The process id.
    package var pid: Int32
    /// The process's start time in clock ticks after boot (`/proc/PID/stat`, field 22), which with
    /// `pid` identifies the process for ever; 0 if it could not be read.
    package var processStart: UInt64
    /// Earlier usage of the resumed thread, if that was unknown until the session started; else `nil`.
    package var resumedUsage: TokenUsage?

    /// Makes the fact; see the properties.
    package init(
        task: String,
        session: Int,
        pid: Int32,
        processStart: UInt64,
        resumedUsage: TokenUsage? = nil
    ) {
        self.task = task
        self.session = session
        self.pid = pid
        self.processStart = processStart
        self.resumedUsage = resumedUsage
    }
}

/// The usage of a running session so far; recorded now and then.
package struct SessionUsed: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task.
    package var session: Int
    /// Total usage of the session.
    package var usage: TokenUsage
    /// Total usage of the thread; `nil` in journals of earlier versions.
    package var threadUsage: TokenUsage?

    /// The session's identity.
    package var key: SessionKey { SessionKey(task: task, number: session) }

    /// Makes the fact; see the properties.
    package init(
        task: String,
        session: Int,
        usage: TokenUsage,
        threadUsage: TokenUsage? = nil
    ) {
        self.task = task
        self.session = session
        self.usage = usage
        self.threadUsage = threadUsage
    }
}

/// Codex named a session's thread.
package struct ThreadStarted: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task.
    package var session: Int
    /// The thread's id.
    package var thread: String

    /// Makes the fact.
    package init(task: String, session: Int, thread: String) {
        self.task = task
        self.session = session
        self.thread = thread
    }
}

/// A session is being ended.
package struct SessionSignalled: Hashable, Sendable, Codable {
    /// The force of a signal.
    package enum Step: String, Hashable, Sendable, Word {
        /// Politely: SIGTERM.
        case terminate
        /// Forced: SIGKILL.
        case kill
    }

    /// The task's name.
    package var task: String
    /// The session's number within its task.
    package var session: Int
    /// The force of the signal.
    package var step: Step
    /// The reason, for people.
    package var reason: String

    /// Makes the fact; see the properties.
    package init(task: String, session: Int, step: Step, reason: String) {
        self.task = task
        self.session = session
        self.step = step
        self.reason = reason
    }
}

/// A session ended.
package struct SessionEnded: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task.
    package var session: Int
    /// The session's achievement.
    package var verdict: Verdict
    /// The limit that the session counts against.
    package var charge: Charge
    /// The way in which the process ended; `nil` for a lost session.
    package var termination: Termination?
    /// The failure; `nil` if the session did not fail.
    package var failure: Failure?
    /// Duration in seconds awake; for a lost session, until the last turn that its leg recorded.
    package var seconds: Double
    /// The session's thread.
    package var thread: String?
    /// The checklist's progress afterwards; `nil` if the checklist is missing or damaged.
    package var progress: Progress?
    /// The stamp of the checklist's file afterwards, as in `TaskInspected`.
    package var listFile: String?
    /// The session's changes of the checklist that were undone; `nil` for none, and in journals of earlier
    /// versions.
    package var incident: ListIncident?
    /// Usage of this session.
    package var usage: TokenUsage?
    /// True if `usage` was last seen before the end, and may be too little.
    package var isUsagePartial: Bool?
    /// True if `usage` is the estimate made before the session, since nothing else is known.
    package var isUsageEstimated: Bool?
    /// Total usage of the thread.
    package var threadUsage: TokenUsage?
    /// True if a descendant held the session's output open until the leak limit.
    package var outputLeaked: Bool
    /// True if the thread must never be resumed.
    package var forgetsThread: Bool
    /// The delay before the task's next session, in seconds; `nil` for none.
    package var retryIn: Double?
    /// The session's question to a person, in one line; `nil` for none.
    package var question: String?
    /// True if the task's next session goes on with the thread, as a pause ended this one; `nil` where the
    /// failure decides.
    package var goesOn: Bool?
    /// The session's statement on its work; `nil` for none.
    package var statement: SessionStatement?

    /// True if the session itself reported `usage`.
    package var isUsageTold: Bool {
        usage != nil && isUsagePartial != true && isUsageEstimated != true
    }

    /// The session's identity.
    package var key: SessionKey { SessionKey(task: task, number: session) }

    /// Makes the fact; see the properties.
    package init(
        task: String,
        session: Int,
        verdict: Verdict,
        charge: Charge,
        termination: Termination? = nil,
        failure: Failure? = nil,
        seconds: Double = 0,
        thread: String? = nil,
        progress: Progress? = nil,
        listFile: String? = nil,
        incident: ListIncident? = nil,
        usage: TokenUsage? = nil,
        threadUsage: TokenUsage? = nil,
        outputLeaked: Bool = false,
        forgetsThread: Bool = false,
        retryIn: Double? = nil
    ) {
        self.task = task
        self.session = session
        self.verdict = verdict
        self.charge = charge
        self.termination = termination
        self.failure = failure
        self.seconds = seconds
        self.thread = thread
        self.progress = progress
        self.listFile = listFile
        self.incident = incident
        self.usage = usage
        self.threadUsage = threadUsage
        self.outputLeaked = outputLeaked
        self.forgetsThread = forgetsThread
        self.retryIn = retryIn
    }
}
