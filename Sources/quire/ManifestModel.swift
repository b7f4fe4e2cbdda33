import Autonomous
import Foundation
import Manifest
import Orchestration
import RunStore
import Simulation

/// A manifest's tasks as far as one can tell what they will take.
///
/// A task's sessions in an earlier run tell most, then its size hint, then the sessions that other
/// tasks took; without any, what tasks usually take.
struct ManifestModel {
    /// Sessions that a task is thought to take of which nobody knows anything.
    private static let usualSize = 5.0

    /// The drawn work.
    let workload: Workload
    /// The manifest's own plan; no session takes too long in it.
    let plan: RunPlan

    init(_ path: String, state: StateOptions, seed: Int) throws {
        let manifest = try ManifestFile.load(path)
        let place = Workspace.containing((manifest.path as NSString).deletingLastPathComponent)
        let history = try History(directory: state.directory(in: place), run: manifest.path)
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
        let groups = manifest.groups.map(\.name)
        let places = Dictionary(
            manifest.tasks.enumerated().map { ($1.plan.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let usual = history.meanSize ?? Self.usualSize
        let tasks = manifest.tasks.enumerated().map { number, task in
            let size = history.sizes[task.plan.name] ?? task.plan.size ?? usual
            var model = SessionModel()
            model.cap = task.plan.maxSessions > 0 ? task.plan.maxSessions : 1000
            if let minutes = history.medianMinutes { model.medianMinutes = minutes }
            let drawn = model.draw(work: max(0.15, size - 0.6), using: &random)
            return Workload.Task(
                id: number,
                group: task.plan.group.flatMap(groups.firstIndex) ?? groups.count,
                weight: task.plan.weight,
                maxSessions: model.cap,
                needs: task.plan.needs.compactMap { places[$0] },
                sessions: drawn.sessions,
                completesAfter: drawn.completesAfter,
                size: task.plan.size,
                name: task.plan.name
            )
        }
        workload = Workload(
            name: manifest.name,
            seed: seed,
            slots: manifest.concurrency,
            groups: manifest.groups.map { Workload.Group(weight: $0.weight) } + [.init(weight: 1)],
            tasks: tasks
        )
        plan = manifest.plan.withoutTimeouts
    }
}

/// What earlier runs of a manifest tell.
private struct History {
    /// Sessions of each task that was completed.
    var sizes: [String: Double] = [:]
    /// The median session.
    var medianMinutes: Double?

    init(directory: String, run: String) throws {
        do {
            guard let reader = try StoreReader.open(directory: directory) else { return }
            guard try reader.runs().contains(where: { $0.id == run }) else { return }
            for task in try reader.tasks(of: run) where task.outcome == "complete" {
                sizes[task.name] = Double(max(1, task.sessions))
            }
            let minutes = try reader.sessions(of: run).compactMap(\.seconds).map { $0 / 60 }
                .sorted()
            if !minutes.isEmpty { medianMinutes = max(0.001, minutes[minutes.count / 2]) }
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    var meanSize: Double? {
        sizes.isEmpty ? nil : sizes.values.reduce(0, +) / Double(sizes.count)
    }
}

extension RunPlan {
    /// The same plan for sessions whose lengths are drawn and never wrong.
    fileprivate var withoutTimeouts: RunPlan {
        var plan = self
        for task in plan.tasks.indices {
            plan.tasks[task].sessionTimeout = .seconds(1_000_000_000)
            plan.tasks[task].idleTimeout = .seconds(1_000_000_000)
        }
        return plan
    }
}
