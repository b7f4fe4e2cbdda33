// The work of other tasks that a new tree begins with.
extension TaskTrees {
    /// Merges the work of a task into a new tree.
    func merge(_ need: (task: String, branch: String), _ tree: TreeGit) throws {
        let pruned = try records.record(of: need.task).flatMap { $0.isPruned == true ? $0 : nil }
        if let pruned, try isThere(pruned, in: tree) { return }
        let files = try tree.merge(
            pruned?.tip ?? "refs/heads/\(need.branch)",
            message: "Begin with the work of \(need.task)"
        )
        guard !files.isEmpty else { return }
        let names = files.prefix(5).joined(separator: ", ")
        let more = files.count > 5 ? " and \(files.count - 5) more" : ""
        throw TreeTrouble(
            "the work of \(need.task) does not fit together with that of the tasks needed before it: "
                + "both changed \(names)\(more)",
            remedy: .otherNeeds
        )
    }

    /// Indicates whether a tree has the commit with which the work of a task that was cleaned up was merged.
    private func isThere(_ pruned: TreeRecord, in tree: TreeGit) throws -> Bool {
        let head = try tree.head(doing: "looking at the tree")
        for (branch, merge) in pruned.landedBy ?? [:] where pruned.landed?[branch] == pruned.tip {
            if try pruned.home.isAncestor(merge, of: head, git) { return true }
        }
        return false
    }
}
