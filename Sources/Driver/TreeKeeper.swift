import Autonomous
import EventLoop
import FileAccess
import Orchestration
import Trees

/// The maker of the trees that sessions work in.
protocol TreeMaker: AnyObject {
    /// Notes the receiver of events that belong to no session's end.
    func observe(_ report: @escaping (Event) -> Void)
    /// Notes the bases that were checked in earlier legs.
    func learn(checked: some Sequence<String>)
    /// Notes the commits that new trees begin from, by the top level of the work tree.
    func learn(bases: [String: String])
    /// Makes or takes up the tree of a session's task; `nil` for a task that works in the workspace.
    func prepare(
        _ start: SessionStarted,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    )
    /// Indicates whether a session's tree is made, and waits for a check with a limit of its own.
    func isChecking(_ key: SessionKey) -> Bool
    /// Notes that no session begins, though its task's tree was prepared.
    func abandon(_ key: SessionKey)
    /// Commits what a session changed; `then` gets what there is to report.
    func commit(_ key: SessionKey, _ end: SessionEnd, then: @escaping ([Event]) -> Void)
    /// Ends the command that sets a tree up for a session politely, or keeps it from beginning.
    func terminate(_ key: SessionKey)
    /// Ends the hook that follows a session politely.
    func endHook(of key: SessionKey)
    /// Ends these commands by force, and stops waiting for a disk, or another git, that refuses a
    /// session's commit.
    func giveUp(_ key: SessionKey)
}

// Only the makers that check bases and run hooks have something to tell.
extension TreeMaker {
    func observe(_ report: @escaping (Event) -> Void) {}
    func learn(checked: some Sequence<String>) {}
    func isChecking(_ key: SessionKey) -> Bool { false }
    func endHook(of key: SessionKey) {}
}

extension TreeTrouble {
    /// The class of failure of a session that can't start for this trouble.
    var failure: FailureClass {
        switch remedy {
        case .time: .treeBusy
        case .person: .noTree
        case .setup: .setupFailed
        case .hook: .hookFailed
        case .otherNeeds: .needsConflict
        }
    }
}

/// The trees of the run's tasks: each is made, or taken up, before a session, and committed after it.
final class TreeKeeper: TreeMaker {
    /// A commit that is tried again.
    private struct Retry {
        var timer: Timer
        var giveUp: () -> Void
    }

    /// The time before another try to commit what the disk refused, or another git's lock.
    private static let interval = Duration.seconds(2)

    private let loop: Loop
    private let request: RunRequest
    private let setups: TreeSetups
    private let pulse: TreePulse
    private let needs: [String: [String]]
    private var bases: [String: String] = [:]
    /// The repositories in which a tree is being made, and what waits for it.
    private var waiting: [String: [() -> Void]] = [:]
    private var retries: [SessionKey: Retry] = [:]

    init(loop: Loop, request: RunRequest, setups: TreeSetups) {
        (self.loop, self.request, self.setups) = (loop, request, setups)
        pulse = TreePulse(loop: loop)
        let trees = request.plan.tasks.filter { request.work[$0.name]?.tree != nil }
        needs = Dictionary(trees.map { ($0.name, $0.needs) }) { first, _ in first }
    }

    func learn(bases: [String: String]) { self.bases = bases }

    /// Returns the commits that the work trees around tasks' directories are at now, by top level.
    ///
    /// For a worker thread. A repository that git can't read is left out: making the first tree there reports why.
    static func bases(of directories: some Sequence<String>, _ git: Git) -> [String: String] {
        var bases: [String: String] = [:]
        for top in Set(directories.map { Workspace.containing($0).root }) {
            let repository = Repository(common: top, topLevel: top, prefix: "")
            if let commit = try? repository.commit("HEAD", git) { bases[top] = commit }
        }
        return bases
    }

    // MARK: - Before a session

    /// Makes or takes up a task's tree; one at a time in a repository.
    ///
    /// The work that an earlier session left there, because it or Quire was killed, is committed first.
    func prepare(
        _ start: SessionStarted,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        let task = start.task
        guard let work = request.work[task], let git = request.git else {
            return then(.success(nil))
        }
        guard let tree = work.tree else { return prepareWorkspace(task, work, git, then) }
        let top = Workspace.containing(work.directory).root
        let base = tree.base == "HEAD" ? bases[top] ?? tree.base : tree.base
        let (request, needs) = (request, needs[task] ?? work.needs)
        inTurn(top) { [self] in
            loop.perform {
                Result { () throws(TreeTrouble) -> TaskTree? in
                    try Self.tree(task, work, tree, base: base, needs: needs, request, git)
                }
            } then: { [self] result in
                setUp(start, work, result, then)
                goOn(top)
            }
        }
    }

