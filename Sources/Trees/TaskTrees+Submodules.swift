import FileAccess

// The submodules of a tree, in whose repositories an agent may have committed.
extension TaskTrees {
    /// Returns the paths of submodules whose commit, as a task's work has it, is at none of their remotes.
    ///
    /// Nobody but the task's tree has such a commit, and whoever gets the work could not check it out. What
    /// there is no repository of in the tree is not known, and not meant.
    ///
    /// - Throws: `TreeTrouble` if git can't tell.
    package static func unpushedSubmodules(
        _ record: TreeRecord,
        at tip: String,
        _ git: Git
    ) throws(TreeTrouble) -> [String] {
        try inTrouble {
            let links = try gitLinks(record, at: tip, git)
            guard !links.isEmpty else { return [] }
            let names = names(ofSubmodulesAt: tip, [], record, git)
            return links.filter { path, commit in
                guard let name = names[path], !name.contains("..") else { return false }
                let place = record.administration + "/modules/" + name
                guard !record.administration.isEmpty, FileKind(place) == .directory else {
                    return false
                }
                // An agent may have written its settings: nothing is fetched.
                let answer = git.call(
                    [
                        "--git-dir=\(place)", "for-each-ref", "--count=1", "--contains=\(commit)",
                        "--format=%(refname)", "refs/remotes",
                    ],
                    in: record.topLevel,
                    environment: ["GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none"]
                )
                return answer.status != 0 || answer.output.isEmpty
            }.map(\.path)
        }
    }

    /// Returns the submodules that a task has moved, and the commit of each.
    private static func gitLinks(
        _ record: TreeRecord,
        at tip: String,
        _ git: Git
    ) throws -> [(path: String, commit: String)] {
        let list = try git.output(
            [
                "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", record.base, tip,
                "--",
            ],
            in: record.topLevel,
            doing: "looking for submodules of \(record.task)"
        )
        // ":OLDMODE MODE OLD NEW LETTER", and the path after it.
        let parts = list.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return stride(from: 0, to: parts.count - 1, by: 2).compactMap { index in
            let words = parts[index].split(separator: " ").map(String.init)
            return words.count == 5 && words[1] == "160000" ? (parts[index + 1], words[3]) : nil
        }
    }

    /// Returns the names of the submodules in a commit, by their paths; options of git's may name another
    /// repository than that of the task.
    static func names(
        ofSubmodulesAt commit: String,
        _ options: [String],
        _ record: TreeRecord,
        _ git: Git
    ) -> [String: String] {
        let answer = git.call(
            options + [
                "config", "--null", "--blob", "\(commit):.gitmodules", "--get-regexp",
                #"^submodule\..*\.path$"#,
            ],
            in: record.topLevel
        )
        // Without a list, or where a person's settings name no submodule, git fails.
        let entries = answer.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return Dictionary(
            entries.compactMap { entry in
                let parts = entry.split(separator: "\n", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { return nil }
                return (
                    parts[1], String(parts[0].dropFirst("submodule.".count).dropLast(".path".count))
                )
            }
        ) { first, _ in first }
    }
}
