import Application
import ArgumentParser
import Autonomous
import Foundation
import Manifest
import Orchestration
import Reporting
import RunStore

/// The options that select tasks of a manifest.
struct SelectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Select only the tasks whose names match this pattern (*, ?, [a-z]); may be repeated, or "
                + "joined with commas.",
            valueName: "pattern"
        )
    )
    var only: [String] = []

    @Option(
        help: ArgumentHelp(
            "Leave out the tasks whose names match this pattern.",
            valueName: "pattern"
        )
    )
    var skip: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take only the tasks in whose directory git sees changes since this commit, new files "
                + "included.",
            valueName: "ref"
        )
    )
    var changedSince: String?

    @Option(
        help: ArgumentHelp(
            "Take the k-th of n parts of about the same size, for n machines; tasks that need each "
                + "other stay together.",
            valueName: "k/n"
        ),
        transform: Shard.init(argument:)
    )
    var shard: Shard?

    @Option(
        help: ArgumentHelp(
            "With --shard: take the tasks' sizes from the runs of this state directory; give it to "
                + "every shard. May be repeated.",
            valueName: "dir"
        ),
        completion: .directory,
        transform: Names.path(given:)
    )
    var history: [String] = []

    func validate() throws {
        if !history.isEmpty, shard == nil {
            throw ValidationError("--history says how to balance shards; give --shard, too")
        }
        if (only + skip).flatMap(\.patterns).contains("") {
            throw ValidationError("--only and --skip take patterns of names, and one is empty")
        }
    }

    /// Returns the manifest's selected tasks.
    ///
    /// - Throws: `Trouble` if the selection is invalid, or if a selected task needs one that is neither
    ///   selected nor complete.
    func select(
        from manifest: Manifest,
        in workspace: Workspace,
        stateDirectory: String
    ) throws -> SelectedTasks {
        do {
            return try selected(from: manifest, in: workspace, stateDirectory: stateDirectory)
        } catch let problem as Selection.Problem {
            throw Trouble(Self.words(for: problem, in: manifest), status: ExitStatus.usage)
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private func selected(
        from manifest: Manifest,
        in workspace: Workspace,
        stateDirectory: String
    ) throws -> SelectedTasks {
        var warnings: [String] = []
        let selection = Selection(
            only: only.flatMap(\.patterns),
            skip: skip.flatMap(\.patterns),
            among: try changedTasks(of: manifest, &warnings)
        )
        let all = manifest.tasks.map(\.plan)
        var plans = try selection.apply(to: all)
        if plans.isEmpty, changedSince == nil {
            throw Trouble(
                "no task is left: --skip leaves out all tasks that --only selects",
                status: ExitStatus.usage
            )
        }
        var part: RunPart?
        var held = all
        if let shard {
            let sized = try sizedByHistory(plans)
            let sharding = Sharding(sized, count: shard.count)
            // The leg also holds the tasks that the shard would have without --only, --skip and
            // --changed-since.
            let whole = plans.count == all.count ? sharding : try deal(all, among: shard.count)
            part = RunPart(
                shard: shard,
                tasks: plans.count,
                manifest: manifest.fingerprint(of: sized)
            )
            warnings += Self.warning(about: sharding, plans)
            plans = sharding.tasks[shard.number - 1].map { plans[$0] }
            let own = Set(whole.tasks[shard.number - 1].map { all[$0].name } + plans.map(\.name))
            held = all.filter { own.contains($0.name) }
        }
        let done = CompleteTasks(manifest, in: workspace, stateDirectory: stateDirectory)
        try Selection.checkNeeds(of: plans, isComplete: done.contains)
        return SelectedTasks(
            manifest.keeping(plans),
            held: manifest.keeping(held),
            part: part,
            warnings: warnings
        )
    }

    private func deal(_ plans: [TaskPlan], among count: Int) throws -> Sharding {
        Sharding(try sizedByHistory(plans), count: count)
    }

    private func changedTasks(
        of manifest: Manifest,
        _ warnings: inout [String]
    ) throws -> Set<String>? {
        guard let changedSince else { return nil }
        let directory = (manifest.path as NSString).deletingLastPathComponent
        let changes = try GitChanges(since: changedSince, around: directory)
        var names: Set<String> = []
        for task in manifest.tasks {
            let isTouched = changes.touch(task.directory)
            if isTouched == nil {
                warnings.append(
                    "\(task.plan.name) works in \(task.directory), which is not in \(changes.root): "
                        + "it is selected, as its changes are unknown"
                )
            }
            if isTouched ?? true { names.insert(task.plan.name) }
        }
        return names
    }

    /// Returns the tasks, with the sizes that earlier runs recorded for them.
    private func sizedByHistory(_ plans: [TaskPlan]) throws -> [TaskPlan] {
        guard !history.isEmpty else { return plans }
        var sizes: [String: Double] = [:]
        for directory in history {
            guard let reader = try StoreReader.open(directory: directory.resolvedPath) else {
                throw Trouble(
                    "--history: there is no run database in \(directory.resolvedPath); name the "
                        + "state directory of an earlier run",
                    status: ExitStatus.missing
                )
            }
            // The newest run comes first, and its sizes are not overwritten.
            for run in try reader.runs() {
                for (task, sessions) in try reader.completeTasks(of: run.run) {
                    sizes[task] = sizes[task] ?? Double(max(1, sessions))
                }
            }
        }
        return plans.map { plan in
            var plan = plan
            plan.size = sizes[plan.name] ?? plan.size
            return plan
        }
    }

    /// Returns a warning if tasks that need each other make one shard too large.
    private static func warning(about sharding: Sharding, _ plans: [TaskPlan]) -> [String] {
        let mean = sharding.sizes.reduce(0, +) / Double(sharding.sizes.count)
        guard let largest = sharding.largest, largest.tasks.count > 1, largest.size > 1.5 * mean
        else { return [] }
        let names = largest.tasks.prefix(3).map { "\"\(plans[$0].name)\"" }.joined(separator: ", ")
        let more = largest.tasks.count > 3 ? " and \(largest.tasks.count - 3) more" : ""
        return [
            "\(names)\(more) need each other and stay in one shard, which is "
                + "\(Format.decimal(largest.size / mean, 1)) times as large as the mean one; use fewer "
                + "shards, or run what the others need before (--only) and the rest in shards (--skip)"
        ]
    }

    static func words(for problem: Selection.Problem, in manifest: Manifest) -> SafeText {
        let names = manifest.tasks.map(\.plan.name)
        switch problem {
        case .nothingMatches(let pattern):
            let near: SafeText? = Keys.suggestion(forPattern: pattern, among: names)
                .map { "; did you mean \"\($0)\"?" }
            let some = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " …" : "")
            return "no task matches \"\(pattern)\" in \(manifest.path)"
                + (near ?? "; its tasks are \(some)")
        case .needIsMissing(let task, let need):
            return "\"\(task)\" needs \"\(need)\", which is neither selected nor complete; "
                + "select it, too, or run it before: --only \(need)"
        }
    }
}

extension Shard {
    /// Parses the argument of `--shard`.
    init(argument: String) throws {
        guard let shard = Shard(argument) else {
            throw ValidationError("a shard is K/N, with K from 1 to N, such as 2/8")
        }
        self = shard
    }
}

extension String {
    /// The comma-separated patterns.
    var patterns: [String] {
        split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}
