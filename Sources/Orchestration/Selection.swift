import Glibc

/// Which tasks of a plan a run carries out.
package struct Selection: Hashable, Sendable {
    /// Why a selection can't be carried out.
    package enum Problem: Error, Hashable, Sendable {
        /// No task has a name like this.
        case nothingMatches(pattern: String)
        /// A task was selected, and what it needs was neither selected nor is it complete.
        case needIsMissing(task: String, need: String)
    }

    /// Patterns of the names to take; empty for all.
    package var only: [String]
    /// Patterns of the names to leave out.
    package var skip: [String]
    /// The names among which to choose; `nil` for all.
    package var among: Set<String>?

    /// Makes a selection: of everything, unless said otherwise.
    package init(only: [String] = [], skip: [String] = [], among: Set<String>? = nil) {
        self.only = only
        self.skip = skip
        self.among = among
    }

    /// The tasks that are selected, in their order.
    ///
    /// A pattern that nothing matches is a mistake, whatever the others match.
    package func apply(to tasks: [TaskPlan]) throws(Problem) -> [TaskPlan] {
        for pattern in only + skip where !tasks.contains(where: { $0.name.matches(pattern) }) {
            throw .nothingMatches(pattern: pattern)
        }
        return tasks.filter { task in
            (only.isEmpty || only.contains { task.name.matches($0) })
                && !skip.contains { task.name.matches($0) }
                && among?.contains(task.name) ?? true
        }
    }

    /// Checks that what the selected tasks need is selected, too, or complete.
    ///
    /// - Throws: the first need that is neither.
    package static func checkNeeds(
        of tasks: [TaskPlan],
        isComplete: (String) -> Bool
    ) throws(Problem) {
        let names = Set(tasks.map(\.name))
        for task in tasks {
            for need in task.needs where !names.contains(need) && !isComplete(need) {
                throw .needIsMissing(task: task.name, need: need)
            }
        }
    }
}

extension String {
    /// Whether the text is like a pattern of the shell: `*`, `?`, `[a-z]`.
    fileprivate func matches(_ pattern: String) -> Bool {
        fnmatch(pattern, self, 0) == 0
    }
}
