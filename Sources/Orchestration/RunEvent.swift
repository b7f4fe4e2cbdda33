/// A fact of a run: what the journal keeps, what every report is made from, and all that the
/// state of a run is folded from.
///
/// A fact says what happened or was decided and never changes afterwards. `RunEvent` is the one
/// vocabulary of the journal, the JSON Lines output and the projections.
package enum RunEvent: Hashable, Sendable {
    /// A leg of the run began: first of its leg, once. Sessions that an earlier leg left running
    /// are recorded as lost right after it.
    indirect case runBegan(RunBegan)
    /// A task that had ended goes on in this leg, or one begins anew.
    case taskReopened(TaskReopened)
    /// A task's directory was looked at; at most once a leg.
    case taskInspected(TaskInspected)
    /// A session was given a slot; its process starts only after this is durable.
    case sessionStarted(SessionStarted)
    /// The session's process is alive; at most once a session.
    case sessionSpawned(SessionSpawned)
    /// A running session was found to have used so much.
    case sessionUsed(SessionUsed)
    /// Codex named the session's thread; at most once a session.
    case threadStarted(ThreadStarted)
    /// A session is being ended: terminated, then perhaps killed.
    case sessionSignalled(SessionSignalled)
    /// A session ended: exactly once for each that started.
    case sessionEnded(SessionEnded)
    /// A task ended; the last of the task in this leg.
    case taskEnded(TaskEnded)
    /// Starts are held, for a stated reason.
    case gateClosed(GateClosed)
    /// Starts go on.
    case gateOpened(GateOpened)
    /// More or fewer sessions run at once.
    case concurrencyChanged(ConcurrencyChanged)
    /// The ladder of shutdown went up one step.
    case shutdownAdvanced(ShutdownAdvanced)
    /// Something a person should know and that changes nothing.
    case warned(Warned)
    /// The leg ended: last of its leg, once; missing when Quire was killed.
    case runEnded(RunEnded)
}

/// A leg of the run began.
package struct RunBegan: Hashable, Sendable, Codable {
    /// The run's id: the manifest's path.
    package var run: String
    /// The run's name, for people.
    package var name: String
    /// Quire's process.
    package var pid: Int32
    /// Quire's version.
    package var quireVersion: String
    /// The plan this leg follows.
    package var plan: RunPlan
    /// Whether failed, stalled and damaged tasks were reopened.
    package var retryFailed: Bool
    /// Which part of which tasks the plan is; `nil` where nobody asked for a part, and in journals
    /// of earlier versions.
    package var part: RunPart?
    /// Complete tasks whose lists are not as they were when these were found complete; `nil` for
    /// none.
    package var changed: [String]?
    /// Tasks that begin anew: their directories were deleted, or put away at the user's word; `nil`
    /// for none.
    package var anew: [String]?
    /// The workspace's path; `nil` in journals of earlier versions.
    package var workspace: String?
    /// What the Quire's process can be told by from all others, as `RunnerMark` writes it; `nil` in
    /// journals of earlier versions.
    package var runner: String?

    /// Makes the fact; see the properties.
    package init(
        run: String,
        name: String,
        pid: Int32,
        quireVersion: String,
        plan: RunPlan,
        retryFailed: Bool = false,
        part: RunPart? = nil,
        changed: [String]? = nil,
        anew: [String]? = nil,
        workspace: String? = nil,
        runner: String? = nil
    ) {
        self.run = run
        self.name = name
        self.pid = pid
        self.quireVersion = quireVersion
        self.plan = plan
        self.retryFailed = retryFailed
        self.part = part
        self.changed = changed
        self.anew = anew
        self.workspace = workspace
        self.runner = runner
    }
}

/// What a run that is a shard knows of the whole.
package struct RunPart: Hashable, Sendable, Codable {
    /// Which shard it is.
    package var shard: Shard
    /// The tasks of all shards together.
    package var tasks: Int
    /// The same for all shards of the same tasks, and different for others: see `Fingerprint`.
    package var manifest: String

    /// Makes a part; see the properties.
    package init(shard: Shard, tasks: Int, manifest: String) {
        self.shard = shard
        self.tasks = tasks
        self.manifest = manifest
    }
}

/// A task that had ended goes on, or one begins anew.
package struct TaskReopened: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// Whether nothing is left of its work: its directory was deleted or put away; `nil` for no.
    package var beginsAnew: Bool?

    /// Makes the fact.
    package init(task: String, beginsAnew: Bool? = nil) {
        self.task = task
        self.beginsAnew = beginsAnew
    }
}

/// What the look at a task's directory found.
package struct TaskInspected: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The checklist as it was found.
    package var checklist: ChecklistState
    /// The thread named in `session.id`; `nil` when there is none.
    package var thread: String?
    /// The stamp of the list and the prompt, as in `TaskEnded`; `nil` where work is left.
    package var list: String?

    /// Makes the fact.
    package init(
        task: String,
        checklist: ChecklistState,
        thread: String? = nil,
        list: String? = nil
    ) {
        self.task = task
        self.checklist = checklist
        self.thread = thread
        self.list = list
    }
}

