import Autonomous
import EventLoop
import FileAccess
import Orchestration
import Trees

/// The trees of the run's tasks: each is made, or taken up, before a session, and committed after it.
final class TreeKeeper {
    /// The time before another try to commit what the disk refused, or another git's lock.
    private static let interval = Duration.seconds(2)

    private let loop: Loop
    private let git: Git
    private let workspace: Workspace
    /// The commits that new trees begin from, by the top level of the work tree.
    private let bases: [String: String]
    /// The repositories in which a tree is being made, and what waits for it.
    private var waiting: [String: [() -> Void]] = [:]
    /// The commits that are tried again, by task.
    private var retries: [String: Timer] = [:]

    init(loop: Loop, git: Git, workspace: Workspace, bases: [String: String]) {
        (self.loop, self.git, self.workspace, self.bases) = (loop, git, workspace, bases)
    }

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
    /// What an earlier session left there, because it or Quire was killed, is committed first.
    func prepare(
        _ task: String,
        _ work: TaskWork,
        _ tree: TreeWork,
        needs: [String],
        then: @escaping (Result<TaskTree, TreeTrouble>) -> Void
    ) {
        let top = Workspace.containing(work.directory).root
        let base = tree.base == "HEAD" ? bases[top] ?? tree.base : tree.base
        let (git, workspace) = (git, workspace)
        inTurn(top) { [self] in
            loop.perform {
                Result { () throws(TreeTrouble) in
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
        let left = try trees.checkpoint(
            task,
            CheckpointRequest(
                subject: "\(task): work of a session that was cut off",
                author: commits.author,
                largestFile: commits.largestFile
            )
        )
        if left.commit != nil {
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

    /// Commits what a session changed; `then` gets what a person should know.
    ///
    /// While the disk refuses it, or another git has the lock, it is tried again until `giveUp`.
    func commit(
        _ task: String,
        _ request: CheckpointRequest,
        then: @escaping ([String]) -> Void
    ) {
        let (git, workspace) = (git, workspace)
        loop.perform {
            Result { () throws(TreeTrouble) in
                try Self.trees(in: workspace, git).checkpoint(task, request)
            }
        } then: { [self] result in
            switch result {
            case .success(let done): then(done.leftOut)
            case .failure(let trouble):
                if trouble.remedy == .time, tryAgain(task, request, then) { return }
                then(["its work was not committed: \(trouble)"])
            }
        }
    }

    private func tryAgain(
        _ task: String,
        _ request: CheckpointRequest,
        _ then: @escaping ([String]) -> Void
    ) -> Bool {
        let timer = try? Timer(loop: loop) { [self] in
            retries.removeValue(forKey: task)?.close()
            commit(task, request, then: then)
        }
        guard let timer else { return false }
        retries[task] = timer
        timer.set(loop.now + Self.interval)
        return true
    }
}
