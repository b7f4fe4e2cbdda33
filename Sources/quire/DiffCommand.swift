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
            and colours.
            """
    )

    @Argument(help: "The task.")
    var task: String

    @Argument(help: "Only these files and directories.")
    var paths: [String] = []

    @Flag(help: "Only the names and the number of lines.")
    var stat = false

    @OptionGroup var state: StateOptions

    func run() throws {
        let workspace = WorkspacePlace(state).workspace(around: ".".resolvedPath)
        let records = try workspace.directories.state("trees").map(TreeRecords.init)
        guard let record = try records?.record(of: task) else {
            throw Trouble(
                "task \"\(task)\" has no tree of its own; \"isolation: worktree\" in the manifest gives "
                    + "it one, and \"quire list\" shows the tasks",
                status: ExitStatus.missing
            )
        }
        guard let git = try AgentLookup.inPath("git") else {
            throw Trouble("git was not found in PATH; install it", status: ExitStatus.missing)
        }
        let range = "\(record.base)..\(record.tip)"
        let words = ["git", "diff"] + (stat ? ["--stat"] : []) + [range, "--"] + paths
        guard chdir(record.topLevel) == 0 else {
            throw Trouble(
                "entering \(record.topLevel) failed: \(String(cString: strerror(errno)))",
                status: ExitStatus.missing
            )
        }
        // git asks for a pager and for colours by what its output is, so it takes this process's place.
        signal(SIGPIPE, SIG_DFL)
        var arguments = words.map { strdup($0) } + [nil]
        execv(git, &arguments)
        throw Trouble(
            "running \(git) failed: \(String(cString: strerror(errno)))",
            status: ExitStatus.missing
        )
    }
}
