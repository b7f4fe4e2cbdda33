/// The complete state of a run, in parts that can be written and read in parallel.
///
/// A recovery that begins with a snapshot need not fold what was journalled before it.
package struct RunSnapshot: Sendable {
    /// State that belongs to no single task.
    package struct Head: Sendable, Codable {
        fileprivate struct Closed: Sendable, Codable {
            var fact: GateClosed
            var at: WallTime?
        }

        fileprivate struct Probe: Sendable, Codable {
            var account: String?
            var model: String?
            var session: SessionKey
        }

        fileprivate struct RateLimits: Sendable, Codable {
            var account: String?
            var inARow: Int
        }

        fileprivate struct Base: Sendable, Codable {
            var topLevel: String
            var commit: String
        }

        fileprivate struct BaseCheck: Sendable, Codable {
            var base: String
            var signature: String
        }

        fileprivate struct GroupLedger: Sendable, Codable {
            var group: String
            var ledger: Ledger
        }

        fileprivate var plan: RunPlan
        fileprivate var taskCount: Int
        fileprivate var running: [RunState.Running]
        fileprivate var gates: [Closed]
        fileprivate var probes: [Probe]
        fileprivate var readings: [LimitRead]
        fileprivate var concurrencyLimit: Int
        fileprivate var shutdown: ShutdownAdvanced?
        fileprivate var ending: Ending?
        fileprivate var legs: Int
        fileprivate var runner: RunState.Runner?
        fileprivate var bases: [Base]
        fileprivate var baseChecks: [BaseCheck]
        fileprivate var hooks: RunState.HookStanding
        fileprivate var absent: Tasks
        fileprivate var delayed: BinaryHeap<RunState.Delayed>
        fileprivate var slots: Slots
        fileprivate var ledger: Ledger
        fileprivate var groupLedgers: [GroupLedger]
        fileprivate var legClock: LegClock
        fileprivate var tokenBucket: TokenBucket?
        fileprivate var rateLimits: [RateLimits]
        fileprivate var scheduler: Scheduler.Memory
        fileprivate var steering: SteeringStanding
    }

    /// State that belongs to some of the tasks.
    package struct Part: Sendable, Codable {
        fileprivate var tasks: Tasks
        fileprivate var entries: Packed<Scheduler.Entry>
        fileprivate var estimates: Packed<Estimates.Task>
    }

    /// Tasks, with each distinct plan stored once.
    fileprivate struct Tasks: Sendable, Codable {
        private var plans: [TaskPlan] = []
        private var places: Packed<TaskPlace>
        private var states: Packed<TaskState>

        init(_ tasks: some Sequence<TaskState>) {
            var known: [TaskPlan: Int] = [:]
            places = Packed([])
            for task in tasks {
                var shared = task.plan
                shared.name = ""
                let plan = known[shared] ?? plans.count
                if plan == plans.count {
                    plans.append(shared)
                    known[shared] = plan
                }
                places.values.append(TaskPlace(name: task.plan.name, plan: plan))
            }
            states = Packed(Array(tasks))
        }

        /// The tasks; fewer if something is missing.
        var all: [TaskState] {
            zip(places.values, states.values).compactMap { place, state in
                guard plans.indices.contains(place.plan) else { return nil }
                var task = state
                task.plan = plans[place.plan]
                task.plan.name = place.name
                return task
            }
        }
    }

    /// Number of tasks in a part.
    private static let partSize = 512

    /// State that belongs to no single task.
    package var head: Head
    /// The tasks, in the plan's order.
    package var parts: [Part]

    /// Puts a snapshot together from its parts.
    package init(head: Head, parts: [Part]) {
        self.head = head
        self.parts = parts
    }

    /// Takes a snapshot.
    package init(of state: RunState) {
        head = Head(state)
        let (tasks, scheduler) = (state.tasks, state.scheduler)
        parts = stride(from: 0, to: tasks.count, by: Self.partSize).map { start in
            let range = start..<min(start + Self.partSize, tasks.count)
            return Part(
                tasks: Tasks(tasks[range]),
                entries: Packed(Array(scheduler.entries[range])),
                estimates: Packed(Array(scheduler.estimates.tasks[range]))
            )
        }
    }
}

