import Orchestration

/// The batches that are not written yet, in order, and when they will be.
struct WaitingBatches: Sendable {
    /// A batch, and who is told what became of it.
    struct Appended: Sendable {
        var batch: JournalBatch
        /// Whether something waits for the batch to be written.
        var isUrgent: Bool
        /// The run's state after the batch, where a snapshot of it is wanted.
        var state: RunState?
        var completion: @Sendable (Result<Void, StoreError>) -> Void
    }

    /// How long a batch that nothing waits for may wait for others: what is written together costs
    /// one transaction.
    static let patience = Duration.milliseconds(5)

    private enum Plan {
        case nothing, later, now
    }

    private(set) var batches: [Appended] = []
    var isFailing = false
    var isGivenUp = false
    var observer: (@Sendable (RunStore.Condition) -> Void)?
    /// When what waits is to be written; `now` also while it is, and while that fails.
    private var plan = Plan.nothing

    /// Adds a batch; returns after what delay to write, where that is news.
    mutating func add(_ appended: Appended) -> Duration? {
        batches.append(appended)
        return planNext(isUrgent: appended.isUrgent)
    }

    /// Takes note that all that waits is being written.
    mutating func beginWriting() -> [Appended] {
        if !batches.isEmpty { plan = .now }
        return batches
    }

    /// Drops those that waited longest; returns after what delay to write the others, if there are any.
    mutating func settle(_ count: Int) -> Duration? {
        batches.removeFirst(count)
        plan = .nothing
        return batches.isEmpty ? nil : planNext(isUrgent: batches.contains(where: \.isUrgent))
    }

    private mutating func planNext(isUrgent: Bool) -> Duration? {
        switch plan {
        case .now: return nil
        case .later where !isUrgent: return nil
        case .later, .nothing:
            plan = isUrgent ? .now : .later
            return isUrgent ? .zero : Self.patience
        }
    }
}
