import GRDB

// The facts of a run as they were written.
extension RunStore {
    /// Returns all batches of a run, in order.
    ///
    /// - Throws: `StoreError` when the journal can't be read, or holds facts of a newer Quire.
    package func journal(of run: String) throws(StoreError) -> [JournalBatch] {
        do {
            return try writer.read { try Journal.batches(of: run, in: $0) }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
