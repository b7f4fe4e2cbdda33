import Orchestration

extension Manifest {
    /// Returns a warning for each directory in which several tasks may work at the same time.
    ///
    /// Each names the tasks that may disturb each other there; tasks with trees of their own disturb none.
    /// Simulated agents get no warning, as they work in the task directories alone. `concurrency` is the
    /// number of sessions at once; `nil` for the manifest's.
    package func sharedDirectories(
        named path: String,
        concurrency: Int? = nil
    ) -> [Diagnostic] {
        guard concurrency ?? self.concurrency > 1, agent != .simulated else { return [] }
        let together = tasks.indices.filter { tasks[$0].tree == nil }
        let shared = Dictionary(grouping: together) { tasks[$0].directory }
            .filter { $1.count > 1 }.sorted { $0.key < $1.key }
        let meeting = MeetingTasks(self).among(shared.map(\.value))
        return zip(shared.map(\.key), meeting).filter { !$1.isEmpty }.map { directory, places in
            let names = places.prefix(3).map { "\"\(tasks[$0].plan.name)\"" }.joined(
                separator: ", "
            )
            let more = places.count > 3 ? " and \(places.count - 3) more" : ""
            return Diagnostic(
                path: path,
                line: tasks[places[0]].line,
                column: 1,
                message: "\(names)\(more) work in the same directory \(directory); "
                    + "give each a tree of its own (isolation: worktree), or its own \"directory\", "
                    + "unless they can't clash"
            )
        }
    }
}
