import Orchestration

extension Manifest {
    /// A warning for each directory in which several tasks may work at the same time.
    ///
    /// It names those that may, and that could get into each other's way there; there is none for
    /// simulated agents, which work in the task directories alone. `concurrency` is how many sessions
    /// run at once; the manifest's own unless given.
    package func sharedDirectories(
        named path: String,
        concurrency: Int? = nil
    ) -> [Diagnostic] {
        guard concurrency ?? self.concurrency > 1, agent != .simulated else { return [] }
        let shared = Dictionary(grouping: tasks.indices) { tasks[$0].directory }
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
                    + "give each its own \"directory\" unless they can't clash"
            )
        }
    }
}
