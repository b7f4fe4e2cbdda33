// The newest leg, and what replaces its plan.
extension RunState {
    /// The Quire process that carries a leg out.
    package struct Runner: Hashable, Sendable, Codable {
        /// The mark of the process, as in `RunBegan`.
        package var mark: String
        /// The beginning of the leg.
        package var since: WallTime
    }

    /// The state of the newest leg.
    package struct Leg: Sendable {
        /// Number of legs so far.
        package internal(set) var number = 0
        /// The Quire process; `nil` if the journal does not tell.
        package internal(set) var runner: Runner?
        /// The current limit of sessions at once.
        package internal(set) var concurrencyLimit = RunPlan().concurrency
        /// The step that the shutdown has reached; `nil` without a shutdown.
        package internal(set) var shutdown: ShutdownAdvanced?
        /// The ending; `nil` while the leg runs, and after a crash.
        package internal(set) var ending: Ending?
        /// The hooks that are due or run, those of earlier legs included.
        package internal(set) var hooks = HookStanding()
        /// The changes that people made while the run ran.
        package internal(set) var steering = SteeringStanding()

        init() {}

        init(after last: Leg, _ fact: RunBegan, at time: WallTime) {
            (number, hooks, steering) = (last.number + 1, last.hooks, last.steering)
            steering.beginLeg()
            runner = fact.runner.map { Runner(mark: $0, since: time) }
            concurrencyLimit = fact.plan.concurrency
        }
    }

    /// The rule and the settings of the next leg's scheduler, for comparisons.
    package struct Comparison: Sendable {
        /// The rule; `nil` for the plan's.
        package var rule: (any SchedulingRule)?
        let settings: Scheduler.Settings
    }
}
