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
    private var report: (Event) -> Void = { _ in }
    /// The bases that were checked.
    private var known: Set<String> = []
    /// The sessions whose checks of a base were ended.
    private var stopped: Set<SessionKey> = []
    /// The checks that wait for the running one; `nil` if none runs.
    private var waiting: [() -> Void]?

    init(_ request: RunRequest, _ commands: UserCommands, _ trees: any TreeMaker) {
        (self.request, self.commands, self.trees) = (request, commands, trees)
    }

    func observe(_ report: @escaping (Event) -> Void) { self.report = report }
    func learn(checked: some Sequence<String>) { known.formUnion(checked) }
    func learn(bases: [String: String]) { trees.learn(bases: bases) }

    func prepare(
        _ start: SessionStarted,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        trees.prepare(start) { [self] result in
            guard case .success(let tree?) = result, start.role == .initializer,
                let check = request.work[start.task]?.check, let base = check.base(of: tree),
                !known.contains(base)
            else { return then(result) }
            run(check, for: start, in: tree, base) { then(result) }
        }
    }

    func abandon(_ key: SessionKey) { trees.abandon(key) }

    func commit(_ key: SessionKey, _ end: SessionEnd, then: @escaping ([Event]) -> Void) {
        trees.commit(key, end, then: then)
    }

    func terminate(_ key: SessionKey) {
        if commands.terminate(key) { stopped.insert(key) } else { trees.terminate(key) }
    }

    func giveUp(_ key: SessionKey) {
        commands.kill(key)
        trees.giveUp(key)
    }

    private func run(
        _ check: CheckCommand,
        for start: SessionStarted,
        in tree: TaskTree,
        _ base: String,
        then: @escaping () -> Void
    ) {
        guard waiting == nil else {
            waiting?.append { [self] in run(check, for: start, in: tree, base, then: then) }
            return
        }
        guard !known.contains(base) else { return then() }
        waiting = []
        commands.run(check, for: start, in: tree.directory) { [self] result, warnings in
            var ended = CheckEnded(task: start.task, session: 0, .couldNotRun)
            (ended.base, ended.isOfBase) = (base, true)
            switch result {
            case .success(let end):
                let log = (try? commands.task(start.task)).map(UserCommands.Log.check.path) ?? ""
                ended.note(
                    end,
                    of: check.command,
                    log: log,
                    isStopped: stopped.remove(start.key) != nil
                )
            case .failure(let error): ended.message = "could not be started: \(error)"
            }
            if ended.result != .stopped { known.insert(base) }
            warnings.forEach { report(.warned(task: start.task, $0)) }
            report(.checkEnded(ended, .missing, list: nil, nil))
            then()
            let next = waiting ?? []
            waiting = nil
            next.forEach { $0() }
        }
    }
}
