import Application
import FileAccess
import Foundation
import Reporting

/// The differences between a git work tree and a commit.
struct GitChanges {
    /// The work tree's top level.
    let root: String
    /// The directories with a difference in them, relative to the top level; `""` is the top level itself.
    private let directories: Set<String>
    /// The repositories within the work tree that differ; git does not list the files in them.
    private let repositories: Set<String>

    /// Compares the work tree around a directory with a commit.
    ///
    /// Later commits, staged and edited files, and new files that are not ignored count; task directories
    /// don't. A submodule with another commit or a dirty work tree counts as a whole.
    ///
    /// - Throws: `Trouble` without git, a repository or such a commit.
    init(since reference: String, around directory: String) throws {
        let git = try Git(directory)
        root = try git.text(["rev-parse", "--show-toplevel"]).trimmingCharacters(in: .newlines)
        let commit = try git.commit(reference)
        let whole = Git(executable: git.executable, directory: root)
        var directories: Set<String> = []
        var repositories: Set<String> = []
        for change in try whole.changes(since: commit) + whole.newFiles() {
            let parts = change.path.split(separator: "/")
            if parts.contains(".autonomous") { continue }
            for count in parts.indices {
                directories.insert(parts[..<count].joined(separator: "/"))
            }
            if change.isRepository { repositories.insert(parts.joined(separator: "/")) }
        }
        (self.directories, self.repositories) = (directories, repositories)
    }

    /// Returns true if anything in a directory differs; `nil` if it is outside the work tree.
    func touch(_ directory: String) -> Bool? {
        let path = directory.resolved(in: "/")
        if path == root { return directories.contains("") }
        guard path.hasPrefix(root + "/") else { return nil }
        let parts = path.dropFirst(root.count + 1).split(separator: "/")
        return directories.contains(parts.joined(separator: "/"))
            || parts.indices.contains { place in
                repositories.contains(parts[...place].joined(separator: "/"))
            }
    }
}

/// One path with a difference.
private struct GitChange {
    /// The path relative to the top level.
    var path: Substring
    /// True if the path is a repository of its own, into which git does not look.
    var isRepository: Bool
}

/// Calls of git.
private struct Git {
    var executable: String
    var directory: String

    init(executable: String, directory: String) {
        (self.executable, self.directory) = (executable, directory)
    }

    init(_ directory: String) throws {
        guard let path = try AgentLookup.inPath("git") else {
            throw Trouble(
                "--changed-since needs git, which was not found in PATH; install it",
                status: ExitStatus.missing
            )
        }
        self.init(executable: path, directory: directory)
    }

    /// Returns the standard output of a call.
    func text(_ arguments: [String]) throws -> String {
        let result = call(arguments)
        guard result.status == 0 else {
            throw Trouble(
                "--changed-since: git \(arguments[0]) failed in \(directory): \(result.complaint)",
                status: ExitStatus.usage
            )
        }
        return String(decoding: result.output, as: UTF8.self)
    }

    /// Returns the tracked paths that differ from a commit, in the index or the work tree.
    func changes(since commit: String) throws -> [GitChange] {
        // A submodule's own settings may exclude it from diffs.
        let words = [
            "diff", "--raw", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none",
        ]
        let fields = try text(words + [commit, "--"]).split(separator: "\0")
        // Each entry has two fields: modes, object names and a letter; then the path.
        return stride(from: 0, to: fields.count - 1, by: 2).map { place in
            let modes = fields[place].dropFirst().split(separator: " ").prefix(2)
            return GitChange(path: fields[place + 1], isRepository: modes.contains("160000"))
        }
    }

    /// Returns the paths that git neither tracks nor ignores.
    func newFiles() throws -> [GitChange] {
        try text(["ls-files", "--others", "--exclude-standard", "-z"]).split(separator: "\0")
            .map { GitChange(path: $0, isRepository: $0.hasSuffix("/")) }
    }

    /// Returns the full name of the commit behind a reference.
    func commit(_ reference: String) throws -> String {
        let result = call([
            "rev-parse", "--verify", "--quiet", "--end-of-options", reference + "^{commit}",
        ])
        guard result.status == 0, let name = ShortCommand.firstLine(result.output) else {
            throw Trouble(
                "--changed-since: there is no commit \"\(reference)\" in \(directory); fetch it "
                    + "first (a shallow clone, as CI makes them, lacks most), or name another",
                status: ExitStatus.usage
            )
        }
        return name
    }

    private func call(_ arguments: [String]) -> ShortCommand.Result {
        ShortCommand(
            executable: executable,
            arguments: arguments,
            directory: directory,
            patience: .seconds(300)
        ).run()
    }
}
