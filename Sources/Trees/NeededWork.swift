/// The work of other tasks in a task's branch, and what of it a branch to merge into does not have.
struct NeededWork {
    /// The place of what a task has of another one's work.
    enum Place {
        /// In the target, perhaps as another commit.
        case target
        /// Before the other's own work began: nothing of that is there.
        case base
        /// In the other's branch alone.
        case branch
    }

    let target: String
    let all: [TreeRecord]
    let repository: Repository
    let git: Git

    /// Returns the tasks that a task builds on, directly or not, and the trees of theirs that are kept since
    /// they began anew.
    func needs(of record: TreeRecord) -> [(record: TreeRecord, isKept: Bool)] {
        var found: Set<String> = []
        var waiting = record.needs ?? []
        while let task = waiting.popLast() {
            guard found.insert(task).inserted else { continue }
            waiting += all.filter { $0.task == task || isKept($0, of: task) }.flatMap {
                $0.needs ?? []
            }
        }
        found.remove(record.task)
        return all.filter { $0.repository == record.repository && $0.stage == .ready }.compactMap {
            other in
            if found.contains(other.task) { return (other, false) }
            return found.contains { isKept(other, of: $0) } ? (other, true) : nil
        }
    }

    /// Indicates whether a record is of a tree that a task had before it began anew.
    private func isKept(_ record: TreeRecord, of task: String) -> Bool {
        guard record.task.hasPrefix(task + "-"), let now = all.first(where: { $0.task == task })
        else { return false }
        return record.branch == now.branch + record.task.dropFirst(task.count)
    }

    /// Returns the place of what a commit has of another task's work.
    ///
    /// - Throws: `GitError` if git can't tell.
    func place(of need: TreeRecord, in commit: String) throws(GitError) -> Place {
        var (isThere, isOlder) = (true, true)
        for shared in try shared(need.newest(in: repository, git), commit) {
            if try !isInTarget(shared, of: need) { isThere = false }
            if try !repository.isAncestor(shared, of: need.base, git) { isOlder = false }
        }
        return isThere ? .target : isOlder ? .base : .branch
    }

    private func isInTarget(_ commit: String, of need: TreeRecord) throws(GitError) -> Bool {
        if try need.isIn(target, commit, of: repository, git) { return true }
        guard let landed = need.landed?[target],
            try need.hasLanded(landed, in: target, of: repository, git)
        else { return false }
        return try repository.isAncestor(commit, of: landed, git)
    }

    /// Returns the newest commits that come before two.
    private func shared(_ first: String, _ second: String) throws(GitError) -> [String] {
        let answer = git.call(["merge-base", "--all", first, second], in: repository.topLevel)
        guard [0, 1].contains(answer.status) else {
            throw GitError("comparing two commits", in: repository.topLevel, answer)
        }
        return String(decoding: answer.output, as: UTF8.self).split(separator: "\n").map(
            String.init
        )
    }
}
