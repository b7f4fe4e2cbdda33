import Orchestration

extension Manifest {
    /// A warning for each directory in which several tasks may work at the same time, where they may
    /// get into each other's way; none for simulated agents, which work in the task directories alone.
    ///
    /// `concurrency` is how many sessions run at once; the manifest's own unless given.
    package func sharedDirectories(
        named path: String,
        concurrency: Int? = nil
    ) -> [Diagnostic] {
        guard concurrency ?? self.concurrency > 1, agent != .simulated else { return [] }
        let shared = Dictionary(grouping: tasks.indices) { tasks[$0].directory }
            .filter { $1.count > 1 && !areOneByOne($1) }
        return shared.sorted { $0.key < $1.key }.map { directory, places in
            let names = places.prefix(3).map { "\"\(tasks[$0].plan.name)\"" }.joined(
                separator: ", "
            )
            let more = places.count > 3 ? " and \(places.count - 3) more" : ""
            return Diagnostic(
                path: path,
                line: tasks[places[0]].line,
                column: 1,
                message: "\(names)\(more) work in the same directory \(directory); "
                    + "give each its own \"directory\" unless they can't clash"
            )
        }
    }

    /// Whether no two of these tasks can run at once: their group runs one at a time, or each needs
    /// the one before it.
    private func areOneByOne(_ places: [Int]) -> Bool {
        let names = Set(places.map { tasks[$0].plan.group })
        if names.count == 1, let name = names.first ?? nil,
            groups.contains(where: { $0.name == name && $0.maxConcurrent == 1 })
        {
            return true
        }
        return isChain(places)
    }

    /// Whether one path of needs leads through all of these tasks.
    private func isChain(_ places: [Int]) -> Bool {
        // Where fewer need something than a chain has links, there is none.
        guard places.count(where: { !tasks[$0].plan.needs.isEmpty }) >= places.count - 1 else {
            return false
        }
        let wanted = Set(places)
        let numbers = Dictionary(
            tasks.enumerated().map { ($1.plan.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var open = tasks.map { task in task.plan.needs.count { numbers[$0] != nil } }
        var dependents: [[Int]] = Array(repeating: [], count: tasks.count)
        for (place, task) in tasks.enumerated() {
            for need in task.plan.needs.compactMap({ numbers[$0] }) {
                dependents[need].append(place)
            }
        }
        // How many of them lie at most on a path that ends with a task.
        var longest = Array(repeating: 0, count: tasks.count)
        var free = open.indices.filter { open[$0] == 0 }
        while let place = free.popLast() {
            if wanted.contains(place) { longest[place] += 1 }
            for dependent in dependents[place] {
                longest[dependent] = max(longest[dependent], longest[place])
                open[dependent] -= 1
                if open[dependent] == 0 { free.append(dependent) }
            }
        }
        return longest.max() == places.count
    }
}
