package import Orchestration

/// An agent's own files about accounts and threads, for all sessions that inherit one environment.
///
/// Its functions may block as disks do.
package protocol AgentRecords: Sendable {
    /// Returns the account whose usage limits apply to sessions with these `own` variables and this working
    /// directory, an absolute path.
    func account(of own: [String: String], in directory: String) -> String
    /// Returns a thread's total usage, as far as it is recorded.
    func usage(of thread: String, with own: [String: String], in directory: String) -> RecordedUsage
}

/// A thread's total usage in an agent's records.
package enum RecordedUsage: Hashable, Sendable {
    /// The thread has no record that can be read.
    case unknown
    /// The thread's whole record has no count: it never got an answer.
    case none
    /// The thread used this much.
    case total(TokenUsage)
}