    /// Makes sure that what a session will change in the person's own tree can be told from the rest.
    private func prepareWorkspace(
        _ task: String,
        _ work: TaskWork,
        _ git: Git,
        _ then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        guard let commits = work.commits else { return then(.success(nil)) }
        let request = request
        loop.perform {
            Result { () throws(TreeTrouble) -> TaskTree? in
                try Self.workspaceCommits(request, git)
                    .begin(
                        task,
                        in: work.directory,
                        cutOff: commits.cutOff(of: task),
                        isChecked: work.check != nil
                    )
            }
        } then: { [self] result in
            if case .success = result {
                pulse.begin(task) { try? Self.workspaceCommits(request, git).noteAlive(task) }
            }
            then(result)
        }
    }

    func abandon(_ key: SessionKey) { pulse.end(key.task) }

    static func workspaceCommits(
        _ request: RunRequest,
        _ git: Git
    ) throws(TreeTrouble) -> WorkspaceCommits {
        do {
            let workspace = request.workspace
            let records = try workspace.directories.makeState(
                "commits",
                isDurable: workspace.isDurable
            )
            return WorkspaceCommits(git: git, records: records)
        } catch {
            throw TreeTrouble(error)
        }
    }

    /// Runs the command that sets a tree up, unless it has succeeded there before.
    private func setUp(
        _ start: SessionStarted,
        _ work: TaskWork,
        _ made: Result<TaskTree?, TreeTrouble>,
        _ then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    ) {
        // A new tree refuses the thread of an old one, and is set up when the next session starts.
        guard case .success(var tree?) = made, let setup = work.tree?.setup, let git = request.git,
            tree.record.isSetUp != true, !tree.isNew || start.resumes == nil
        else { return then(made) }
        let request = request
        setups.run(setup, for: start, in: tree.directory) { [self] trouble, warnings in
            if let trouble { return then(.failure(trouble)) }
            tree.warnings += warnings
            loop.perform { [tree] in
                Result { () throws(TreeTrouble) -> TaskTree? in
                    try Self.trees(request, git).noteSetUp(start.task)
                    return tree
                }
            } then: {
                then($0)
            }
        }
    }

    private static func tree(
        _ task: String,
        _ work: TaskWork,
        _ settings: TreeWork,
        base: String,
        needs: [String],
        _ request: RunRequest,
        _ git: Git
    ) throws(TreeTrouble) -> TaskTree {
        let trees = try trees(request, git)
        var branches: [(task: String, branch: String)] = []
        for need in needs {
            // A need without a tree has left its work in the workspace.
            if let record = try trees.record(of: need) { branches.append((need, record.branch)) }
        }
        var tree = try trees.tree(
            for: TreeRequest(
                task: task,
                directory: work.directory,
                base: base,
                branch: settings.branch,
                needs: branches,
                include: settings.include
            )
        )
        guard !tree.isNew, let commits = settings.commits, settings.mayHaveWork(tree.record)
        else { return tree }
        let earlier = try trees.checkpoint(task, commits.cutOff(of: task))
        if earlier.commit != nil {
            tree.earlier = earlier
            tree.warnings.append("\(SessionCommits.rest) was committed")
        }
        return tree
    }

    static func trees(_ request: RunRequest, _ git: Git) throws(TreeTrouble) -> TaskTrees {
        do {
            let isDurable = request.workspace.isDurable
            let places = request.workspace.directories
            // Work is merged in this one, wherever the trees are.
            var place = try places.makeState("worktrees", isDurable: isDurable)
            let records = try places.makeState("trees", isDurable: isDurable)
            if let other = request.worktrees { place = try other.open() }
            return TaskTrees(git: git, records: TreeRecords(records), place: place.path)
        } catch {
            throw TreeTrouble(error)
        }
    }

    private func inTurn(_ top: String, _ job: @escaping () -> Void) {
        guard waiting[top] != nil else {
            waiting[top] = []
            return job()
        }
        waiting[top]?.append(job)
    }

