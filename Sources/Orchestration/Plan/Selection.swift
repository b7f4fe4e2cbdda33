import Glibc

/// The choice of the tasks of a plan that a run carries out.
package struct Selection: Hashable, Sendable {
    /// The reason why a selection can't be carried out.
    package enum Problem: Error, Hashable, Sendable {
        /// No task's name matches the pattern.
        case nothingMatches(pattern: String)
        /// A selected task needs one that is neither selected nor complete.
        case needIsMissing(task: String, need: String)
    }

    /// Patterns of the names to select; empty for all.
    package var only: [String]
    /// Patterns of the names to leave out.
    package var skip: [String]
    /// Names to choose from; `nil` for all.
    package var among: Set<String>?

    /// Makes a selection; of everything unless given.
    package init(only: [String] = [], skip: [String] = [], among: Set<String>? = nil) {
        self.only = only
        self.skip = skip
        self.among = among
    }

    /// Returns the selected tasks, in their order.
    ///
    /// A pattern that matches nothing is a mistake, even if other patterns match.
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

    /// Checks that all needs of the selected tasks are selected, too, or complete.
    ///
    /// - Throws: `needIsMissing` for the first need that is neither.
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
    /// Returns true if the text matches a pattern of the shell: `*`, `?`, `[a-z]`.
    package func matches(_ pattern: String) -> Bool {
        fnmatch(pattern, self, 0) == 0
    }
}
