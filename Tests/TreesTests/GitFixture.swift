import Driver
import EventLoop
import FileAccess
import Foundation
import TestSupport

@testable import Trees

/// The program git, as tests find it.
let gitProgram: String = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
    let found = path.split(separator: ":").map { $0 + "/git" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    return found ?? "/usr/bin/git"
}()

/// A repository with a commit, and a workspace's trees in it.
struct GitFixture {
    let root: String
    let git: Git

    /// Runs `body` with a repository that holds `files`.
    static func with<Result>(
        files: [String: String] = ["a.txt": "one\n", "inner/b.txt": "two\n"],
        _ body: (GitFixture) throws -> Result
    ) throws -> Result {
        let path = TestEnvironment.temporaryDirectory + "/quire-trees-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let fixture = GitFixture(root: path)
        try fixture.run("init", "--quiet", "--initial-branch=main")
        for (name, text) in files { try fixture.write(text, name) }
        if !files.isEmpty { try fixture.commitAll("begin") }
        return try body(fixture)
    }

    /// Hands over a repository with the tree of a task "port".
    static func withTree<Result>(
        _ body: (GitFixture, TaskTrees, TaskTree) throws -> Result
    ) throws -> Result {
        try with { fixture in
            let trees = try fixture.trees()
            return try body(fixture, trees, try trees.tree(for: fixture.request("port")))
        }
    }

    /// Makes the tree for merges into `main`.
    func scratch(
        _ strategy: MergeStrategy = .merge,
        passes: @escaping (_ directory: String) throws -> Bool = { _ in true }
    ) throws -> ScratchTree {
        let repository = try Repository.around(root, git)
        return try ScratchTree(
            in: Directory(following: root + "/.autonomous/.quire"),
            of: repository,
            at: try repository.commit("main", git),
            strategy: strategy,
            git
        ) { _, directory in try passes(directory) }
    }

    /// Variables that git gets besides the usual ones.
    private let variables: [String: String]

    init(root: String, git: Git? = nil, variables: [String: String] = [:]) {
        (self.root, self.variables) = (root, variables)
        self.git =
            git ?? Git(program: gitProgram, inherited: Self.environment(with: variables))
    }

    private static func environment(with variables: [String: String]) -> InheritedEnvironment {
        InheritedEnvironment(
            environment.without(Array(variables.keys)).entries.map(Array.init)
                + variables.map { Array("\($0.key)=\($0.value)".utf8) }
        )
    }

    static var environment: InheritedEnvironment {
        let identity = [
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
        ]
        let all = TestEnvironment.base.merging(identity) { $1 }
        return InheritedEnvironment(all.map { Array("\($0.key)=\($0.value)".utf8) })
    }

    /// Returns a git whose environment has other variables, too.
    func git(_ variables: [String: String]) -> Git {
        Git(program: gitProgram, inherited: Self.environment(with: variables))
    }

    /// Returns a git that is a script of the shell: it runs the real one with `exec "$git" "$@"`.
    func git(script: String) throws -> Git {
        let program = root + "/.git/wrapper"
        try put("#!/bin/sh\ngit='\(gitProgram)'\n\(script)\n", program)
        chmod(program, 0o755)
        return Git(program: program, inherited: Self.environment)
    }

    /// Calls git as a person would, and returns its output.
    @discardableResult
    func run(in directory: String? = nil, _ arguments: String...) throws -> String {
        try run(in: directory, all: arguments)
    }

    @discardableResult
    func run(in directory: String? = nil, all arguments: [String]) throws -> String {
        let launch = ChildProcess.Launch(
            executable: gitProgram,
            arguments: [gitProgram] + arguments,
            inherited: Self.environment(with: variables),
            environment: [],
            directory: directory ?? root,
            input: []
        )
        let end = ShortProgram(launch, patience: .seconds(300)).run()
        guard end.termination == .exited(0) else {
            let words = String(decoding: end.standardError.head, as: UTF8.self)
            throw GitError("git \(arguments) failed: \(end.termination) \(words)")
        }
        let text = String(decoding: end.output, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Runs a line of the shell as a person would.
    func shell(_ line: String, in directory: String) throws {
        let launch = ChildProcess.Launch(
            executable: "/bin/sh",
            arguments: ["sh", "-ec", line],
            inherited: Self.environment(with: variables),
            environment: [],
            directory: directory,
            input: []
        )
        let end = ShortProgram(launch, patience: .seconds(300)).run()
        guard end.termination == .exited(0) else {
            let words = String(decoding: end.standardError.head, as: UTF8.self)
            throw GitError("\(line) failed: \(end.termination) \(words)")
        }
    }

    func write(_ text: String, _ name: String, in directory: String? = nil) throws {
        let path = (directory ?? root) + "/" + name
        try FileManager.default.createDirectory(
            atPath: path.parentPath,
            withIntermediateDirectories: true
        )
        try put(text, path)
    }

    func commitAll(_ subject: String, in directory: String? = nil) throws {
        try run(in: directory, "add", "--all")
        try run(in: directory, "commit", "--quiet", "--allow-empty", "-m", subject)
    }

    /// The trees of the workspace, made by this git or another.
    func trees(_ other: Git? = nil) throws -> TaskTrees {
        let place = root + "/.autonomous/.quire"
        for name in ["trees", "worktrees"] {
            try FileManager.default.createDirectory(
                atPath: place + "/" + name,
                withIntermediateDirectories: true
            )
        }
        if !FileManager.default.fileExists(atPath: root + "/.autonomous/.gitignore") {
            try put("*\n", root + "/.autonomous/.gitignore")
        }
        return TaskTrees(
            git: other ?? git,
            records: TreeRecords(try Directory(following: place + "/trees")),
            place: place + "/worktrees"
        )
    }

    func request(
        _ task: String,
        in directory: String? = nil,
        needs: [String] = [],
        include: [String] = []
    ) -> TreeRequest {
        TreeRequest(
            task: task,
            directory: directory ?? root,
            base: "HEAD",
            branch: "quire/run/\(task)",
            needs: needs.map { ($0, "quire/run/\($0)") },
            include: include
        )
    }

    /// The path of a task's tree.
    func path(_ task: String) -> String { root + "/.autonomous/.quire/worktrees/" + task }
}

extension TreeTrouble {
    /// The trouble of a call; `nil` if it has none.
    static func of(_ body: () throws -> Void) -> TreeTrouble? {
        do {
            try body()
            return nil
        } catch {
            return error as? TreeTrouble ?? TreeTrouble("another error: \(error)")
        }
    }
}