    private func goOn(_ top: String) {
        guard waiting[top]?.isEmpty == false, let next = waiting[top]?.removeFirst() else {
            waiting[top] = nil
            return
        }
        next()
    }

    // MARK: - After a session

    /// Commits what a session changed.
    ///
    /// While the disk refuses it, or another git has the lock, it is tried again until `giveUp`.
    func commit(_ key: SessionKey, _ end: SessionEnd, then: @escaping ([Event]) -> Void) {
        guard let work = request.work[key.task], let git = request.git,
            let commits = work.tree == nil ? work.commits : work.tree?.commits
        else { return then([]) }
        pulse.end(key.task)
        var checkpoint = CheckpointRequest(
            subject: commits.subject(of: key, entries: end.look.state.words),
            body: [
                "\(SessionCommits.label)\(key.number)", "Thread: \(end.result.thread ?? "unknown")",
                "Model: \(end.model ?? "the agent's own choice")",
                "Progress: \(end.look.state.words)",
            ],
            author: commits.author,
            largestFile: commits.largestFile
        )
        checkpoint.session = key.number
        commit(key, checkpoint, git, then)
    }

    private func commit(
        _ key: SessionKey,
        _ checkpoint: CheckpointRequest,
        _ git: Git,
        _ then: @escaping ([Event]) -> Void
    ) {
        let request = request
        loop.perform {
            Result { () throws(TreeTrouble) -> Checkpoint in
                guard request.work[key.task]?.tree != nil else {
                    return try Self.workspaceCommits(request, git).checkpoint(key.task, checkpoint)
                }
                return try Self.trees(request, git).checkpoint(key.task, checkpoint)
            }
        } then: { [self] result in
            switch result {
            case .success(let done): then(done.events(of: key))
            case .failure(let trouble):
                let giveUp = { then([.uncommitted(key, trouble)]) }
                guard trouble.remedy == .time,
                    let timer = try? Timer(
                        loop: loop,
                        fire: { [self] in
                            retries.removeValue(forKey: key)?.timer.close()
                            commit(key, checkpoint, git, then)
                        }
                    )
                else { return giveUp() }
                retries[key] = Retry(timer: timer, giveUp: giveUp)
                timer.set(loop.now + Self.interval)
            }
        }
    }

    func terminate(_ key: SessionKey) { setups.terminate(key) }

    func giveUp(_ key: SessionKey) {
        setups.kill(key)
        guard let retry = retries.removeValue(forKey: key) else { return }
        retry.timer.close()
        retry.giveUp()
    }
}

extension TreeWork {
    /// Indicates whether a session can have begun in a tree: none does before it is set up.
    func mayHaveWork(_ record: TreeRecord) -> Bool {
        setup == nil || record.isSetUp == true || record.tip != record.base
    }
}

extension Event {
    /// The event that nothing of a session's work could be committed.
    static func uncommitted(_ key: SessionKey, _ trouble: TreeTrouble) -> Event {
        let work = CheckpointedWork(failure: "its work was not committed: \(trouble)")
        return .checkpointMade(CheckpointMade(task: key.task, session: key.number, work: work))
    }
}

extension CommitSettings {
    /// Returns the contents of the commit of what a session left that was cut off.
    func cutOff(of task: String) -> CheckpointRequest {
        CheckpointRequest(
            subject: "\(task): \(SessionCommits.rest)",
            author: author,
            largestFile: largestFile
        )
    }
}

extension Checkpoint {
    /// Returns what there is to report of the checkpoint of a session.
    func events(of key: SessionKey) -> [Event] {
        let made = CheckpointMade(
            task: key.task,
            session: key.number,
            commit: commit,
            work: CheckpointedWork(changes: changes, uncommitted: leftOut)
        )
        return [.checkpointMade(made)]
            + warnings.map { .warned(Warned(task: key.task, message: $0)) }
    }
}

extension ChecklistState {
    /// The state in a few words, for the subject of a commit.
    fileprivate var words: String {
        switch self {
        case .good(let progress): "\(progress.ticked) of \(Format.count(progress.total, "entry"))"
        case .missing: "no checklist yet"
        case .damaged: "its checklist is damaged"
        }
    }
}

extension RunRequest {
    /// The directories of the tasks that have trees of their own.
    var directoriesWithTrees: [String] {
        work.all.values.filter { $0.tree != nil }.map(\.directory)
    }
}
