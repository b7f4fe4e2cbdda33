package import Autonomous
package import Manifest
package import Orchestration
import RunStore

/// The tasks of a manifest that a run carries out.
package struct SelectedTasks {
    /// The manifest with these tasks alone.
    package var manifest: Manifest
    /// The manifest with all tasks that the run holds: those that are not selected keep what is known
    /// of them.
    package var held: Manifest
    /// The part of them that a shard is; `nil` for all.
    package var part: RunPart?
    /// Warnings on what is odd about them.
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

    /// The manifest whose run has an id, in whole or in part.
    package static func manifest(of id: String) -> String {
        guard let mark = id.lastIndex(of: "#"), Shard(String(id[mark...].dropFirst())) != nil else {
            return id
        }
        return String(id[..<mark])
    }

    /// Whether a run is a manifest's, in whole or in part.
    package static func isRun(_ id: String, of manifest: String) -> Bool {
        guard id.hasPrefix(manifest) else { return false }
        let rest = id.dropFirst(manifest.count)
        return rest.isEmpty || rest.first == "#" && Shard(String(rest.dropFirst())) != nil
    }
}

/// The tasks that are complete already, as the checklists and the runs tell.
package struct CompleteTasks {
    private let manifest: Manifest
    private let workspace: Workspace
    private let stateDirectory: String

    /// Looks at a manifest's tasks in a workspace.
    package init(_ manifest: Manifest, in workspace: Workspace, stateDirectory: String) {
        (self.manifest, self.workspace) = (manifest, workspace)
        self.stateDirectory = stateDirectory
    }

    /// Whether a task's list is complete; only where there is none, as on another machine, the runs
    /// tell.
    package func contains(_ task: String) -> Bool {
        switch list(of: task) {
        case .good(let progress): progress.isComplete
        case .damaged: false
        case .missing: isRecorded(task)
        }
    }

    private func list(of task: String) -> ChecklistState {
        guard let name = try? TaskName(given: task) else { return .missing }
        return workspace.taskDirectory(name).checklistAsItLies()
    }

    /// What the runs tell; a database that can't be read tells nothing, and the run that opens it
    /// says what is wrong with it.
    private func isRecorded(_ task: String) -> Bool {
        guard let reader = try? StoreReader.open(directory: stateDirectory),
            let runs = try? reader.runs()
        else { return false }
        return runs.lazy.filter { RunName.isRun($0.id, of: manifest.path) }
            .contains { (try? reader.completeTasks(of: $0.id))?[task] != nil }
    }
}

extension Manifest {
    /// The manifest with some of its tasks.
    package func keeping(_ plans: [TaskPlan]) -> Manifest {
        let names = Set(plans.map(\.name))
        var manifest = self
        manifest.tasks.removeAll { !names.contains($0.plan.name) }
        return manifest
    }

    /// The fingerprint of these tasks and of the way in which they are dealt: the same on every machine,
    /// wherever the manifest lies there.
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
