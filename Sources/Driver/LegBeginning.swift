import Autonomous
import Dates
import Descendants
import Orchestration

/// The beginning of a leg: the tasks to open, and the facts known before anything starts.
struct LegBeginning {
    /// The findings on what earlier legs left, once it is ended.
    struct Findings: Sendable {
        var warnings: [Warned] = []
        /// The usage of sessions that an earlier leg left running when it died.
        var used: [SessionUsed] = []
        /// The number of processes that the kernel's out-of-memory killer has ended.
        var kills: Int64?
        /// The commits that the work trees around tasks with trees are at, by top level.
        var bases: [String: String] = [:]
    }

    let request: RunRequest
    let review: DirectoryReview
    /// The tasks whose directories the leg opens, in the plan's order.
    let names: [String]
    /// The tasks whose sessions nobody saw end, each with the number of entries that its list may have.
    private let interrupted: [String: Int?]
    private let leftWork: LeftWork?

    init(_ request: RunRequest, _ review: DirectoryReview, after state: RunState) {
        (self.request, self.review) = (request, review)
        let lost = state.running.keys.map { ($0.task, state.task($0.task)?.mostEntries) }
        interrupted = Dictionary(lost) { first, _ in first }
        names = state.tasksToOpen(
            plan: request.plan,
            retryFailed: request.retryFailed,
            reopening: Set(review.changed + review.anew)
        )
        leftWork = LeftWork(request, of: names, after: state)
    }

    /// Returns the tasks to open before the leg begins.
    ///
    /// These are the first to start, and those that begin anew, since the leg's first record names them.
    func first(in state: RunState) -> [String] {
        guard request.waitsForTasks else { return names }
        let first = state.tasksToOpenFirst(
            of: names,
            request.plan,
            retryFailed: request.retryFailed
        )
        return first + Set(review.anew).subtracting(first)
    }

    /// Returns the tasks to open once the leg has begun.
    func later(without first: [String]) -> [String] {
        request.plan.tasksByPriority(of: names, without: first)
    }

    /// The opener of the leg's directories.
    var opening: TaskOpening {
        TaskOpening(
            workspace: request.workspace,
            owner: request.owner,
            work: request.work,
            missingPrompts: review.prompts,
            anew: Set(review.anew),
            redone: request.redo,
            interrupted: interrupted,
            artifacts: ArtifactKeeper(request),
            leftWork: leftWork,
            stamp: LocalTime.compactStamp(SystemClock.wall)
        )
    }

    /// Returns the first events of the leg.
    func events(_ findings: Findings) -> [Event] {
        let warnings = request.warnings.map { Event.warned(Warned(task: nil, message: $0)) }
        return [.runBegan(began(findings))] + warnings
            + review.leftOut.facts.map(Event.taskInspected)
    }

    private func began(_ findings: Findings) -> RunBegan {
        let changed = review.changed + review.leftOut.reopened
        return RunBegan(
            run: request.run,
            name: request.name,
            pid: TaskOpening.ownPID,
            quireVersion: request.version,
            plan: request.plan,
            retryFailed: request.retryFailed,
            part: request.part,
            changed: changed.isEmpty ? nil : changed,
            anew: review.anew.isEmpty ? nil : review.anew,
            workspace: request.workspace.root,
            runner: RunnerMark.own.text,
            bases: findings.bases.isEmpty ? nil : findings.bases
        )
    }
}
