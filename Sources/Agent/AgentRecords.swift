package import Orchestration

/// An agent's own files about accounts and threads, for all sessions that inherit one environment.
///
/// Its functions may block as disks do.
package protocol AgentRecords: Sendable {
    /// Returns the account whose usage limits apply to sessions with these `own` variables and this working
    /// directory, an absolute path.
    func account(of own: [String: String], in directory: String) -> String
    /// Returns a thread's total usage with that of the threads it started, as far as it is recorded.
    func usage(of thread: String, with own: [String: String], in directory: String) -> RecordedUsage
    /// Returns the total usage of the threads that a thread started, and of those that these started.
    func usageOfDescendants(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> TokenUsage
}

extension AgentRecords {
    /// Returns nothing, for an agent whose threads start no others.
    package func usageOfDescendants(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> TokenUsage { .zero }
}

/// A thread's total usage in an agent's records.
package enum RecordedUsage: Hashable, Sendable {
    /// The thread has no record that can be read.
    case unknown
    /// The thread's record is compressed, in this file: its usage isn't known.
    case compressed(String)
    /// The thread's whole record has no count: it never got an answer.
    case none
    /// The thread used this much.
    case total(TokenUsage)
}
