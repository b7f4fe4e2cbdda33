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
    /// The mark that identifies Quire's process, as `RunnerMark` writes it; `nil` in
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
    /// Number of checks that run now; `nil` for none.
    package var checks: Int?
    /// Number of hooks that run now; `nil` for none.
    package var hooks: Int?

    /// The sessions, checks and hooks that run now, in words.
    package var work: String {
        Self.work(sessions: running, checks: checks ?? 0, hooks: hooks ?? 0)
    }

    /// Returns sessions, checks and hooks that run, in words.
    static func work(sessions: Int, checks: Int, hooks: Int) -> String {
        let counts = [(sessions, "session"), (checks, "check"), (hooks, "hook")]
        let words = counts.filter { $0.0 > 0 }.map { Format.count($0.0, $0.1) }
        guard let last = words.last else { return Format.count(0, "session") }
        let others = words.dropLast().joined(separator: ", ")
        return others.isEmpty ? last : "\(others) and \(last)"
    }

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
    /// Every task ended, as many failed as may (`maxFailures`), or usage is out and the run is not to wait.
    case finished
    /// SIGINT.
    case interrupted
    /// SIGTERM.
    case terminated
    /// A person had the leg end with its sessions (`quire drain`).
    case drained
    /// The login was refused, the store failed, or the run is stuck (a bug).
    case unable
}
