package import Orchestration
package import Reporting
package import RunStore

extension RunReport.Part {
    /// Reads a run from its store in a directory.
    ///
    /// - Throws: `StoreError`, or `Trouble` if the journal lacks the run's beginning.
    package init(_ leg: LegRecord, in directory: String, _ reader: StoreReader) throws {
        guard let record = try reader.record(of: leg), let part = Self(record, in: directory) else {
            throw Trouble(
                "the journal in \(directory) does not say how \(leg.run) began [this is a bug]",
                status: ExitStatus.missing
            )
        }
        self = part
    }
}

extension RunReport {
    /// Reads the results of a run over all its legs.
    ///
    /// - Throws: `StoreError`, or `Trouble` if the store has no such run.
    package init(run: String, in directory: String) throws {
        guard let reader = try StoreReader.open(directory: directory),
            let leg = try reader.runs().first(where: { $0.run == run })
        else {
            throw Trouble(
                "no run \(run) is recorded in \(directory); quire list shows those that are",
                status: ExitStatus.missing
            )
        }
        self.init([try Part(leg, in: directory, reader)])
    }
}
