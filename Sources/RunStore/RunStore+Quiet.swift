package import Orchestration
import Synchronization

// The rows of a quiet journal, so that the duration of a killed leg is known.
extension RunStore {
    /// Writes a row without facts if the journal has been quiet for long enough: it records a time at
    /// which the leg was alive.
    ///
    /// To be called every second. Writes nothing while other batches wait.
    package func noteLife(of run: String, at moment: Moment) {
        guard !hasWaiting, quiet.withLock({ $0.isDue(at: moment.awake) }) else { return }
        append(JournalBatch(run: run, at: moment, events: []), isUrgent: false) { _ in }
    }
}
