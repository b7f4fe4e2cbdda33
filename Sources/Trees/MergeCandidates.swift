/// The tasks whose work can be merged into a branch, in the order in which it is tried.
package struct MergeCandidates: Sendable {
    /// The candidates; each stands behind those that it builds on, and otherwise the oldest work is first.
    package var candidates: [MergeCandidate]
    /// The tasks whose newest commit is in the branch already.
    package var landed: [String]
    /// The tasks that have changed nothing.
    package var unchanged: [String]

    /// Sorts tasks by what there is to merge of them; `all` has those that they may build on, too.
    ///
    /// - Throws: `GitError` if git can't be asked.
    package init(
        _ records: [TreeRecord],
        among all: [TreeRecord] = [],
        into target: String,
        of repository: Repository,
        _ git: Git
    ) throws(GitError) {
        (candidates, landed, unchanged) = ([], [], [])
        let names = Set(records.map(\.task))
        let byName = Dictionary((all + records).map { ($0.task, $0) }) { _, last in last }
        /// Indicates whether all that a task began with is in the target, or comes before the task's own.
        func needsAreThere(_ record: TreeRecord) throws(GitError) -> Bool {
            let needs = record.needs ?? []
            for task in needs where !names.contains(task) {
                guard let need = byName[task], need.repository == record.repository,
                    try need.isIn(target, need.newest(in: repository, git), of: repository, git)
                else { return false }
            }
            return !needs.isEmpty
        }
        for record in try Self.byAge(records, of: repository, git) {
            // A person may have committed in the tree.
            let tip = try record.newest(in: repository, git)
            if tip == record.base {
                unchanged.append(record.task)
            } else if try record.isIn(target, tip, of: repository, git) {
                landed.append(record.task)
            } else {
                var candidate = MergeCandidate(task: record.task, tip: tip)
                candidate.needs = (record.needs ?? []).filter(names.contains)
                candidate.since = try record.landedBefore(in: target, tip, of: repository, git)
                if candidate.since == nil, try needsAreThere(record) {
                    candidate.since = record.base
                }
                candidates.append(candidate)
            }
        }
        candidates = MergeQueue.ordered(candidates)
    }

    /// Returns tasks in the order in which their work can be applied: each behind those that it builds
    /// on, and otherwise the oldest work first.
    ///
    /// - Throws: `GitError` if git can't be asked.
    package static func ordered(
        _ records: [TreeRecord],
        of repository: Repository,
        _ git: Git
    ) throws(GitError) -> [TreeRecord] {
        let byName = Dictionary(records.map { ($0.task, $0) }) { first, _ in first }
        let candidates = try byAge(records, of: repository, git).map {
            MergeCandidate(task: $0.task, tip: $0.tip, needs: $0.needs ?? [])
        }
        return MergeQueue.ordered(candidates).compactMap { byName[$0.task] }
    }

    private static func byAge(
        _ records: [TreeRecord],
        of repository: Repository,
        _ git: Git
    ) throws(GitError) -> [TreeRecord] {
        let times = try times(of: repository, git)
        return records.sorted { times[$0.branch, default: 0] < times[$1.branch, default: 0] }
    }

    /// Returns the time of each branch's newest commit, in seconds.
    private static func times(
        of repository: Repository,
        _ git: Git
    ) throws(GitError) -> [String: Int] {
        let list = try git.output(
            [
                "for-each-ref", "--format=%(refname:lstrip=2)%00%(committerdate:unix)",
                "refs/heads/",
            ],
            in: repository.topLevel,
            doing: "listing the branches"
        )
        var times: [String: Int] = [:]
        for line in list.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            if fields.count == 2 { times[fields[0]] = Int(fields[1]) }
        }
        return times
    }
}
