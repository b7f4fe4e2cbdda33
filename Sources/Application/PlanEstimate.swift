package import Manifest
import Orchestration
import Reporting
import Simulation

/// An estimate of the sessions, tokens, cost and time of a manifest, from several simulated runs.
package struct PlanEstimate: Encodable {
    /// The median of the draws, with the 10th and the 90th percentile.
    struct Range: Encodable {
        var about: Double
        var low: Double
        var high: Double

        init(_ values: [Double]) {
            let values = values.sorted()
            func value(_ part: Double) -> Double {
                let place = part * Double(values.count - 1)
                let (below, above) = (Int(place), min(Int(place) + 1, values.count - 1))
                return values[below] + (values[above] - values[below]) * (place - Double(below))
            }
            (about, low, high) = (value(0.5), value(0.1), value(0.9))
        }
    }

    /// The number of tasks to draw in all; each is drawn at most 50 times.
    ///
    /// Draws of many tasks hardly differ, and take long.
    private static let work = 10_000

    /// The number of tasks that would run.
    let tasks: Int
    /// The number of tasks that are complete already, and not estimated.
    let completeTasks: Int
    let draws: Int
    let sessions: Range
    let tokens: Range
    /// The cost; `nil` without prices.
    let cost: Range?
    let seconds: Range
    /// The numbers of tasks behind each source of the estimate.
    let basis: ManifestModel.Basis
    /// Warnings of budgets that are smaller than the estimate.
    package private(set) var warnings: [String] = []

    /// Estimates a manifest's tasks; `complete` is the number of tasks that are complete already.
    ///
    /// - Returns: `nil` if the manifest has no tasks.
    package init?(_ manifest: Manifest, _ history: ManifestHistory, complete: Int) {
        guard !manifest.tasks.isEmpty else { return nil }
        let model = ManifestModel(manifest, history)
        let plan = model.plan.withoutBudgets
        tasks = manifest.tasks.count
        completeTasks = complete
        draws = max(1, min(50, Self.work / tasks))
        var (sessions, tokens, cost, seconds) = ([Double](), [Double](), [Double](), [Double]())
        var needs = Array(repeating: Needs(), count: tasks)
        for seed in 1...draws {
            let workload = model.workload(seed: seed)
            var batch = Batch(workload, plan: plan)
            batch.run()
            let totals = batch.totals
            sessions.append(Double(totals.sessions))
            tokens.append(totals.tokens)
            seconds.append(totals.seconds)
            if let price = totals.cost { cost.append(price) }
            for task in workload.tasks { needs[task.id].add(task, plan.prices, draws) }
        }
        self.sessions = Range(sessions)
        self.tokens = Range(tokens)
        self.seconds = Range(seconds)
        self.cost = cost.isEmpty ? nil : Range(cost)
        basis = model.basis
        warnings = budgetWarnings(model.plan, needs)
    }

    /// The lines for people.
    package var lines: [String] {
        func line(_ name: String, _ range: Range, _ text: (Double) -> String) -> String {
            "  \(name) about \(text(range.about))"
                + (draws > 1 ? " (\(text(range.low)) to \(text(range.high)))" : "")
        }
        var lines = [
            "what \(Format.count(tasks, "task")) would take"
                + (completeTasks > 0
                    ? " (\(completeTasks) more \(Format.word(for: completeTasks, "is", "are")) complete)"
                    : "")
                + (draws > 1
                    ? ", in \(Format.count(draws, "simulation")) (10th to 90th percentile):"
                    : ", in one simulation:")
        ]
        if let cost { lines.append(line("cost    ", cost, Format.money)) }
        lines += [
            line("time    ", seconds) { Format.duration(Duration(inSeconds: $0)) },
            line("sessions", sessions) { "\(Int(clamping: $0.rounded()))" },
            line("tokens  ", tokens) { Format.tokens(Int64(clamping: $0)) },
        ]
        return lines + ["sessions: \(sizeBasis)", "tokens: \(tokenBasis)"]
    }

    private var sizeBasis: String {
        Self.list([
            (basis.earlierRuns, "from their own in earlier runs"),
            (basis.sizeHints, "from size hints"),
            (basis.otherTasks, "from those of other tasks"),
            (basis.guesses, "a guess (\(Int(ManifestModel.usualSize)) each)"),
        ])
    }

    private var tokenBasis: String {
        let usual = Format.tokens(RunState.usualUsage.total)
        return Self.list([
            (basis.tokensOfTask, "from their own earlier sessions"),
            (basis.tokensOfGroup, "from those of their group"),
            (basis.tokensOfRun, "from those of other tasks"),
            (basis.tokenGuesses, "a guess (\(usual) a session)"),
        ])
    }

    private static func list(_ parts: [(Int, String)]) -> String {
        parts.filter { $0.0 > 0 }.map { "of \(Format.count($0, "task")) \($1)" }
            .joined(separator: ", ")
    }
}

