import Application
import Autonomous
import Orchestration
import Reporting
import RunStore

/// A task whose log is shown, as the run database has it.
struct LoggedTask {
    let name: TaskName
    let look: LookOptions

    /// Returns the task's sessions of all runs by their beginning; none if the database can't be read:
    /// `complain` receives the reason.
    func sessions(orElse complain: (SafeText) -> Void = { _ in }) -> [SessionRecord] {
        do {
            return try read { reader in
                try reader.runs().flatMap { try reader.sessions(of: $0.run, task: "\(name)") }
                    .sorted { $0.began < $1.began }
            } ?? []
        } catch {
            complain((error as? Trouble)?.message ?? "\(error)")
            return []
        }
    }

    /// Returns true if a living run has work to do on the task; `nil` if no run has the task.
    func isAwaited() throws -> Bool? {
        let directory = look.stateDirectory()
        let found: Bool?? = try read { reader in
            var isKnown = false
            for row in try reader.runs() {
                guard let task = try reader.task("\(name)", of: row.run) else { continue }
                if task.isOpen, row.status(in: directory) == "running" { return true }
                isKnown = true
            }
            return isKnown ? false : nil
        }
        return found ?? nil
    }

    /// Returns the outcome of the task in the newest run that has it, and the reason, in words; `nil` for a
    /// task that is open, or of which nothing can be read.
    func ending() -> (words: SafeText, paint: Paint?)? {
        let found = try? read { reader in
            try reader.runs().lazy.compactMap { try? reader.task("\(name)", of: $0.run) }.first
        }
        guard let task = found ?? nil, let outcome = task.outcome else { return nil }
        let reason: SafeText = task.reason.map { ": \($0)" } ?? ""
        return ("— \(name) \(StandingWords.predicate(outcome))\(reason)", outcome.paint)
    }

    /// Returns the redactor of the log: that of the task's runs.
    func redactor() -> Redactor {
        let runs = try? read { reader in
            try reader.runs().filter { try reader.task("\(name)", of: $0.run) != nil }
        }
        return Redactor(ofRuns: (runs ?? []).map(\.run))
    }

    /// Reads from the run database; `nil` where there is none.
    private func read<Value>(_ body: (StoreReader) throws -> Value) throws -> Value? {
        guard let reader = try look.reader() else { return nil }
        defer { reader.close() }
        do {
            return try body(reader)
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }
}
