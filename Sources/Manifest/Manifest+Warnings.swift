import Orchestration

// Tasks that may work in one place at the same time.
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
        meeting(concurrency) { $0 }.map { directory, places in
            Diagnostic(
                path: path,
                line: tasks[places[0]].line,
                column: 1,
                message: "\(names(places)) work in the same directory \(directory); "
                    + "give each a tree of its own (isolation: worktree), or its own \"directory\", "
                    + "unless they can't clash\(checkWords(places))"
            )
        }
    }

    /// Returns the words on the checks that run beside the sessions of others; empty for none.
    private func checkWords(_ places: [Int]) -> String {
        let checked = places.filter { tasks[$0].check != nil }
        guard !checked.isEmpty else { return "" }
        let checks = checked.count == 1 ? "the check (verify) of" : "the checks (verify) of"
        return
            "; \(checks) \(names(checked)) may fail, or pass, by what the others do there meanwhile"
    }

    /// Returns the tasks that may work in one tree with others at the same time.
    ///
    /// `tree` returns the top level of the work tree around a directory; `concurrency` is as for
    /// `sharedDirectories`.
    package func tasksBesideOthers(
        concurrency: Int? = nil,
        tree: (String) -> String
    ) -> Set<String> {
        Set(meeting(concurrency, tree).flatMap(\.tasks).map { tasks[$0].plan.name })
    }

    /// Returns a mistake for each tree in which a task's work is to be committed while others may work
    /// there; the arguments are those of the functions above.
    package func sharedCommits(
        named path: String,
        concurrency: Int? = nil,
        tree: (String) -> String
    ) -> [Diagnostic] {
        meeting(concurrency, tree).compactMap { tree, places in
            guard let first = places.first(where: { tasks[$0].commits != nil }) else { return nil }
            return Diagnostic(
                path: path,
                line: tasks[first].line,
                column: 1,
                message:
                    "\(names(places)) may work in \(tree) at the same time, so that a commit would "
                    + "hold the work of several; give each a tree of its own (isolation: worktree), let "
                    + "one follow the other (needs, a group with max_concurrent: 1, or concurrency: 1), "
                    + "or set \"commit: false\""
            )
        }
    }

    private func names(_ places: [Int]) -> String {
        let names = places.prefix(3).map { "\"\(tasks[$0].plan.name)\"" }.joined(separator: ", ")
        return names + (places.count > 3 ? " and \(places.count - 3) more" : "")
    }

    /// Returns the tasks without trees of their own that may work at the same time, by the place that
    /// `place` returns for their directories.
    private func meeting(
        _ concurrency: Int?,
        _ place: (String) -> String
    ) -> [(place: String, tasks: [Int])] {
        guard concurrency ?? self.concurrency > 1, agent != .simulated else { return [] }
        let together = tasks.indices.filter { tasks[$0].tree == nil }
        let directories = Dictionary(grouping: together) { tasks[$0].directory }
        let shared = Dictionary(grouping: directories) { place($0.key) }
            .mapValues { $0.flatMap(\.value).sorted() }
            .filter { $1.count > 1 }.sorted { $0.key < $1.key }
        let meeting = MeetingTasks(self).among(shared.map(\.value))
        return zip(shared.map(\.key), meeting).filter { !$1.isEmpty }.map { ($0, $1) }
    }
}
