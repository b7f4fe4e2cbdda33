import Application
import ArgumentParser
import Autonomous
import FileAccess
import Glibc
import Reporting
import Trees

/// `quire diff`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a task with a tree of its own has changed.",
        discussion: """
            Compares the task's newest commit with the one that it began from, with your git's pager \
            and colours, and safe for a terminal; with --session, the last commit of that session with what was there before.
            """
    )

    @Argument(help: "The task.", completion: .task)
    var task: String

    @Argument(
        help: "Only these files and directories.",
        completion: .file(),
        transform: Names.path(given:)
    )
    var paths: [String] = []

    @Flag(help: "Only the names and the number of lines.")
    var stat = false

    @Option(help: ArgumentHelp("Only what this session of the task has changed.", valueName: "n"))
    var session: Int?

    @OptionGroup var state: StateOptions

    func run() throws {
        let (record, range) = try TreeTasks.told {
            let record = try TreeTasks(state).record(of: task, status: ExitStatus.missing)
            return (record, try self.range(of: record))
        }
        guard let git = try AgentLookup.inPath("git") else {
            throw Trouble("git was not found in PATH; install it", status: ExitStatus.missing)
        }
        guard chdir(record.topLevel) == 0 else {
            if let gone = GitError(goneFrom: record.topLevel, "comparing") {
                throw Trouble("\(gone)", status: ExitStatus.missing)
            }
            throw Trouble(
                "entering \(record.topLevel) failed: \(String(cString: strerror(errno)))",
                status: ExitStatus.missing
            )
        }
        let pager = try DiffPager(git: git, in: record.topLevel)
        var words = ["git"] + pager.options + ["diff"]
        if stat { words.append("--stat") }
        words += [range, "--"] + paths
        // git asks for a pager and for colours by what its output is, so it takes this process's place.
        signal(SIGPIPE, SIG_DFL)
        setenv("GIT_PAGER", pager.command, 1)
        var arguments = words.map { strdup($0) } + [nil]
        execv(git, &arguments)
        throw Trouble(
            "running \(git) failed: \(String(cString: strerror(errno)))",
            status: ExitStatus.missing
        )
    }

    /// Returns the two commits to compare.
    private func range(of record: TreeRecord) throws -> String {
        let git = try ManifestFile.git()
        guard let session else {
            return "\(record.base)..\(try record.newest(in: record.home, git))"
        }
        let commits = try SessionCommits(of: record, git)
        guard let range = commits.range(of: session) else {
            let others = commits.sessions.map(String.init).joined(separator: ", ")
            throw Trouble(
                "session \(session) of \(task) left no commit: it changed nothing, or it was cut off; "
                    + (others.isEmpty ? "no session left one" : "those that did: \(others)"),
                status: ExitStatus.missing
            )
        }
        return range
    }
}
