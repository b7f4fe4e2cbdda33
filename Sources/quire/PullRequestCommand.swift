import Application
import ArgumentParser
import Autonomous
import Foundation
import Orchestration
import Reporting
import Trees

/// `quire pr`.
struct PullRequestCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "pr",
        abstract: "Push the branches of tasks, and open a pull request for each.",
        discussion: """
            Takes the tasks named, or all whose checklists are complete. Pushes their branches, never \
            by force, and opens or updates a pull request for each with gh (GitHub) or glab (GitLab) \
            where that is installed; otherwise it prints the pages on which to open them. The text has \
            the task's prompt, entries and sessions; one that somebody has edited is left alone.

            Exit status: 0 all handed over; 64 errors in the call; 69 something it needs is missing; \
            101 something was refused or left out.
            """
    )

    @Argument(help: "The tasks; all complete ones unless given.", completion: .task)
    var tasks: [String] = []

    @Flag(help: "Open drafts.")
    var draft = false

    @Option(
        help: ArgumentHelp(
            "The remote to push to (default: origin, or the only one).",
            valueName: "remote"
        )
    )
    var remote: String?

    @Option(
        help: ArgumentHelp(
            "The branch to merge into (default: the one checked out).",
            valueName: "branch"
        ),
        completion: .branch
    )
    var into: String?

    @OptionGroup var state: StateOptions

    func run() throws {
        let isLeftOut = try TreeTasks.told {
            let trees = try TreeTasks(state)
            let git = try ManifestFile.git()
            let chosen = try trees.chosen(tasks)
            let history = chosen.history
            let redactor = Redactor(ofRuns: chosen.records.compactMap { history[$0.task]?.leg.run })
            var isLeftOut = chosen.isLeftOut
            for (repository, group) in trees.byRepository(chosen.records) {
                let handOver = try HandOver(
                    self,
                    of: repository,
                    workspace: trees.workspace,
                    history: history,
                    redactor: redactor,
                    git
                )
                for record in try MergeCandidates.ordered(group, of: repository, git) {
                    guard try !trees.tellUnresolved(record, in: repository, git) else {
                        isLeftOut = true
                        continue
                    }
                    if try trees.tellUncommitted(record, git, redactor) { isLeftOut = true }
                    isLeftOut = try !handOver.run(record) || isLeftOut
                }
            }
            return isLeftOut
        }
        if isLeftOut { throw ExitCode(ExitStatus.unfinished) }
    }
}

/// The pull requests of tasks in one repository.
private struct HandOver {
    private let command: PullRequestCommand
    private let repository: Repository
    private let workspace: Workspace
    private let history: TaskHistory
    private let redactor: Redactor
    private let git: Git
    private let remote: String
    private let base: String?
    private let forge: Forge
    private let programs: [ForgeProgram]

    init(
        _ command: PullRequestCommand,
        of repository: Repository,
        workspace: Workspace,
        history: TaskHistory,
        redactor: Redactor,
        _ git: Git
    ) throws {
        (self.command, self.repository, self.git) = (command, repository, git)
        (self.workspace, self.history, self.redactor) = (workspace, history, redactor)
        remote = try Self.remote(command.remote, in: repository, git)
        let address = try git.line(
            ["remote", "get-url", "--push", remote],
            in: repository.topLevel,
            doing: "looking for the remote \(remote)"
        )
        base = try command.into ?? repository.currentBranch(git)
        forge = Forge(remote: address)
        programs = try forge.programs()
    }

    private static func remote(
        _ given: String?,
        in repository: Repository,
        _ git: Git
    ) throws -> String {
        let list = try git.output(
            ["remote"],
            in: repository.topLevel,
            doing: "listing the remotes"
        )
        let names = String(decoding: list, as: UTF8.self).split(separator: "\n").map(String.init)
        let usual = names.count == 1 ? names[0] : "origin"
        guard names.contains(given ?? usual) else {
            let words = names.isEmpty ? "it has none" : "it has \(names.joined(separator: ", "))"
            throw Trouble(
                "\(repository.topLevel) has no remote \"\(given ?? usual)\", \(words); name one with "
                    + "--remote, or add it: git remote add",
                status: given == nil ? ExitStatus.missing : ExitStatus.usage
            )
        }
        return given ?? usual
    }

