/// A fact of a run: the content of the journal, and the source of all reports and of the run's state.
///
/// A fact says what happened or was decided and never changes afterwards. `RunEvent` is the one
/// vocabulary of the journal, the JSON Lines output and the projections.
package enum RunEvent: Hashable, Sendable {
    /// A leg of the run began: the leg's first fact, exactly once. Sessions that an earlier leg
    /// left running are recorded as lost right after it.
    indirect case runBegan(RunBegan)
    /// A task that had ended goes on in this leg, or a task begins anew.
    case taskReopened(TaskReopened)
    /// A task's directory was inspected; at most once a leg.
    case taskInspected(TaskInspected)
    /// A session was given a slot; its process starts only after this fact is durable.
    case sessionStarted(SessionStarted)
    /// The session's process is alive; at most once a session.
    case sessionSpawned(SessionSpawned)
    /// The usage of a running session so far became known.
    case sessionUsed(SessionUsed)
    /// Codex named the session's thread; at most once a session.
    case threadStarted(ThreadStarted)
    /// A session is being ended: terminated, then perhaps killed.
    case sessionSignalled(SessionSignalled)
    /// A session ended: exactly once for each that started.
    case sessionEnded(SessionEnded)
    /// A session's work in its task's tree was committed.
    case checkpointMade(CheckpointMade)
    /// A task ended; the task's last fact in this leg.
    case taskEnded(TaskEnded)
    /// Starts are held, for a stated reason.
    case gateClosed(GateClosed)
    /// Starts go on.
    case gateOpened(GateOpened)
    /// The limit of sessions at once changed.
    case concurrencyChanged(ConcurrencyChanged)
    /// The shutdown went one step further.
    case shutdownAdvanced(ShutdownAdvanced)
    /// Something a person should know and that changes nothing.
    case warned(Warned)
    /// The leg ended: the leg's last fact, exactly once; missing if Quire was killed.
    case runEnded(RunEnded)
}

/// A leg of the run began.
package struct RunBegan: Hashable, Sendable, Codable {
    /// The run's id: the manifest's path.
    package var run: String
    /// The run's name, for people.
    package var name: String
    /// Quire's process id.
    package var pid: Int32
    /// Quire's version.
    package var quireVersion: String
    /// The plan this leg follows.
    package var plan: RunPlan
    /// True if failed, stalled and damaged tasks were reopened.
    package var retryFailed: Bool
    /// The shard that the plan carries out; `nil` if nobody asked for a part, and in journals of
    /// earlier versions.
    package var part: RunPart?
    /// Complete tasks whose lists have changed since they were found complete; `nil` for none.
    package var changed: [String]?
    /// Tasks that begin anew: their directories were deleted, or put away at the user's request;
    /// `nil` for none.
    package var anew: [String]?
    /// The workspace's path; `nil` in journals of earlier versions.
    package var workspace: String?
    /// The mark that tells Quire's process from all others, as `RunnerMark` writes it; `nil` in
    /// journals of earlier versions.
    package var runner: String?
    /// The commits that new trees of this leg's tasks begin from, by the top level of the work tree;
    /// `nil` if no task has a tree of its own.
    package var bases: [String: String]?

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
        runner: String? = nil,
        bases: [String: String]? = nil
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
        self.bases = bases
    }
}

/// The part of a whole that a run carries out as one of its shards.
package struct RunPart: Hashable, Sendable, Codable {
    /// The run's shard.
    package var shard: Shard
    /// Number of tasks in all shards together.
    package var tasks: Int
    /// A `Fingerprint` of the tasks: the same for all shards of the same tasks.
    package var manifest: String

    /// Makes a part; see the properties.
    package init(shard: Shard, tasks: Int, manifest: String) {
        self.shard = shard
        self.tasks = tasks
        self.manifest = manifest
    }
}

/// A task that had ended goes on, or a task begins anew.
package struct TaskReopened: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// True if nothing is left of the task's work, as its directory was deleted or put away; `nil` for no.
    package var beginsAnew: Bool?

    /// Makes the fact.
    package init(task: String, beginsAnew: Bool? = nil) {
        self.task = task
        self.beginsAnew = beginsAnew
    }
}

