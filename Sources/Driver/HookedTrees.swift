import Autonomous
import Orchestration
import Trees

/// The maker of trees that runs the hooks before and after each session.
final class HookedTrees: TreeMaker {
    private let request: RunRequest
    private let runner: any HookRunner
    private let trees: any TreeMaker
    private var report: (Event) -> Void = { _ in }
    /// The sessions whose trees or hooks are awaited, but for those that were asked to end meanwhile.
    private var preparing: Set<SessionKey> = []
    /// The sessions whose hooks run.
    private var hooked: [SessionKey: HookKey] = [:]
    /// The places of the sessions that have begun.
    private var places: [SessionKey: HookPlace] = [:]

    init(_ request: RunRequest, _ runner: any HookRunner, _ trees: any TreeMaker) {
        (self.request, self.runner, self.trees) = (request, runner, trees)
    }

    func observe(_ report: @escaping (Event) -> Void) {
        self.report = report
        trees.observe(report)
    }

    func learn(checked: some Sequence<String>) { trees.learn(checked: checked) }
    func learn(bases: [String: String]) { trees.learn(bases: bases) }

    func prepare(
        _ start: SessionStarted,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        guard let work = request.work[start.task], work.hasSessionHooks else {
            return trees.prepare(start, then: then)
        }
        let key = start.key
        preparing.insert(key)
        trees.prepare(start) { [self] result in
            guard case .success(let tree) = result, preparing.contains(key) else {
                preparing.remove(key)
                return then(result)
            }
            let place = HookPlace(
                directory: tree?.directory ?? work.directory,
                tree: tree?.record.path
            )
            places[key] = place
            // A new tree refuses the thread of an old one.
            guard work.hooks[.beforeSession] != nil, tree?.isNew != true || start.resumes == nil
            else {
                preparing.remove(key)
                return then(result)
            }
            runBefore(start, place) { [self] trouble in
                guard let trouble else { return then(result) }
                giveBack(key, tree)
                then(.failure(trouble))
            }
        }
    }

    func isChecking(_ key: SessionKey) -> Bool { hooked[key] != nil || trees.isChecking(key) }

    func abandon(_ key: SessionKey) {
        places[key] = nil
        trees.abandon(key)
    }

    func commit(_ key: SessionKey, _ end: SessionEnd, then: @escaping ([Event]) -> Void) {
        guard let place = places.removeValue(forKey: key),
            request.work[key.task]?.hooks[.afterSession] != nil
        else { return trees.commit(key, end, then: then) }
        report(.sessionIsOver(key))
        var input = HookInput(.afterSession, request)
        (input.failure, input.progress) = (end.result.failure, end.look.state.progress)
        run(.afterSession, key, input, place) { [self] _ in trees.commit(key, end, then: then) }
    }

    func terminate(_ key: SessionKey) {
        preparing.remove(key)
        if let hook = hooked[key] { runner.terminate(hook) } else { trees.terminate(key) }
    }

    func giveUp(_ key: SessionKey) {
        preparing.remove(key)
        if let hook = hooked[key] { runner.kill(hook) }
        trees.giveUp(key)
    }

    func endHook(of key: SessionKey) { if let hook = hooked[key] { runner.terminate(hook) } }

    /// Runs the hook before a session; `then` gets the trouble, `nil` for none.
    private func runBefore(
        _ start: SessionStarted,
        _ place: HookPlace,
        then: @escaping (TreeTrouble?) -> Void
    ) {
        var input = HookInput(.beforeSession, request)
        (input.role, input.progress) = (start.role, start.progress)
        run(.beforeSession, start.key, input, place) { [self] ended in
            preparing.remove(start.key)
            report(.sessionTimeBegins(start.key))
            then(ended.result == .passed ? nil : TreeTrouble(ended.words, remedy: .hook))
        }
    }

    private func run(
        _ hook: Hook,
        _ key: SessionKey,
        _ input: HookInput,
        _ place: HookPlace,
        then: @escaping (HookEnded) -> Void
    ) {
        let fact = HookBegan(hook, task: key.task, session: key.number)
        var input = input
        (input.task, input.session) = (key.task, key.number)
        hooked[key] = fact.key
        runner.run(fact, input, at: place) { [self] ended, events in
            hooked[key] = nil
            (events + [.hookEnded(ended)]).forEach(report)
            then(ended)
        }
    }

    /// Gives a tree back in which no session begins, and reports what was found there.
    private func giveBack(_ key: SessionKey, _ tree: TaskTree?) {
        let earlier = SessionKey(task: key.task, number: key.number - 1)
        tree?.earlier?.events(of: earlier).forEach(report)
        for warning in tree?.warnings ?? [] { report(.warned(task: key.task, warning)) }
        abandon(key)
    }
}

extension TreeMaker {
    /// Returns the maker of trees that runs the hooks of sessions, too; without any, this one.
    func hooked(_ request: RunRequest, _ runner: any HookRunner) -> any TreeMaker {
        let hasHooks = request.work.all.values.contains(where: \.hasSessionHooks)
        return hasHooks ? HookedTrees(request, runner, self) : self
    }
}

extension TaskWork {
    /// True if a command runs before or after each session.
    fileprivate var hasSessionHooks: Bool { Hook.ofSessions.contains { hooks[$0] != nil } }
}
