import Orchestration

extension Manifest {
    /// A warning for each directory in which several tasks work: at the same time they may get
    /// into each other's way.
    package func sharedDirectories(named path: String) -> [Diagnostic] {
        let shared = Dictionary(grouping: tasks, by: \.directory).filter { $1.count > 1 }
        return shared.sorted { $0.key < $1.key }.map { directory, tasks in
            let names = tasks.prefix(3).map { "\"\($0.plan.name)\"" }.joined(separator: ", ")
            let more = tasks.count > 3 ? " and \(tasks.count - 3) more" : ""
            return Diagnostic(
                path: path,
                line: tasks[0].line,
                column: 1,
                message: "\(names)\(more) work in the same directory \(directory); "
                    + "give each its own \"directory\" unless they can't clash"
            )
        }
    }
}
