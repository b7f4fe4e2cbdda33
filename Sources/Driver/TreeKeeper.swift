import Autonomous
import EventLoop
import FileAccess
import Orchestration
import Trees

/// The maker of the trees that sessions work in.
protocol TreeMaker: AnyObject {
    /// Notes the commits that new trees begin from, by the top level of the work tree.
    func learn(bases: [String: String])
    /// Makes or takes up the tree of a session's task; `nil` for a task that works in the workspace.
    func prepare(
        _ start: SessionStarted,
        then: @escaping (Result<TaskTree?, TreeTrouble>) -> Void
    )
    /// Commits what a session changed; `then` gets what there is to report.
    func commit(_ key: SessionKey, _ end: SessionEnd, then: @escaping ([Event]) -> Void)
    /// Stops waiting for a disk, or another git, that refuses a session's commit.
    func giveUp(_ key: SessionKey)
}

extension TreeTrouble {
    /// The class of failure of a session that can't start for this trouble.
    var failure: FailureClass {
        switch remedy {
        case .time: .treeBusy
        case .person: .noTree
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
    private let needs: [String: [String]]
    private var bases: [String: String] = [:]
    /// The repositories in which a tree is being made, and what waits for it.
    private var waiting: [String: [() -> Void]] = [:]
    private var retries: [SessionKey: Retry] = [:]

    init(loop: Loop, request: RunRequest) {
        (self.loop, self.request) = (loop, request)
        let trees = request.plan.tasks.filter { request.work[$0.name]?.tree != nil }
        needs = Dictionary(trees.map { ($0.name, $0.needs) }) { first, _ in first }
    }

    func learn(bases: [String: String]) { self.bases = bases }

    /// Returns the commits that the work trees around tasks' directories are at now, by top level.
    ///
    /// For a worker thread. A repository that can't be asked is left out: the first tree tells why.
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
        guard let work = request.work[task], let tree = work.tree, let git = request.git else {
            return then(.success(nil))
        }
        let top = Workspace.containing(work.directory).root
        let base = tree.base == "HEAD" ? bases[top] ?? tree.base : tree.base
        let (workspace, needs) = (request.workspace, needs[task] ?? [])
        inTurn(top) { [self] in
            loop.perform {
                Result { () throws(TreeTrouble) -> TaskTree? in
                    try Self.tree(task, work, tree, base: base, needs: needs, in: workspace, git)
                }
            } then: { [self] result in
                then(result)
                goOn(top)
            }
        }
    }

    private static func tree(
        _ task: String,
        _ work: TaskWork,
        _ settings: TreeWork,
        base: String,
        needs: [String],
        in workspace: Workspace,
        _ git: Git
    ) throws(TreeTrouble) -> TaskTree {
        let trees = try trees(in: workspace, git)
        var branches: [(task: String, branch: String)] = []
        for need in needs {
            // A need without a tree has left its work in the workspace.
            if let record = try? trees.record(of: need) { branches.append((need, record.branch)) }
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
        guard !tree.isNew, let commits = settings.commits else { return tree }
        let earlier = try trees.checkpoint(
            task,
            CheckpointRequest(
                subject: "\(task): work of a session that was cut off",
                author: commits.author,
                largestFile: commits.largestFile
            )
        )
        if earlier.commit != nil {
            tree.earlier = earlier
            tree.warnings.append("work of a session that was cut off was committed")
        }
        return tree
    }

    private static func trees(
        in workspace: Workspace,
        _ git: Git
    ) throws(TreeTrouble) -> TaskTrees {
        do {
            let isDurable = workspace.isDurable
            let places = workspace.directories
            let place = try places.makeState("worktrees", isDurable: isDurable)
            let records = try places.makeState("trees", isDurable: isDurable)
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
        guard let work = request.work[key.task], let commits = work.tree?.commits,
            let git = request.git
        else { return then([]) }
        let checkpoint = CheckpointRequest(
            subject: "\(key.task): \(end.look.state.words)",
            body: [
                "Session: \(key.number)", "Thread: \(end.result.thread ?? "unknown")",
                "Model: \(work.model ?? "the agent's own choice")",
            ],
            author: commits.author,
            largestFile: commits.largestFile
        )
        commit(key, checkpoint, git, then)
    }

    private func commit(
        _ key: SessionKey,
        _ checkpoint: CheckpointRequest,
        _ git: Git,
        _ then: @escaping ([Event]) -> Void
    ) {
        let workspace = request.workspace
        loop.perform {
            Result { () throws(TreeTrouble) in
                try Self.trees(in: workspace, git).checkpoint(key.task, checkpoint)
            }
        } then: { [self] result in
            switch result {
            case .success(let done): then(done.events(of: key))
            case .failure(let trouble):
                let words = "its work was not committed: \(trouble)"
                let giveUp = { then([.warned(Warned(task: key.task, message: words))]) }
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

    func giveUp(_ key: SessionKey) {
        guard let retry = retries.removeValue(forKey: key) else { return }
        retry.timer.close()
        retry.giveUp()
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
        work.values.filter { $0.tree != nil }.map(\.directory)
    }
}
