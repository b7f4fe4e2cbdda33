import Autonomous
import EventLoop
import FileAccess
import Orchestration

/// The checks of a leg, from their beginning until their ends are reported for a decision.
final class Checks {
    private let runner: any CheckRunner
    private let loop: any DriverLoop
    private let tasks: TaskDirectories
    private let disk: DiskTroubles
    private let inbox: Inbox
    /// The tasks whose lists are inspected before their checks, but for those whose checks are to end.
    private var preparing: Set<String> = []
    /// The tasks whose checks must end now, even if writes to the disk are pending.
    private var killed: Set<String> = []

    init(_ outside: Outside, tasks: TaskDirectories, disk: DiskTroubles, inbox: Inbox) {
        (runner, loop) = (outside.checks, outside.loop)
        (self.tasks, self.disk, self.inbox) = (tasks, disk, inbox)
    }

    /// Notes a fact: who works where checks run, and where a task worked last.
    func note(_ fact: RunEvent) { runner.note(fact) }

    /// Runs the check of a task's work, unless a person has left nothing to be checked, and reports its end.
    func start(_ check: CheckBegan, on occasion: CheckPlan.Occasion) {
        guard tasks.task(check.task) != nil else { return run(check) }
        preparing.insert(check.task)
        inspect(check, on: occasion)
    }

    /// Inspects the list, as its check may have waited for others; as long as the disk refuses to keep it,
    /// it is tried again.
    private func inspect(_ check: CheckBegan, on occasion: CheckPlan.Occasion) {
        guard let task = tasks.task(check.task) else {
            return goOn(with: check, nil)
        }
        let (directory, look) = (task.directory, task.look)
        let place = "\(directory.path): the checklist"
        loop.perform {
            directory.inspectBeforeCheck(after: look, on: occasion)
        } then: { [unowned self] claim in
            if let error = claim.look.unkept, error.isOfTheDisk, preparing.contains(check.task),
                disk.note(
                    place,
                    "\(error)",
                    retry: { [unowned self] in inspect(check, on: occasion) }
                )
            {
                return
            }
            disk.settle(place)
            goOn(with: check, claim)
        }
    }

    private func goOn(with check: CheckBegan, _ claim: TaskDirectory.Claim?) {
        let isToEnd = preparing.remove(check.task) == nil
        if let news = claim?.news {
            let words = "its list was changed while it waited for its check: \(news)"
            inbox.add(.warned(task: check.task, words))
        }
        let list = claim.flatMap { tasks.note($0.look, of: check.task) }
        let result: CheckResult
        if isToEnd {
            result = .stopped
        } else if claim?.look.unkept != nil {
            // A person's change would be undone after the check.
            result = .couldNotRun
        } else if claim?.isOne == false {
            result = .withdrawn
        } else {
            return run(check)
        }
        var ended = CheckEnded(task: check.task, session: check.session, result)
        ended.message = claim?.look.unkept.map { "was not begun, as the list can't be kept: \($0)" }
        (ended.progress, ended.listFile) = (claim?.look.state.progress, claim?.look.listFile)
        report(ended, claim?.look.state ?? .missing, list: list, nil)
    }

    private func run(_ check: CheckBegan) {
        runner.run(check) { [unowned self] ended, events in
            inbox.add(events)
            settleList(ended)
        }
    }

    /// Ends a task's check politely.
    func terminate(_ task: String) {
        if preparing.remove(task) == nil { runner.terminate(task) }
    }

    /// Ends a task's check by force, and stops waiting for the disk.
    func kill(_ task: String) {
        killed.insert(task)
        if preparing.remove(task) == nil { runner.kill(task) }
    }

    /// Takes back the ticks that the check was about, if it failed, and puts back what it changed in the
    /// list; as long as the disk refuses it, it is tried again.
    private func settleList(_ ended: CheckEnded) {
        guard let directory = tasks.task(ended.task)?.directory else {
            return report(ended, .missing, list: nil, nil)
        }
        let result = ended.result
        let place = "\(directory.path): the checklist"
        loop.perform {
            switch result {
            case .passed: directory.confirmTicks()
            case .failed, .timedOut: directory.takeBackTicks()
            case .couldNotRun, .stopped, .withdrawn: directory.restoreAfterCheck()
            }
        } then: { [unowned self] look in
            if let error = look.unkept, error.isOfTheDisk, !killed.contains(ended.task),
                disk.note(place, "\(error)", retry: { [unowned self] in settleList(ended) })
            {
                return
            }
            disk.settle(place)
            conclude(ended, look)
        }
    }

    private func conclude(_ ended: CheckEnded, _ look: ChecklistLook) {
        var ended = ended
        (ended.progress, ended.listFile) = (look.state.progress, look.listFile)
        if let incident = look.incident {
            let words =
                "its list was changed while its check ran: \(incident.words); it was put back"
            inbox.add(.warned(task: ended.task, words))
        }
        if let error = look.unkept {
            // Nothing counts that can't be kept: the check runs again.
            let result = ended.result == .passed ? "passed" : "did not pass"
            ended.message = "\(result), but the list can't be kept: \(error)"
            ended.result = killed.contains(ended.task) ? .stopped : .couldNotRun
        }
        let list = tasks.note(look, of: ended.task)
        guard ended.result == .passed else { return report(ended, look.state, list: list, nil) }
        tasks.keepArtifacts(of: ended.task, look, isChecked: true) {
            [unowned self] kept, warnings in
            inbox.add(warnings.map { .warned(task: ended.task, $0) })
            report(ended, look.state, list: list, kept)
        }
    }

    private func report(
        _ ended: CheckEnded,
        _ checklist: ChecklistState,
        list: String?,
        _ artifacts: Artifacts?
    ) {
        killed.remove(ended.task)
        inbox.add(.checkEnded(ended, checklist, list: list, artifacts))
    }
}
