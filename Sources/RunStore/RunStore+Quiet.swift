package import Orchestration
import Synchronization

// What a quiet journal says, so that the time which a killed leg took is known.
extension RunStore {
    /// Writes a row without facts, where the journal has been quiet for long enough: the time at which
    /// a leg was alive.
    ///
    /// To be called every second. Writes nothing while other batches wait.
    package func noteLife(of run: String, at moment: Moment) {
        guard !hasWaiting, quiet.withLock({ $0.isDue(at: moment.awake) }) else { return }
        append(JournalBatch(run: run, at: moment, events: []), isUrgent: false) { _ in }
    }
}
