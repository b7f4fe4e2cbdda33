package import Autonomous
package import Manifest
package import Orchestration
import RunStore

/// The tasks of a manifest that a run carries out.
package struct SelectedTasks {
    /// The manifest with the selected tasks only.
    package var manifest: Manifest
    /// The manifest with all tasks that the run holds; the unselected ones keep their recorded state.
    package var held: Manifest
    /// The shard among all selected tasks; `nil` if the run is not sharded.
    package var part: RunPart?
    /// Warnings about the selection.
    package var warnings: [String]

    /// Makes a selection; see the properties.
    package init(_ manifest: Manifest, held: Manifest, part: RunPart?, warnings: [String]) {
        (self.manifest, self.held) = (manifest, held)
        (self.part, self.warnings) = (part, warnings)
    }

    /// The run's id: every shard is a run of its own.
    package var run: String { RunName.of(manifest.path, part?.shard) }
}

/// The ids of runs.
package enum RunName {
    /// The id of a manifest's run, or of a shard of it.
    package static func of(_ manifest: String, _ shard: Shard?) -> String {
        manifest + (shard.map { "#\($0)" } ?? "")
    }

    /// Returns the manifest of a run, given the id of the run or of one of its shards.
    package static func manifest(of id: String) -> String {
        guard let mark = id.lastIndex(of: "#"), Shard(String(id[mark...].dropFirst())) != nil else {
            return id
        }
        return String(id[..<mark])
    }

    /// Returns true if a run is a manifest's, or one of its shards.
    package static func isRun(_ id: String, of manifest: String) -> Bool {
        guard id.hasPrefix(manifest) else { return false }
        let rest = id.dropFirst(manifest.count)
        return rest.isEmpty || rest.first == "#" && Shard(String(rest.dropFirst())) != nil
    }
}

/// The tasks that are complete already, according to their checklists or the recorded runs.
package struct CompleteTasks {
    private let manifest: Manifest
    private let workspace: Workspace
    private let stateDirectory: String

    /// Makes the set for a manifest's tasks in a workspace.
    package init(_ manifest: Manifest, in workspace: Workspace, stateDirectory: String) {
        (self.manifest, self.workspace) = (manifest, workspace)
        self.stateDirectory = stateDirectory
    }

    /// Returns true if a task's checklist is complete; for a task with a check, and where the task never had
    /// a checklist, as on another machine, the recorded runs decide.
    package func contains(_ task: String) -> Bool {
        guard let name = try? TaskName(given: task) else { return isRecorded(task) }
        let directory = workspace.taskDirectory(name)
        return switch directory.checklistAsItLies() {
        case .good(let progress): progress.isComplete && (!isChecked(task) || isRecorded(task))
        case .damaged: false
        // The accepted copy of a list tells that it was here, and was deleted: the task begins anew.
        case .missing: !directory.hasCopy && isRecorded(task)
        }
    }

    private func isChecked(_ task: String) -> Bool {
        manifest.tasks.contains { $0.plan.name == task && $0.check != nil }
    }

    /// Returns true if a recorded run completed the task.
    ///
    /// A database that can't be read counts as empty; the run that opens it reports the error.
    private func isRecorded(_ task: String) -> Bool {
        guard let reader = try? StoreReader.open(directory: stateDirectory),
            let runs = try? reader.runs()
        else { return false }
        return runs.lazy.filter { RunName.isRun($0.run, of: manifest.path) }
            .contains { (try? reader.completeTasks(of: $0.run))?[task] != nil }
    }
}

extension Manifest {
    /// The manifest with some of its tasks.
    package func keeping(_ plans: [TaskPlan]) -> Manifest {
        guard plans.count < tasks.count else { return self }
        let names = Set(plans.map(\.name))
        var manifest = self
        manifest.tasks.removeAll { !names.contains($0.plan.name) }
        return manifest
    }

    /// Returns the fingerprint of these tasks and of their distribution among shards.
    ///
    /// It is the same on every machine, whatever the manifest's path there.
    package func fingerprint(of plans: [TaskPlan]) -> String {
        let prompts = Dictionary(tasks.map { ($0.plan.name, $0.prompt) }) { first, _ in first }
        var fingerprint = Fingerprint(name)
        for plan in plans.sorted(by: { $0.name < $1.name }) {
            fingerprint.add(plan.name)
            fingerprint.add(prompts[plan.name] ?? "")
            fingerprint.add(plan.size.map { "\($0)" } ?? "")
            for need in plan.needs { fingerprint.add(need) }
        }
        return fingerprint.text
    }
}