    /// Pushes a task's branch and hands it over; returns false if anything was refused.
    func run(_ record: TreeRecord) throws -> Bool {
        let task = record.task
        let commit = try record.newest(in: repository, git)
        if record.isPruned == true {
            Terminal.say("\(task): is merged and cleaned up already")
            return true
        }
        if commit == record.base {
            Terminal.say("\(task): has committed nothing")
            return true
        }
        if let base, try record.hasLanded(commit, in: base, of: repository, git) {
            Terminal.say("\(task): is in \(base) already")
            return true
        }
        guard try push(commit, record) else { return false }
        let text = try text(of: record)
        var troubles: [SafeText] = []
        for program in programs {
            do {
                let result = try program.hand(
                    over: record.branch,
                    into: base,
                    text,
                    isDraft: command.draft,
                    in: repository.topLevel
                )
                tell(result, task)
                return true
            } catch let trouble as Trouble {
                troubles.append(trouble.message)
            }
        }
        let page = forge.page(of: record.branch, into: base)
        Terminal.say("\(task): pushed \(record.branch) to \(remote)")
        if let page { Terminal.say("    open a pull request: \(page)") }
        for trouble in troubles { Terminal.complain("\(task): \(trouble)") }
        return troubles.isEmpty
    }

    private func tell(_ result: ForgeProgram.Result, _ task: String) {
        switch result {
        case .opened(let page): Terminal.say("\(task): opened \(page)")
        case .updated(let page): Terminal.say("\(task): pushed, and updated \(page)")
        case .edited(let page):
            Terminal.say("\(task): pushed; somebody has edited the text of \(page), and it stays")
        }
    }

    /// Pushes a commit as a task's branch; says so, with git's words, if it is refused.
    private func push(_ commit: String, _ record: TreeRecord) throws -> Bool {
        guard try pushLargeFiles(of: commit, record) else { return false }
        let settings = [
            "push.followTags=false", "push.recurseSubmodules=no", "push.gpgSign=false",
        ]
        let answer = git.call(
            settings.flatMap { ["-c", $0] }
                + [
                    "push", "--no-verify", "--no-progress", remote,
                    "\(commit):refs/heads/\(record.branch)",
                ],
            in: repository.topLevel
        )
        if answer.status == 0 { return true }
        tell(answer.errors.isEmpty ? answer.complaint : answer.errors, onPushing: record)
        return false
    }

    /// Pushes what git-lfs keeps of a commit, which its hook would do if hooks ran; returns false if that is
    /// refused.
    private func pushLargeFiles(of commit: String, _ record: TreeRecord) throws -> Bool {
        let files = LargeFiles(of: repository, git)
        guard try files.areNew(in: commit, notAt: remote) else { return true }
        guard files.canBePushed else {
            tell(
                "it has files that git-lfs keeps, which was not found, and without it nobody could get "
                    + "them; install git-lfs",
                onPushing: record
            )
            return false
        }
        do throws(GitError) {
            try files.push(commit, as: record.branch, to: remote)
            return true
        } catch {
            tell("\(error)", onPushing: record)
            return false
        }
    }

    private func tell(_ words: String, onPushing record: TreeRecord) {
        let lines = SafeText(lines: words.trimmingCharacters(in: .whitespacesAndNewlines))
        Terminal.complain(
            "\(record.task): \(record.branch) was not pushed to \(remote):\n    \(lines.hanging(4, width: nil))"
        )
    }

    private func text(of record: TreeRecord) throws -> PullRequestText {
        let directory = workspace.taskDirectory(try TaskName(given: record.task))
        let list = try? Checklist(bytes: Array(directory.taskListText().utf8))
        let found = history[record.task]
        return PullRequestText(
            task: record.task,
            prompt: directory.promptText().map(redactor.redact),
            entries: list?.entries.map { (redactor.redact($0.text), $0.isTicked) } ?? [],
            record: found?.task,
            prices: found?.leg.prices
        )
    }
}
