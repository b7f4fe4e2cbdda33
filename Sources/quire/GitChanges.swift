import Foundation

/// What differs in a git work tree from a commit.
struct GitChanges {
    /// The work tree's top level.
    let root: String
    /// The directories that hold something that differs, relative to the top level: `""` is it.
    private let directories: Set<String>

    /// Compares the work tree around a directory with a commit.
    ///
    /// What was committed since counts, what is staged or edited, and what is new and not ignored;
    /// task directories don't.
    ///
    /// - Throws: `Trouble` where there is no git, no repository or no such commit.
    init(since reference: String, around directory: String) throws {
        let git = try Git(directory)
        root = try git.text(["rev-parse", "--show-toplevel"]).trimmingCharacters(in: .newlines)
        let commit = try git.commit(reference)
        let whole = Git(executable: git.executable, directory: root)
        let changed = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", commit, "--"]
        let new = ["ls-files", "--others", "--exclude-standard", "-z"]
        var directories: Set<String> = []
        for path in try [changed, new].flatMap({ try whole.text($0).split(separator: "\0") }) {
            let parts = path.split(separator: "/")
            if parts.contains(".autonomous") { continue }
            for count in parts.indices {
                directories.insert(parts[..<count].joined(separator: "/"))
            }
        }
        self.directories = directories
    }

    /// Whether anything in a directory differs; `nil` where it is not in the work tree.
    func touch(_ directory: String) -> Bool? {
        let path = (directory as NSString).resolvingSymlinksInPath
        if path == root { return directories.contains("") }
        guard path.hasPrefix(root + "/") else { return nil }
        return directories.contains(String(path.dropFirst(root.count + 1)))
    }
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

    /// What a call prints.
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

    /// The full name of the commit that a reference names.
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
