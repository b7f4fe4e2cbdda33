import Application
import ArgumentParser
import Autonomous
import Driver
import FileAccess
import Manifest
import Orchestration
import Reporting

/// The options that say where tasks are that a person speaks to.
struct AddressedTasksOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A manifest whose tasks count, too, such as one that was never run.",
            valueName: "manifest"
        ),
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String?

    @OptionGroup var state: StateOptions
}

/// The tasks that a person can speak to: those with a directory, and those of runs and manifests.
struct AddressedTasks {
    private let workspace: Workspace
    private let stateDirectory: String
    private let history: TaskHistory
    private let names: [String]

    init(_ options: AddressedTasksOptions) throws {
        let place = WorkspacePlace(options.state)
        let manifest = try options.manifest.map { try ManifestFile.load($0) }
        workspace =
            manifest.map { place.workspace(ofManifest: $0.path) }
            ?? place.workspace(around: ".".resolvedPath)
        stateDirectory = options.state.directory(in: workspace)
        history = try TaskHistory(in: stateDirectory)
        let listed = try Self.told { [workspace] in try workspace.tasks().map(\.name.description) }
        let planned = manifest?.tasks.map(\.plan.name) ?? []
        names = Set(listed + history.names + planned).sorted()
    }

    /// Returns the directories of the tasks that are like a pattern, which need not exist.
    ///
    /// - Throws: `Trouble` if there is none, with the one that was probably meant.
    func like(_ pattern: String) throws -> [TaskDirectory] {
        let found = names.contains(pattern) ? [pattern] : names.filter { $0.matches(pattern) }
        let directories = found.compactMap { name in
            (try? TaskName(given: name)).map(workspace.taskDirectory)
        }
        guard directories.isEmpty else { return directories }
        let near: SafeText? = Keys.suggestion(forPattern: pattern, among: names)
            .map { "did you mean \"\($0)\"?" }
        let some = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " …" : "")
        let others: SafeText =
            names.isEmpty
            ? "there are none yet; name the manifest: --manifest FILE" : "its tasks are \(some)"
        throw Trouble(
            "no task matches \"\(pattern)\" in \(workspace.root); \(near ?? others)",
            status: ExitStatus.usage
        )
    }

    /// Does something with each of several tasks, whatever becomes of the others.
    static func each<Value>(
        _ tasks: [TaskDirectory],
        _ body: (TaskDirectory) throws -> Value?
    ) -> (values: [Value], troubles: [String]) {
        var (values, troubles): ([Value], [String]) = ([], [])
        for task in tasks {
            do {
                if let value = try body(task) { values.append(value) }
            } catch {
                troubles.append("\(task.name): \(error)")
            }
        }
        return (values, troubles)
    }

    /// Throws a `Trouble` that names all troubles of tasks; does nothing if there are none.
    static func fail(_ troubles: [String]) throws {
        guard !troubles.isEmpty else { return }
        let lines = SafeText(lines: troubles.joined(separator: "\n"))
        throw Trouble(lines, status: ExitStatus.missing)
    }

    /// Writes words for the next session of a task; a run that lives and holds the task does so, and acts at
    /// once.
    func pass(_ words: String, to task: TaskDirectory, isAnswer: Bool) throws {
        let name = "\(task.name)"
        if let found = history[name], found.leg.status(in: stateDirectory) == "running",
            isAnswer ? found.task.outcome == .needsYou : !found.task.isLeftOut
        {
            let client = "quire \(isAnswer ? "answer" : "tell")"
            do throws(ControlTrouble) {
                var run = try ControlClient(run: found.leg.run, in: stateDirectory, client: client)
                let request: SteeringRequest =
                    isAnswer ? .answer([name], words) : .tell([name], words)
                // A run that refuses is ending: its next leg gets the words.
                if case .accepted = try run.send(request) { return }
            } catch {
                // It may have the words already.
                if error == .late { throw error }
            }
        }
        if isAnswer { try task.answer(words) } else { try task.tell(words) }
    }

    /// Returns words on how a task goes on.
    func goingOn(_ task: TaskName) -> String {
        guard let found = history["\(task)"] else { return "to go on: quire run MANIFEST" }
        let isFailed = found.task.outcome?.isFailure ?? false
        let next =
            found.manifest == workspace.taskDirectory(task).path
            ? "quire task --task-name \(task) --continue"
            : "quire run '\(found.manifest)'" + (isFailed ? " --retry-failed" : "")
        guard found.leg.status(in: stateDirectory) == "running" else { return "to go on: \(next)" }
        // A leg takes up again only what asks.
        let goesOn = [nil, .needsYou].contains(found.task.outcome) && !found.task.isLeftOut
        return goesOn && !found.isEnding
            ? "its run goes on with it by itself"
            : "the run under way does not go on with it, the next one does: \(next)"
    }

    /// Returns true if a task is known to be complete, and so asks nobody.
    func isComplete(_ task: TaskName) -> Bool { history["\(task)"]?.task.outcome == .complete }

    /// Does something whose errors people read, by their own words.
    static func told<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as FileError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        } catch let error as PlainText.Refusal {
            throw Trouble("\(error)", status: ExitStatus.usage)
        }
    }
}