/// The findings in a task's directory.
package struct TaskInspected: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The checklist as found.
    package var checklist: ChecklistState
    /// The thread named in `session.id`; `nil` if there is none.
    package var thread: String?
    /// The stamp of the list and the prompt, as in `TaskEnded`; `nil` if work is left.
    package var list: String?
    /// The stamp of the list's file, which holds the same list as long as its stamp is equal; `nil`
    /// without such a proof, and in journals of earlier versions.
    package var listFile: String?

    /// Makes the fact.
    package init(
        task: String,
        checklist: ChecklistState,
        thread: String? = nil,
        list: String? = nil,
        listFile: String? = nil
    ) {
        self.task = task
        self.checklist = checklist
        self.thread = thread
        self.list = list
        self.listFile = listFile
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
    /// Usage of this session.
    package var usage: TokenUsage?
    /// True if `usage` was last seen before the end, and may be too little.
    package var isUsagePartial: Bool?
    /// True if `usage` is what was expected of the session, since nothing else is known.
    package var isUsageEstimated: Bool?
    /// Total usage of the thread.
    package var threadUsage: TokenUsage?
    /// True if a descendant held the session's output open until the leak limit.
    package var outputLeaked: Bool
    /// True if the thread must never be resumed.
    package var forgetsThread: Bool
    /// The delay before the task's next session, in seconds; `nil` for none.
    package var retryIn: Double?

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
    /// The outcome.
    package var outcome: Outcome
    /// The reason, for people; one line.
    package var reason: String
    /// Number of the task's sessions so far, over all legs.
    package var sessions: Int
    /// The last good progress.
    package var progress: Progress?
    /// The stamp of a complete task's list and prompt: equal stamps mean that neither has changed;
    /// `nil` if nobody took it, and in journals of earlier versions.
    package var list: String?

    /// The stamp of the list's file, as in `TaskInspected`: the first four words of `list`.
    ///
    /// It is `nil` also if the file was changed at a whole second: its file system may count in
    /// those, and hide a further change within the same one.
    package var listFile: String? {
        let words = list?.split(separator: " ").prefix(4) ?? []
        guard words.count == 4, words[3].contains("."), !words[3].hasSuffix(".0") else {
            return nil
        }
        return words.joined(separator: " ")
    }

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
package enum ShutdownStep: String, Hashable, Sendable, Word, CaseIterable {
    /// Nothing more starts; running sessions may finish.
    case drain
    /// Running sessions are ended politely.
    case terminate
    /// Running sessions are ended by force.
    case kill
}

/// The signals that take a shutdown one step further.
package enum ShutdownSignal: String, Hashable, Sendable, Word {
    /// SIGINT: Ctrl-C.
    case interrupt
    /// SIGTERM.
    case terminate
}

/// A shutdown went one step further.
package struct ShutdownAdvanced: Hashable, Sendable, Codable {
    /// The step that now holds.
    package var step: ShutdownStep
    /// The signal that began the shutdown.
    package var signal: ShutdownSignal
    /// Time of the next step if no signal comes before; `nil` for the last step.
    package var next: WallTime?
    /// Number of sessions that run now.
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
    /// The task concerned; `nil` for the run.
    package var task: String?
    /// The problem, where it is, and what to do.
    package var message: String

    /// Makes the fact.
    package init(task: String? = nil, message: String) {
        self.task = task
        self.message = message
    }
}

/// A leg of the run ended.
package struct RunEnded: Hashable, Sendable, Codable {
    /// The reason for the end.
    package var ending: Ending
    /// Number of tasks with each outcome; tasks with work left have none.
    package var outcomes: [String: Int]
    /// Number of tasks with work left.
    package var unfinished: Int

    /// Makes the fact; see the properties.
    package init(ending: Ending, outcomes: [String: Int], unfinished: Int) {
        self.ending = ending
        self.outcomes = outcomes
        self.unfinished = unfinished
    }
}

/// The reason why a leg ended.
package enum Ending: String, Hashable, Sendable, Word {
    /// Every task ended, or as many failed as may (`maxFailures`).
    case finished
    /// SIGINT.
    case interrupted
    /// SIGTERM.
    case terminated
    /// The login was refused, the store failed, or the run is stuck (a bug).
    case unable
}
