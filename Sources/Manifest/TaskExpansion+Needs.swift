import Orchestration
import Yams

// The needs of tasks.
extension TaskExpansion {
    /// Returns the tasks with their needs resolved to names of other tasks.
    func resolved() -> [Manifest.Task] {
        var result = tasks
        var count = 0
        for place in result.indices {
            result[place].plan.needs = needs(of: result[place], nodes[place])
            count += result[place].plan.needs.count
            guard count <= Self.needsLimit else {
                reader.fail(
                    nodes[place],
                    "the tasks need more others than \(Self.needsLimit) in all; put a task between "
                        + "those that need and those that are needed"
                )
                return result
            }
        }
        checkCycles(result)
        return result
    }

    private func needs(of task: Manifest.Task, _ node: Node) -> [String] {
        var result: [String] = []
        var seen: Set<String> = []
        for need in task.plan.needs {
            if need == task.plan.name {
                reader.fail(node, "task \"\(need)\" needs itself")
            } else if let names = expansions[need] ?? (lines[need] == nil ? nil : [need]) {
                result += names.filter { seen.insert($0).inserted }
            } else {
                let known = Set(lines.keys).union(expansions.keys)
                let near =
                    reader.isWorthAdvice
                    ? Keys.suggestion(for: need, among: Array(known).sorted()) : nil
                reader.fail(
                    node,
                    "task \"\(task.plan.name)\" needs \"\(need)\", which is not defined"
                        + (near.map { "; did you mean \"\($0)\"?" } ?? "")
                )
            }
        }
        return result
    }

    /// Reports one cycle of needs, if any: removes tasks without open needs until none is left.
    private func checkCycles(_ tasks: [Manifest.Task]) {
        let places = Dictionary(
            tasks.enumerated().map { ($1.plan.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var open = tasks.map(\.plan.needs.count)
        var dependents: [String: [Int]] = [:]
        for (place, task) in tasks.enumerated() {
            for need in task.plan.needs { dependents[need, default: []].append(place) }
        }
        var free = open.indices.filter { open[$0] == 0 }
        while let place = free.popLast() {
            for dependent in dependents[tasks[place].plan.name] ?? [] {
                open[dependent] -= 1
                if open[dependent] == 0 { free.append(dependent) }
            }
        }
        guard var place = open.indices.first(where: { open[$0] > 0 }) else { return }
        var walk: [Int] = []
        var seen: Set<Int> = []
        while seen.insert(place).inserted {
            walk.append(place)
            let next = tasks[place].plan.needs.compactMap { places[$0] }.first { open[$0] > 0 }
            guard let next else { return }
            place = next
        }
        let cycle = walk.drop { $0 != place } + [place]
        reader.fail(
            nodes[place],
            "tasks need each other in a circle: "
                + cycle.map { tasks[$0].plan.name }.joined(separator: " → ")
        )
    }
}