/// A session was given a slot.
package struct SessionStarted: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task, from 1.
    package var session: Int
    /// The slot, from 0.
    package var slot: Int
    /// What the session is to do.
    package var role: Role
    /// The checklist's progress before the session; `nil` for an initializer.
    package var progress: Progress?
    /// The thread it goes on in; `nil` for a fresh context.
    package var resumes: String?
    /// Why the scheduler chose the task; `nil` in journals of earlier versions.
    package var stream: Scheduler.Stream?
    /// Whether it is to find out if a gate has opened, alone; `nil` for no.
    package var isProbe: Bool?

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
    /// The process.
    package var pid: Int32
    /// The process's start time in clock ticks after boot (`/proc/PID/stat`, field 22), which
    /// with `pid` names it for ever; 0 where it could not be read.
    package var processStart: UInt64
    /// What the thread it goes on in had used before, where nobody knew until it was started; else
    /// `nil`.
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

/// What a session has used so far; told now and then while it runs.
package struct SessionUsed: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task.
    package var session: Int
    /// All that it has used.
    package var usage: TokenUsage
    /// What its thread has used in all; `nil` in journals of earlier versions.
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
    /// How hard.
    package enum Step: String, Hashable, Sendable, Codable {
        /// Politely: SIGTERM.
        case terminate
        /// Forced: SIGKILL.
        case kill
    }

    /// The task's name.
    package var task: String
    /// The session's number within its task.
    package var session: Int
    /// How hard.
    package var step: Step
    /// Why, for people.
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
    /// What it achieved.
    package var verdict: Verdict
    /// What it is counted against.
    package var charge: Charge
    /// How its process ended; `nil` for a session that was lost.
    package var termination: Termination?
    /// Why it failed; `nil` when it did not.
    package var failure: Failure?
    /// How long it took, awake; of a lost session, until its Quire last recorded that it lived.
    package var seconds: Double
    /// Its thread.
    package var thread: String?
    /// The checklist afterwards; `nil` when it is missing or damaged.
    package var progress: Progress?
    /// What this session used.
    package var usage: TokenUsage?
    /// Whether `usage` is what it was last seen to have used, and it may have used more.
    package var isUsagePartial: Bool?
    /// Whether `usage` is what was set aside for it, since nobody knows what it used.
    package var isUsageEstimated: Bool?
    /// What its thread has used in all.
    package var threadUsage: TokenUsage?
    /// Whether a descendant held its output open until the leak limit.
    package var outputLeaked: Bool
    /// Whether its thread is never to be resumed.
    package var forgetsThread: Bool
    /// The delay before the task's next session, in seconds; `nil` for none.
    package var retryIn: Double?

    /// Whether `usage` is what the session told itself.
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
        self.usage = usage
        self.threadUsage = threadUsage
        self.outputLeaked = outputLeaked
        self.forgetsThread = forgetsThread
        self.retryIn = retryIn
    }
}

/// A task ended.
package struct TaskEnded: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// How.
    package var outcome: Outcome
    /// Why, for people; one line.
    package var reason: String
    /// Its sessions so far, over all legs.
    package var sessions: Int
    /// The last good progress.
    package var progress: Progress?
    /// Of a complete task, the stamp of its list and prompt: equal stamps tell that neither has
    /// changed since; `nil` where nobody took it, and in journals of earlier versions.
    package var list: String?

    /// Makes the fact; see the properties.
    package init(
        task: String,
        outcome: Outcome,
        reason: String,
        sessions: Int,
        progress: Progress? = nil,
        list: String? = nil
    ) {
        self.task = task
        self.outcome = outcome
        self.reason = reason
        self.sessions = sessions
        self.progress = progress
        self.list = list
    }
}

/// The steps of a shutdown, in their order.
package enum ShutdownStep: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing more starts; running sessions may finish.
    case drain
    /// Running sessions are ended politely.
    case terminate
    /// Running sessions are ended.
    case kill
}

/// The signals that climb the ladder.
package enum ShutdownSignal: String, Hashable, Sendable, Codable {
    /// SIGINT: Ctrl-C.
    case interrupt
    /// SIGTERM.
    case terminate
}

/// The ladder went up one step.
package struct ShutdownAdvanced: Hashable, Sendable, Codable {
    /// The step that now holds.
    package var step: ShutdownStep
    /// The signal that began the shutdown.
    package var signal: ShutdownSignal
    /// When the next step is taken without a signal; `nil` for the last step.
    package var next: WallTime?
    /// Sessions running now.
    package var running: Int

    /// Makes the fact; see the properties.
    package init(step: ShutdownStep, signal: ShutdownSignal, next: WallTime?, running: Int) {
        self.step = step
        self.signal = signal
        self.next = next
        self.running = running
    }
}

/// Something a person should know.
package struct Warned: Hashable, Sendable, Codable {
    /// The task it is about; `nil` for the run.
    package var task: String?
    /// What, where, and what to do.
    package var message: String

    /// Makes the fact.
    package init(task: String? = nil, message: String) {
        self.task = task
        self.message = message
    }
}

/// A leg of the run ended.
package struct RunEnded: Hashable, Sendable, Codable {
    /// Why it ended.
    package var ending: Ending
    /// How many tasks have each outcome; tasks with work left have none.
    package var outcomes: [String: Int]
    /// Tasks with work left.
    package var unfinished: Int

    /// Makes the fact; see the properties.
    package init(ending: Ending, outcomes: [String: Int], unfinished: Int) {
        self.ending = ending
        self.outcomes = outcomes
        self.unfinished = unfinished
    }
}

/// Why a leg ended.
package enum Ending: String, Hashable, Sendable, Codable {
    /// Every task ended.
    case finished
    /// SIGINT.
    case interrupted
    /// SIGTERM.
    case terminated
    /// Something it needs is missing: the login was refused, or the store failed.
    case unable
}