extension RunSnapshot.Head {
    fileprivate init(_ state: RunState) {
        plan = state.plan
        taskCount = state.tasks.count
        // Each part has the plans of its tasks.
        plan.tasks = []
        running = state.running.sorted { $0.key < $1.key }.map(\.value)
        gates = state.gates.closed.sorted { $0.key < $1.key }.map {
            Closed(fact: $1, at: state.gates.times[$0])
        }
        probes = state.gates.probes.map {
            Probe(account: $0.account, model: $0.model, session: $1)
        }.sorted { $0.session < $1.session }
        readings = state.gates.readings.sorted { $0.key < $1.key }.map(\.value)
        concurrencyLimit = state.leg.concurrencyLimit
        shutdown = state.leg.shutdown
        ending = state.leg.ending
        legs = state.leg.number
        runner = state.leg.runner
        bases = state.bases.commits.sorted { $0.key < $1.key }.map {
            Base(topLevel: $0, commit: $1)
        }
        baseChecks = state.bases.checks.sorted { $0.key < $1.key }.map {
            BaseCheck(base: $0, signature: $1)
        }
        hooks = state.leg.hooks
        absent = RunSnapshot.Tasks(state.absent.sorted { $0.key < $1.key }.map(\.value))
        delayed = state.delayed
        slots = state.slots
        ledger = state.spending.ledger
        groupLedgers = state.spending.groups.sorted { $0.key < $1.key }.map {
            GroupLedger(group: $0, ledger: $1)
        }
        legClock = state.spending.clock
        tokenBucket = state.spending.bucket
        rateLimits = state.gates.rateLimitsInARow.sorted { ($0.key ?? "") < ($1.key ?? "") }.map {
            RateLimits(account: $0, inARow: $1)
        }
        scheduler = state.scheduler.memory
        steering = state.steering
    }
}

extension RunState {
    /// Restores the state that a snapshot was taken of.
    ///
    /// - Returns: `nil` if the parts don't fit together.
    package init?(_ snapshot: RunSnapshot) {
        self.init()
        let head = snapshot.head
        tasks = snapshot.parts.flatMap(\.tasks.all)
        plan = head.plan
        plan.tasks = tasks.map(\.plan)
        guard tasks.count == head.taskCount,
            let scheduler = Scheduler(
                plan: plan,
                entries: snapshot.parts.flatMap(\.entries.values),
                tasks: snapshot.parts.flatMap(\.estimates.values),
                memory: head.scheduler
            )
        else { return nil }
        self.scheduler = scheduler
        for session in head.running { running[session.start.key] = session }
        for gate in head.gates {
            gates.closed[gate.fact.key] = gate.fact
            gates.times[gate.fact.key] = gate.at
        }
        for probe in head.probes {
            gates.probes[AccountDomain(probe.account, probe.model)] = probe.session
        }
        for reading in head.readings { gates.readings[reading.gate] = reading }
        leg.concurrencyLimit = head.concurrencyLimit
        (leg.shutdown, leg.ending) = (head.shutdown, head.ending)
        (leg.number, leg.runner, leg.hooks) = (head.legs, head.runner, head.hooks)
        for base in head.bases { bases.commits[base.topLevel] = base.commit }
        for check in head.baseChecks { bases.checks[check.base] = check.signature }
        for task in head.absent.all { absent[task.plan.name] = task }
        (delayed, slots, steering) = (head.delayed, head.slots, head.steering)
        spending.ledger = head.ledger
        for group in head.groupLedgers { spending.groups[group.group] = group.ledger }
        (spending.clock, spending.bucket) = (head.legClock, head.tokenBucket)
        for limit in head.rateLimits { gates.rateLimitsInARow[limit.account] = limit.inARow }
        derive()
    }
}

/// A task's name, and the index of its plan among the shared plans.
private struct TaskPlace: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self(name: "", plan: 0))

    var name: String
    var plan: Int

    init(name: String, plan: Int) { (self.name, self.plan) = (name, plan) }

    func pack(into bytes: inout PackedBytes) {
        bytes.write(name)
        bytes.write(plan)
    }

    init(unpacking bytes: inout PackedBytes) throws {
        name = try bytes.read()
        plan = try bytes.read()
    }
}
