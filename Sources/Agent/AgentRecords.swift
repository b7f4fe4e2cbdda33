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
    /// Returns the variables that make sessions draw on an account.
    func variables(of account: String) -> [String: String]
    /// Returns the newest windows of the limits of an account, as a thread's record has them.
    func limits(of thread: String, with own: [String: String], in directory: String) -> [LimitRead]
    /// Returns true if two accounts have the same login, as far as their files tell.
    func haveOneLogin(_ account: String, _ other: String) -> Bool
    /// Returns the total usage of the threads that a thread started, and of those that these started.
    func usageOfDescendants(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> TokenUsage
}

extension AgentRecords {
    package func variables(of account: String) -> [String: String] { [:] }
    package func limits(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> [LimitRead] { [] }
    package func haveOneLogin(_ account: String, _ other: String) -> Bool { account == other }

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
