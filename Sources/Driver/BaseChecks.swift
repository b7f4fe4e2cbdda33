import Orchestration
import Trees

/// The maker of trees that checks each base once, before the first session on it.
///
/// The check runs in the first tree that begins from the base, once that is set up; other tasks of the same
/// base and command wait for it. Bases are checked one at a time.
final class BaseChecks: TreeMaker {
    private let request: RunRequest
    private let commands: UserCommands
    private let trees: any TreeMaker
    private let checked: CheckedTrees
    private var report: (Event) -> Void = { _ in }
    /// The bases that were checked.
    private var known: Set<String> = []
    /// The sessions whose trees are being made, but for those that were asked to end meanwhile.
    private var preparing: Set<SessionKey> = []
    /// The session whose check of a base runs, and whether that was ended; `nil` if none runs.
    private var running: (key: SessionKey, isStopped: Bool)?
    /// The sessions that wait for the running check, with what begins theirs, and what goes on without it.
    private var waiting: [(key: SessionKey, check: () -> Void, leave: () -> Void)] = []

    init(
        _ request: RunRequest,
        _ commands: UserCommands,
        _ trees: any TreeMaker,
        _ checked: CheckedTrees
    ) {
        (self.request, self.commands) = (request, commands)
        (self.trees, self.checked) = (trees, checked)
    }

    func observe(_ report: @escaping (Event) -> Void) { self.report = report }
    func learn(checked: some Sequence<String>) { known.formUnion(checked) }
    func learn(bases: [String: String]) { trees.learn(bases: bases) }

    func prepare(
        _ start: SessionStarted,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        preparing.insert(start.key)
        trees.prepare(start) { [self] result in
            let isToEnd = preparing.remove(start.key) == nil
            guard !isToEnd, case .success(let tree?) = result, start.role == .initializer,
                let check = request.work[start.task]?.check, let base = check.base(of: tree),
                !known.contains(base)
            else { return then(result) }
            run(check, for: start, in: tree, base) { then(result) }
        }
    }

    func isChecking(_ key: SessionKey) -> Bool {
        running?.key == key || waiting.contains { $0.key == key }
    }

    func abandon(_ key: SessionKey) { trees.abandon(key) }

    func commit(_ key: SessionKey, _ end: SessionEnd, then: @escaping ([Event]) -> Void) {
        trees.commit(key, end, then: then)
    }

    func terminate(_ key: SessionKey) {
        preparing.remove(key)
        if leaveQueue(key) { return }
        if stop(key) { _ = commands.terminate(key) } else { trees.terminate(key) }
    }

    func giveUp(_ key: SessionKey) {
        preparing.remove(key)
        if stop(key) { commands.kill(key) }
        _ = leaveQueue(key)
        trees.giveUp(key)
    }

    /// Notes that a session's check of a base is ended; returns false if none runs.
    private func stop(_ key: SessionKey) -> Bool {
        guard running?.key == key else { return false }
        running?.isStopped = true
        return true
    }

    /// Lets a session go on without the check that it waits for; returns false if it waits for none.
    private func leaveQueue(_ key: SessionKey) -> Bool {
        guard let place = waiting.firstIndex(where: { $0.key == key }) else { return false }
        waiting.remove(at: place).leave()
        return true
    }

    private func run(
        _ check: CheckCommand,
        for start: SessionStarted,
        in tree: TaskTree,
        _ base: String,
        then: @escaping () -> Void
    ) {
        guard running == nil else {
            return waiting.append(
                (start.key, { [self] in run(check, for: start, in: tree, base, then: then) }, then)
            )
        }
        guard !known.contains(base) else { return then() }
        running = (start.key, false)
        var ended = CheckEnded(task: start.task, session: 0, .couldNotRun)
        (ended.base, ended.isOfBase) = (base, true)
        checked.note(start.task, tree) { [self, ended] putBack in
            guard running?.isStopped == false else { return goOn(then) }
            commands.run(
                check,
                for: start,
                in: tree.directory,
                of: tree.record.path,
                ended,
                isStopped: { [self] in running?.isStopped ?? false }
            ) { [self] ended, warnings in
                putBack { [self] events in
                    if ended.result != .stopped { known.insert(base) }
                    (warnings + events).forEach(report)
                    report(.checkEnded(ended, .missing, list: nil, nil))
                    goOn(then)
                }
            }
        }
    }

    /// Lets the session begin, and the checks of other bases.
    private func goOn(_ then: () -> Void) {
        running = nil
        let next = waiting
        waiting = []
        then()
        next.forEach { $0.check() }
    }
}
