import GRDB
import Orchestration

// Snapshots of runs that nobody carries out any more.
extension RunStore {
    /// Writes a snapshot of a run unless there is a newer one, and closes the database.
    func closeKeeping(_ fold: Journal.Fold, of run: String) throws {
        let written = Result {
            let parts = try Snapshots.encode(fold.state)
            try writer.write { database in
                guard try Snapshots.sequence(of: run, in: database) < fold.sequence else { return }
                _ = try Snapshots.write(parts, of: run, asOf: fold.sequence, to: database)
            }
        }
        try close()
        try written.get()
    }
}
