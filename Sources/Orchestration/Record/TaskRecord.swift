/// Record of a task over all legs of its run: a fold of its facts, and a row of the table `task`.
@dynamicMemberLookup
package struct TaskRecord: Hashable, Sendable {
    /// Sums over the sessions that ended.
    package struct Sums: Hashable, Sendable {
        /// Sessions charged against `max_sessions`.
        package var charged = 0
        /// Sessions charged against `retries`.
        package var retries = 0
        /// Tokens of all sessions.
        package var tokens: Int64 = 0
        /// Seconds of all sessions.
        package var seconds = 0.0
    }

    /// The part of the newest leg's plan of the task that views show.
    package struct Planned: Hashable, Sendable {
        /// The group; `nil` for none.
        package var group: String?
        /// The account; `nil` for the usual one.
        package var account: String?
        /// The names of the tasks that must be complete before.
        package var needs: [String] = []

        /// Makes the part of a task without group, account and needs.
        package init() {}

        /// Makes the part of a plan.
        package init(_ plan: TaskPlan) {
            (group, account, needs) = (plan.group, plan.account, plan.needs)
        }
    }

    /// Data of the newest session.
    package struct Newest: Hashable, Sendable {
        /// The time at which a session last began, got its thread or ended.
        package var active: WallTime?
        /// The model by the task's ladder; `nil` for a task without one.
        package var model: String?
    }

    /// The task's name.
    package var name: String
    /// The plan, as far as the record knows it.
    package var planned = Planned()
    /// True if the newest leg does not select the task.
    package var isLeftOut = false
    /// The outcome; `nil` while the task has work left.
    package var outcome: Outcome?
    /// The reason for the outcome.
    package var reason: String?
    /// The last progress that was read from an intact checklist.
    package var progress: Progress?
    /// Stamp of the checklist's file that `progress` is from: see `TaskInspected.listFile`; `nil`
    /// without proof.
    package var stamp: String?
    /// The number of sessions so far.
    package var sessions = 0
    /// The number of the session that runs; `nil` for none.
    package var running: Int?
    /// The newest thread.
    package var thread: String?
    /// The sums over the sessions that ended.
    package var sums = Sums()
    /// The work as the newest checkpoint found it; `nil` before the first.
    package var work: CheckpointedWork?
    /// The newest session's data.
    package var newest = Newest()
    /// The sessions in the order in which they began, as far as the record keeps them: see
    /// `RunRecord.keepsHistory`.
    package var history: [SessionRecord] = []

    /// Makes the record of a task without facts.
    package init(name: String, group: String? = nil, isLeftOut: Bool = false) {
        self.name = name
        self.isLeftOut = isLeftOut
        planned.group = group
    }

    /// The task's group; `nil` for none.
    package var group: String? { planned.group }

    /// One of the sums.
    package subscript<Value>(dynamicMember sum: WritableKeyPath<Sums, Value>) -> Value {
        get { sums[keyPath: sum] }
        set { sums[keyPath: sum] = newValue }
    }

    /// A part of the newest session's data.
    package subscript<Value>(dynamicMember part: WritableKeyPath<Newest, Value?>) -> Value? {
        get { newest[keyPath: part] }
        set { newest[keyPath: part] = newValue }
    }

    /// True while the newest leg has work to do on the task.
    package var isOpen: Bool { outcome == nil && !isLeftOut }

    /// Folds in a fact of this task, without its `history`; facts that change no record of a task
    /// leave it as it is.
    package mutating func apply(_ fact: RunEvent, at time: WallTime) {
        switch fact {
        case .taskReopened(let fact):
            (outcome, reason) = (nil, nil)
            if fact.beginsAnew == true { (progress, stamp, work) = (nil, nil, nil) }
        case .taskInspected(let fact):
            progress = fact.checklist.progress
            stamp = progress == nil ? nil : fact.listFile
            thread = fact.thread
        case .sessionStarted(let fact):
            (sessions, running) = (fact.session, fact.session)
            newest.model = fact.model
            newest.active = time
        case .threadStarted(let fact):
            thread = fact.thread
            newest.active = time
        case .checkpointMade(let fact): work = fact.work
        case .checkEnded(let fact) where fact.isOfBase != true:
            progress = fact.progress ?? progress
            stamp = fact.progress == nil ? nil : fact.listFile
        case .sessionEnded(let fact): end(fact, at: time)
        case .taskEnded(let fact):
            (outcome, reason) = (fact.outcome, fact.reason)
            // The next leg goes by it, too: see `DirectoryReview`.
            stamp = fact.listFile ?? stamp
        case .steered(let fact): isLeftOut = fact.action == .skip
        default: break
        }
    }

    private mutating func end(_ fact: SessionEnded, at time: WallTime) {
        running = nil
        newest.active = time
        progress = fact.progress ?? progress
        // Without progress, the known progress is older than the list.
        stamp = fact.progress == nil ? nil : fact.listFile
        sums.charged += fact.charge == .session ? 1 : 0
        sums.retries += fact.charge == .retry ? 1 : 0
        sums.tokens = sums.tokens.addingClamped(fact.usage?.total ?? 0)
        sums.seconds += fact.seconds
    }
}

extension RunEvent {
    /// The tasks that a person's change leaves out of the leg, or takes into it again.
    package var steeredTasks: [String] {
        guard case .steered(let fact) = self, [.skip, .retry].contains(fact.action) else {
            return []
        }
        return fact.tasks ?? []
    }

    /// The task of a fact that changes a task's record; `nil` for other facts.
    package var recordedTask: String? {
        switch self {
        case .taskReopened(let fact): fact.task
        case .taskInspected(let fact): fact.task
        case .sessionStarted(let fact): fact.task
        case .threadStarted(let fact): fact.task
        case .checkpointMade(let fact): fact.task
        case .checkEnded(let fact): fact.task
        case .sessionEnded(let fact): fact.task
        case .taskEnded(let fact): fact.task
        case .runBegan, .sessionSpawned, .sessionUsed, .sessionSignalled, .checkBegan, .hookBegan,
            .hookEnded, .gateClosed, .gateOpened, .limitRead, .concurrencyChanged,
            .shutdownAdvanced, .steered,
            .warned, .runEnded:
            nil
        }
    }
}
