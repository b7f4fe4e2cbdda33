import FileAccess
import Orchestration

/// A repository within a tree, as git keeps one for a submodule.
private struct Submodule {
    /// The path in the tree.
    var path: String
    /// The directory of git's, which lies outside of the tree.
    var repository: String
    /// The directory of the files.
    var directory: String
}

// Changes within submodules, which no commit of a task's holds.
extension TaskTrees {
    /// How many submodules deep it is looked.
    private static let deepest = 8

    /// Returns the paths of submodules in a tree in which something is changed, staged or new.
    ///
    /// Submodules within submodules count, too. What the repositories' own settings name does not run, as an
    /// agent may have written them: the tree's repository compares the files.
    ///
    /// - Throws: `GitError` if git can't tell.
    static func changedSubmodules(
        _ record: TreeRecord,
        _ git: Git
    ) throws(GitError) -> [String] {
        let tree = Submodule(
            path: "",
            repository: record.administration,
            directory: record.path
        )
        return try changed(in: tree, of: record, depth: 0, git)
    }

    /// Returns a line for each submodule with changes, for people.
    static func wordsOnSubmodules(
        _ record: TreeRecord,
        _ git: Git
    ) throws(GitError) -> [String] {
        try changedSubmodules(record, git).map {
            "the submodule \($0.oneLine(200)) has changes that no commit holds"
        }
    }

    private static func changed(
        in outer: Submodule,
        of record: TreeRecord,
        depth: Int,
        _ git: Git
    ) throws(GitError) -> [String] {
        guard depth < deepest, !outer.repository.isEmpty,
            FileKind(outer.repository + "/modules") == .directory
        else { return [] }
        var paths: [String] = []
        for module in modules(of: outer, record, git) {
            if try isChanged(module, record, git) { paths.append(module.path) }
            paths += try changed(in: module, of: record, depth: depth + 1, git)
        }
        return paths
    }

    /// Returns the submodules that the commit of a repository names, and whose files are there.
    private static func modules(
        of outer: Submodule,
        _ record: TreeRecord,
        _ git: Git
    ) -> [Submodule] {
        let names = names(ofSubmodulesAt: "HEAD", ["--git-dir=\(outer.repository)"], record, git)
        return names.sorted { $0.key < $1.key }.compactMap { path, name in
            let parts = path.split(separator: "/") + name.split(separator: "/")
            guard !parts.contains(".."), !path.hasPrefix("/") else { return nil }
            let module = Submodule(
                path: outer.path.isEmpty ? path : outer.path + "/" + path,
                repository: outer.repository + "/modules/" + name,
                directory: outer.directory + "/" + path
            )
            // A link would lead out of the tree.
            guard FileKind(module.repository) == .directory,
                FileKind(module.directory) == .directory,
                module.directory.withoutLinks
                    == record.path.withoutLinks.map({
                        $0 + "/" + module.path
                    })
            else { return nil }
            return module
        }
    }

    /// Indicates whether a submodule's files or its index differ from its commit.
    private static func isChanged(
        _ module: Submodule,
        _ record: TreeRecord,
        _ git: Git
    ) throws(GitError) -> Bool {
        let doing = "looking for changes in the submodule \(module.path)"
        let head = git.call(
            [
                "--git-dir=\(module.repository)", "rev-parse", "--verify", "--quiet",
                "HEAD^{commit}",
            ],
            in: record.topLevel
        )
        guard let commit = ObjectName(head.output) else {
            // Without a commit nothing of it is in one.
            return true
        }
        let place = ["--git-dir=\(record.administration)", "--work-tree=\(module.directory)"]
        let environment = [
            "GIT_INDEX_FILE=\(module.repository)/index",
            "GIT_OBJECT_DIRECTORY=\(module.repository)/objects",
        ]
        let files = try git.output(
            place + [
                "ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard",
            ],
            in: module.directory,
            doing: doing,
            environment: environment
        )
        guard files.isEmpty else { return true }
        let staged = git.call(
            place + ["diff-index", "--cached", "--quiet", commit.text, "--"],
            in: module.directory,
            environment: environment
        )
        guard [0, 1].contains(staged.status) else {
            throw GitError(doing, in: module.directory, staged)
        }
        return staged.status == 1
    }
}
