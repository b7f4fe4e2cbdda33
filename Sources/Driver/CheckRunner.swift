import EventLoop
import Orchestration
import Trees

/// The runner of the commands that check tasks' work.
protocol CheckRunner: AnyObject {
    /// Runs the check of a task's work; `then` gets its end, without the list, and other events, once
    /// nothing of what it started lives.
    func run(_ check: CheckBegan, then: @escaping (CheckEnded, [Event]) -> Void)
    /// Ends a task's check politely, and by force after the grace.
    func terminate(_ task: String)
    /// Ends a task's check by force.
    func kill(_ task: String)
    /// Notes a fact of the leg: sessions work where checks run.
    func note(_ fact: RunEvent)
}

/// The checks of a leg as processes, each in the tree or the directory of its task.
final class ProcessChecks: CheckRunner {
    private let loop: Loop
    private let request: RunRequest
    private let commands: UserCommands
    private let trees: any TreeMaker
    private let checked: CheckedTrees
    /// The sessions whose labels the running checks carry, by task; true for those that are to end.
    private var running: [String: (key: SessionKey, isToEnd: Bool)] = [:]
    private var sessions: SessionsAtWork

    init(
        _ loop: Loop,
        _ request: RunRequest,
        _ commands: UserCommands,
        _ trees: any TreeMaker,
        _ checked: CheckedTrees
    ) {
        (self.loop, self.request) = (loop, request)
        (self.commands, self.trees, self.checked) = (commands, trees, checked)
        sessions = SessionsAtWork(request.work)
    }

    func note(_ fact: RunEvent) { sessions.note(fact) }

    func run(_ check: CheckBegan, then: @escaping (CheckEnded, [Event]) -> Void) {
        let start = SessionStarted(
            task: check.task,
            session: max(1, check.session),
            // Where the work was done, for a launcher.
            slot: sessions.slot(of: check.task),
            role: .executor
        )
        running[check.task] = (start.key, false)
        var ended = CheckEnded(task: check.task, session: check.session, .couldNotRun)
        guard let work = request.work[check.task], let command = work.check else {
            running[check.task] = nil
            ended.message = "is not in the manifest [this is a bug]"
            return then(ended, [])
        }
        let began = loop.now
        sessions.watch(check.task)
        findPlace(start, work) { [self] found in
            switch found {
            case .failure(let trouble):
                let isToEnd = running.removeValue(forKey: check.task)?.isToEnd ?? false
                ended.result = isToEnd ? .stopped : .couldNotRun
                ended.message = "has no directory: \(trouble)"
                _ = sessions.endWatch(check.task)
                then(ended, [])
            case .success(let tree):
                ended.base = tree.flatMap { command.base(of: $0) }
                let directory = tree?.directory ?? work.directory
                run(command, start, in: directory, of: tree, ended) { [self] in
                    var (ended, events) = ($0, $1)
                    ended.seconds = (loop.now - began).inSeconds
                    ended.note(others: sessions.endWatch(check.task))
                    events += tree?.earlier?.events(of: start.key) ?? []
                    running[check.task] = nil
                    then(
                        ended,
                        (tree?.warnings ?? []).map { .warned(task: check.task, $0) } + events
                    )
                }
            }
        }
    }

    func terminate(_ task: String) {
        guard let key = running[task]?.key else { return }
        running[task]?.isToEnd = true
        if !commands.terminate(key) { trees.terminate(key) }
    }

    func kill(_ task: String) {
        guard let key = running[task]?.key else { return }
        running[task]?.isToEnd = true
        commands.kill(key)
        trees.giveUp(key)
    }

    /// Takes the task's tree up; without one nothing is touched.
    private func findPlace(
        _ start: SessionStarted,
        _ work: TaskWork,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        guard work.tree != nil else { return then(.success(nil)) }
        trees.prepare(start, then: then)
    }

    /// Runs a check in a task's tree, if it has one, and puts back what it wrote there.
    private func run(
        _ check: CheckCommand,
        _ start: SessionStarted,
        in directory: String,
        of tree: TaskTree?,
        _ ended: CheckEnded,
        then: @escaping (CheckEnded, [Event]) -> Void
    ) {
        checked.note(start.task, tree) { [self] putBack in
            run(check, start, in: directory, tree: tree?.record.path, ended) { ended, events in
                putBack { then(ended, events + $0) }
            }
        }
    }

    private func run(
        _ check: CheckCommand,
        _ start: SessionStarted,
        in directory: String,
        tree: String?,
        _ ended: CheckEnded,
        then: @escaping (CheckEnded, [Event]) -> Void
    ) {
        guard running[start.task]?.isToEnd == false else {
            var ended = ended
            ended.result = .stopped
            return then(ended, [])
        }
        commands.run(
            check,
            for: start,
            in: directory,
            of: tree,
            ended,
            isStopped: { [self] in running[start.task]?.isToEnd ?? false },
            then: then
        )
    }
}

extension Event {
    /// A warning about a task.
    static func warned(task: String, _ message: String) -> Event {
        .warned(Warned(task: task, message: message))
    }
}

extension CheckCommand {
    /// The commit that a tree began from and a fingerprint of the command; `nil` if bases are not checked.
    func base(of tree: TaskTree) -> String? {
        checksBase ? "\(tree.record.base) \(fingerprint)" : nil
    }
}

extension UserCommands {
    /// Runs a check in a directory of the task's work, which is in this tree, if it has one; `then` gets the
    /// fact of its end, completed, and what there is to report beside it.
    func run(
        _ check: CheckCommand,
        for start: SessionStarted,
        in directory: String,
        of tree: String?,
        _ ended: CheckEnded,
        isStopped: @escaping () -> Bool,
        then: @escaping (CheckEnded, [Event]) -> Void
    ) {
        var ended = ended
        do {
            let log = Log.check.path(of: try task(start.task))
            try run(
                check.command,
                for: start,
                in: check.directory.map { directory + "/" + $0 } ?? directory,
                adding: check.environment,
                log: .check
            ) { end, warnings in
                ended.note(end, of: check.command, in: tree, log: log, isStopped: isStopped())
                then(ended, warnings.map { .warned(task: start.task, $0) })
            }
        } catch {
            ended.message = "could not be started: \(error)"
            then(ended, [])
        }
    }
}

extension CheckEnded {
    /// Notes the end of a check's process, whose log is at a path.
    ///
    /// Paths in its output are told from the task's tree, if it has one.
    mutating func note(
        _ end: CommandEnd,
        of command: UserCommand,
        in tree: String? = nil,
        log: String,
        isStopped: Bool
    ) {
        let termination = Termination(end.said.termination)
        self.termination = termination
        result = CheckResult(termination, isLate: end.said.isLate, isStopped: isStopped)
        if end.notRun != nil, result != .stopped { result = .couldNotRun }
        guard result != .passed else { return }
        message = end.trouble(command, setting: "verify: timeout", log: log)
        output = end.safeOutput(in: tree)
    }

    /// Notes the tasks that worked in the same directory while the check ran, and may be what it found.
    mutating func note(others: [String]) {
        guard result.takesTicksBack, let message, !others.isEmpty else { return }
        self.message =
            "\(message); meanwhile \(Format.names(others)) worked in the same directory"
    }
}
