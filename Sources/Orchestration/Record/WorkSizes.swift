/// Sums over the checklists of a run's tasks, in entries.
///
/// A task without a list counts as many entries as the known lists have on average: a run of which few tasks
/// have begun is not half done because half of their entries are ticked.
package struct WorkSizes: Hashable, Sendable {
    private var done = 0.0
    private var whole = 0.0
    /// The entries that the leg's open tasks have left.
    package private(set) var open = 0.0
    /// The variance of `open`, from the sizes that are not known.
    package private(set) var variance = 0.0

    /// The share of the work that is done, from 0 to 1.
    package var share: Double { whole > 0 ? min(1, done / whole) : 0 }

    /// Makes the sums of tasks; those that the leg leaves out don't count.
    package init(_ tasks: [TaskRecord]) {
        let known = tasks.compactMap(\.progress).filter { $0.total > 0 }.map { Double($0.total) }
        let mean = known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
        let squares = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let spread = squares / Double(max(1, known.count - 1))
        var unknown = 0.0
        for task in tasks where !task.isLeftOut {
            let total = task.progress.map { Double($0.total) } ?? mean
            let ticked = task.progress.map { Double($0.ticked) } ?? 0
            done += task.outcome == .complete ? total : ticked
            // What failed is over, and not work that is left.
            whole += task.outcome?.isFailure ?? false ? ticked : total
            guard task.isOpen else { continue }
            open += max(0, total - ticked)
            if task.progress == nil { unknown += 1 }
        }
        variance = unknown * spread + unknown * unknown * spread / Double(max(1, known.count))
    }
}
