import Orchestration

/// The batches that are not written yet, in order, and the plan for their writing.
struct WaitingBatches: Sendable {
    /// A batch, and the callback for its result.
    struct Appended: Sendable {
        var batch: JournalBatch
        /// True if something waits for the batch to be written.
        var isUrgent: Bool
        /// The run's state after the batch, if a snapshot is due.
        var state: RunState?
        var completion: @Sendable (Result<Void, StoreError>) -> Void
    }

    /// The delay of a batch that nothing waits for: batches written together cost one transaction.
    static let patience = Duration.milliseconds(5)

    private enum Plan {
        case nothing, later, now
    }

    private(set) var batches: [Appended] = []
    var isFailing = false
    var isGivenUp = false
    var observer: (@Sendable (RunStore.Condition) -> Void)?
    /// The plan for the waiting batches; `now` also while they are being written, and while that fails.
    private var plan = Plan.nothing

    /// Adds a batch; returns the delay after which to write, or `nil` where the plan stands.
    mutating func add(_ appended: Appended) -> Duration? {
        batches.append(appended)
        return planNext(isUrgent: appended.isUrgent)
    }

    /// Notes that all waiting batches are being written, and returns them.
    mutating func beginWriting() -> [Appended] {
        if !batches.isEmpty { plan = .now }
        return batches
    }

    /// Drops the first `count` batches; returns the delay after which to write the others, if any.
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
