import Orchestration
import Trees

/// The commits of what sessions left of complete tasks: they or Quire were killed, or git could not commit.
///
/// Of other tasks the next session commits it. Blocks as disks and git do.
struct LeftWork: Sendable {
    private let request: RunRequest
    private let git: Git
    /// The numbers of the tasks' newest sessions.
    private var sessions: [String: Int] = [:]
    /// The tasks of which nothing could be committed when it was last tried.
    private var failed: Set<String> = []

    /// Makes the commits of a leg that opens these tasks; `nil` for a run without git.
    init?(_ request: RunRequest, of tasks: [String], after state: RunState) {
        guard let git = request.git else { return nil }
        (self.request, self.git) = (request, git)
        for name in tasks {
            guard let task = state.task(name), task.sessions > 0 else { continue }
            sessions[name] = task.sessions
            if task.work?.failure != nil { failed.insert(name) }
        }
    }

    /// Commits what lies there of a task, and returns what there is to report.
    func commit(_ task: String) -> [Event] {
        guard let work = request.work[task],
            let commits = work.tree == nil ? work.commits : work.tree?.commits
        else { return [] }
        let key = SessionKey(task: task, number: sessions[task] ?? 0)
        do throws(TreeTrouble) {
            let found = try checkpoint(task, work, commits.cutOff(of: task))
            guard let done = found else {
                guard failed.contains(task) else { return [] }
                // The tree is gone, or a person has committed what lay there.
                let made = CheckpointMade(task: task, session: key.number, work: CheckpointedWork())
                return [.checkpointMade(made)]
            }
            guard done.commit != nil || !done.leftOut.isEmpty || failed.contains(task) else {
                return []
            }
            let words = done.commit.map { _ in "\(SessionCommits.rest) was committed" }
            return done.events(of: key) + (words.map { [.warned(task: task, $0)] } ?? [])
        } catch {
            return [.uncommitted(key, error)]
        }
    }

    /// Returns the commit; `nil` where no session can have left anything.
    private func checkpoint(
        _ task: String,
        _ work: TaskWork,
        _ contents: CheckpointRequest
    ) throws(TreeTrouble) -> Checkpoint? {
        guard let settings = work.tree else {
            return try TreeKeeper.workspaceCommits(request, git).finish(task, contents)
        }
        let trees = try TreeKeeper.trees(request, git)
        guard let record = try trees.record(of: task), record.stage == .ready,
            record.keptAs == nil, settings.mayHaveWork(record)
        else { return nil }
        return try trees.checkpoint(task, contents)
    }
}
