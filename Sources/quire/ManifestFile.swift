import Agent
import Application
import Autonomous
import Dates
import Driver
import EventLoop
import FileAccess
import Foundation
import Glibc
import Manifest
import Orchestration
import Reporting
import Trees
import Version

/// Loads a manifest and turns it into a request for a run.
enum ManifestFile {
    /// Loads a manifest.
    ///
    /// - Throws: `Trouble` with status 64 that lists all errors in the manifest.
    static func load(_ path: String) throws -> Manifest {
        do {
            return try Manifest.load(path: path)
        } catch {
            let count = error.diagnostics.count
            throw Trouble(
                error.diagnostics.map { "\($0)" as SafeText }.joined(separator: "\n")
                    + "\n\(Format.count(count, "error")) in \(path)",
                status: ExitStatus.usage
            )
        }
    }

    /// Returns what changes with a manifest's file; `nil` while there is none.
    static func stamp(_ path: String) -> String? {
        var status = stat()
        guard fstatat(AT_FDCWD, path, &status, 0) == 0 else { return nil }
        let time = status.st_mtim
        return "\(status.st_ino) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
    }

    /// Returns the request for the selected tasks of a manifest.
    static func request(
        _ selected: SelectedTasks,
        workspace: Workspace,
        concurrency: Int?,
        retryFailed: Bool
    ) throws -> RunRequest {
        let manifest = selected.held
        let names = Set(selected.manifest.tasks.map(\.plan.name))
        var plan = manifest.plan.leavingOutAll(but: names)
        if let concurrency { (plan.concurrency, plan.leastConcurrency) = (concurrency, nil) }
        let accounts = Accounts(of: manifest)
        accounts.fill(&plan, of: manifest)
        if !manifest.accounts.isEmpty, accounts.pool.isEmpty {
            throw Trouble(
                accounts.leftOut.map { "\($0)" as SafeText }.joined(separator: "\n"),
                status: ExitStatus.missing
            )
        }
        plan.hours = manifest.hours?.plan(from: SystemClock.wall, offset: LocalTime.offset)
        let directory = (manifest.path as NSString).deletingLastPathComponent
        let agents = try TaskAgents(
            of: manifest,
            selected: Set(plan.selected.map(\.name)),
            in: directory
        )
        let companies = Companies(of: selected.manifest, concurrency: concurrency)
        var request = RunRequest(
            run: selected.run,
            name: manifest.name,
            version: Version.number,
            plan: plan,
            work: works(manifest.tasks, plan.tasks, agents, companies),
            workspace: workspace,
            agent: agents.common,
            launcher: try AgentLookup.launcher(manifest.launcher, in: directory),
            prompts: try templates(manifest.prompts),
            environment: .handedOn,
            retryFailed: retryFailed,
            waitsForTasks: true,
            part: selected.part
        )
        request.redactor = Redactor(
            environment: [Terminal.environment] + manifest.environments,
            words: manifest.redact
        )
        request.warnings += accounts.leftOut
        request.accounts = accounts.directories(plan)
        request.worktrees = manifest.treePlace(in: workspace)
        (request.hooks, request.notify) = (manifest.hooks, manifest.notify)
        request.manifestDirectory = directory
        if manifest.tasks.contains(where: { $0.tree != nil || $0.commits != nil }) {
            request.git = try git()
        }
        return request
    }

    /// Returns the git that makes trees.
    ///
    /// - Throws: `Trouble` with status 69 if there is none.
    static func git() throws -> Git {
        guard let program = try AgentLookup.inPath("git") else {
            throw Trouble(
                "trees and commits of tasks (isolation: worktree, commit: true) need git, which was not found in PATH; install it",
                status: ExitStatus.missing
            )
        }
        return Git(program: program, inherited: .handedOn)
    }

    /// Returns the work of a manifest's tasks, whose plans have the same order.
    private static func works(
        _ tasks: [Manifest.Task],
        _ plans: [TaskPlan],
        _ agents: TaskAgents,
        _ companies: Companies
    ) -> [String: TaskWork] {
        let works = zip(tasks, plans).map { task, plan in
            var work = work(task, agents, companies.of(task))
            work.account = plan.account
            return (plan.name, work)
        }
        return Dictionary(works) { $1 }
    }

    private static func work(
        _ task: Manifest.Task,
        _ agents: TaskAgents,
        _ company: Company
    ) -> TaskWork {
        var work = TaskWork(
            description: task.prompt,
            directory: task.directory,
            sandbox: task.sandbox,
            environment: task.environment,
            arguments: task.codexArguments,
            model: task.model,
            memory: task.memory,
            agent: agents.own[task.plan.name]
        )
        (work.company, work.commits) = (company, task.commits)
        (work.artifacts, work.check, work.hooks) = (task.artifacts, task.check, task.hooks)
        work.settings = task.settings
        work.tree = task.tree.map { tree in
            TreeWork(
                base: tree.base,
                branch: tree.branch,
                include: tree.include,
                commits: tree.commits,
                setup: tree.setup
            )
        }
        return work
    }

    /// Returns the templates that a manifest names, or the embedded ones where it names none.
    ///
    /// - Throws: `Trouble` if a file can't be read any more: it could when the manifest was read.
    static func templates(_ files: Manifest.Prompts) throws -> PromptTemplates {
        func text(_ path: String?) throws -> String? {
            do {
                return try path.map { try String(contentsOfFile: $0, encoding: .utf8) }
            } catch {
                throw Trouble(
                    "the template \"\(path ?? "")\" can't be read any more: "
                        + "\(error.localizedDescription)",
                    status: ExitStatus.missing
                )
            }
        }
        return PromptTemplates(
            initializer: try text(files.initializer) ?? PromptTemplates.embedded.initializer,
            executor: try text(files.executor) ?? PromptTemplates.embedded.executor
        )
    }
}
