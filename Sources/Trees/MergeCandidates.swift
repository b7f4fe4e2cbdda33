/// The tasks whose work can be merged into a branch, in the order in which it is tried.
package struct MergeCandidates: Sendable {
    /// The candidates; each stands behind those that it builds on, and otherwise the oldest work is first.
    package var candidates: [MergeCandidate]
    /// The tasks whose newest commit is in the branch already.
    package var landed: [String]
    /// The tasks that have changed nothing.
    package var unchanged: [String]
    /// The tasks whose work comes in with that of a candidate which builds on it, by the candidate.
    package var brought: [String: [String]]

    /// Sorts tasks by what there is to merge of them; `all` has those that they may build on, too.
    ///
    /// Work of a task that is not among them comes in only with that of one that is `named`, and if that
    /// other one is not.
    ///
    /// - Throws: `GitError` if git can't be asked.
    package init(
        _ records: [TreeRecord],
        among all: [TreeRecord] = [],
        named: Set<String> = [],
        into target: String,
        of repository: Repository,
        _ git: Git
    ) throws(GitError) {
        (candidates, landed, unchanged, brought) = ([], [], [], [:])
        let names = Set(records.map(\.task))
        let others = all.filter { !names.contains($0.task) }
        let work = NeededWork(
            target: target,
            all: others + records,
            repository: repository,
            git: git
        )
        let known = Set((others + records).map(\.task))
        var foreign: [String: [String]] = [:]
        for record in try Self.byAge(records, of: repository, git) {
            // A person may have committed in the tree.
            let tip = try record.newest(in: repository, git)
            if tip == record.base {
                unchanged.append(record.task)
            } else if try record.isIn(target, tip, of: repository, git) {
                landed.append(record.task)
            } else {
                var candidate = MergeCandidate(task: record.task, tip: tip)
                candidate.needs = record.needs ?? []
                candidate.since = try record.landedBefore(in: target, tip, of: repository, git)
                var isAllThere = !candidate.needs.isEmpty && known.isSuperset(of: candidate.needs)
                for (need, isKept) in work.needs(of: record) where !names.contains(need.task) {
                    let place = try work.place(of: need, in: tip)
                    if place != .target { isAllThere = false }
                    guard place == .branch else { continue }
                    if named.contains(record.task), !named.contains(need.task), !isKept {
                        brought[record.task, default: []].append(need.task)
                    } else {
                        foreign[record.task, default: []].append(need.task)
                    }
                }
                if candidate.since == nil, isAllThere { candidate.since = record.base }
                candidates.append(candidate)
            }
        }
        let open = Set(candidates.map(\.task))
        for (index, candidate) in candidates.enumerated() {
            candidates[index].needs =
                candidate.needs.filter(open.contains) + (foreign[candidate.task] ?? [])
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