// Comparison of budgets with the estimate.
extension PlanEstimate {
    /// Mean needs of a task, a group or the run.
    private struct Needs {
        var tokens = 0.0
        var cost = 0.0
        var seconds = 0.0

        mutating func add(_ task: Workload.Task, _ prices: Prices?, _ draws: Int) {
            let sessions = task.sessions.prefix(task.completesAfter ?? task.sessions.count)
            let sum = sessions.reduce(0) { $0 + $1.tokens }
            tokens += sum / Double(draws)
            seconds += sessions.reduce(0) { $0 + $1.seconds } / Double(draws)
            cost += (prices?.cost(of: task.usage(of: sum)) ?? 0) / Double(draws)
        }

        static func + (left: Needs, right: Needs) -> Needs {
            Needs(
                tokens: left.tokens + right.tokens,
                cost: left.cost + right.cost,
                seconds: left.seconds + right.seconds
            )
        }

        /// Returns the limits of a budget that the needs exceed, in words.
        func exceeds(_ budget: Budget) -> [String] {
            var words: [String] = []
            if let limit = budget.tokens, tokens > Double(limit) {
                words.append(
                    "\(Format.tokenCount(limit)) for about \(Format.tokens(Int64(clamping: tokens)))"
                )
            }
            if let limit = budget.cost, cost > limit {
                words.append("a cost of \(Format.money(limit)) for about \(Format.money(cost))")
            }
            if let limit = budget.wall, seconds > limit.inSeconds {
                words.append(
                    "\(Format.duration(limit)) for about \(Format.duration(Duration(inSeconds: seconds)))"
                )
            }
            return words
        }
    }

    private func budgetWarnings(_ plan: RunPlan, _ needs: [Needs]) -> [String] {
        var warnings: [String] = []
        func warn(_ name: String, _ words: [String]) {
            guard !words.isEmpty else { return }
            warnings.append(
                "\(name) is smaller than the estimate: \(words.joined(separator: ", "))"
            )
        }
        if let budget = plan.budget {
            let all = Needs(tokens: tokens.about, cost: cost?.about ?? 0, seconds: seconds.about)
            warn("the run's budget", all.exceeds(budget.limits))
        }
        for group in plan.groups {
            guard let budget = group.budget else { continue }
            let members = zip(plan.tasks, needs).filter { $0.0.group == group.name }
            let sum = members.reduce(Needs()) { $0 + $1.1 }
            warn("the budget of group \"\(group.name)\"", sum.exceeds(budget))
        }
        let small = zip(plan.tasks, needs).filter { task, needs in
            task.budget.map { !needs.exceeds($0).isEmpty } ?? false
        }
        if let (task, needs) = small.first, let budget = task.budget {
            let more = small.count > 1 ? " (and of \(small.count - 1) more)" : ""
            warn("the budget of task \"\(task.name)\"\(more)", needs.exceeds(budget))
        }
        return warnings
    }
}

extension RunPlan {
    /// The same plan without any budget.
    fileprivate var withoutBudgets: RunPlan {
        var plan = self
        plan.budget = nil
        for group in plan.groups.indices { plan.groups[group].budget = nil }
        for task in plan.tasks.indices {
            (plan.tasks[task].budget, plan.tasks[task].sessionBudget) = (nil, nil)
        }
        return plan
    }
}
