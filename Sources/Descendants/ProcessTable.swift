/// The processes to search for survivors, and the clock for their grace; unit tests have a table of
/// their own.
package protocol ProcessTable: Sendable {
    /// Time on a clock that stands still while the machine is suspended.
    var now: Duration { get }
    /// Blocks the calling thread.
    func sleep(_ time: Duration)
    /// The namespace of this table's process ids; empty if the system has none.
    var namespace: String { get }
    /// Lists the processes with a mark or a label, without this one and its ancestors; `nil` if
    /// unknown.
    func marked() -> [SeenProcess]?
    /// Indicates whether a process has not ended.
    func isAlive(_ process: ProcessID) -> Bool
    /// Indicates whether the process with an id may be a descendant of another one, dead or alive.
    func mayDescend(_ pid: Int32, from ancestor: Int32) -> Bool
    /// Sends a process a signal; with `group`, first to the group that it leads.
    func signal(_ process: ProcessID, _ number: Int32, group: Bool)
}

/// A process that was seen alive, with the environment with which it started.
package struct SeenProcess: Hashable, Sendable {
    /// The process's identity.
    package var id: ProcessID
    /// The variables with which it started, as `NAME=value`; empty if unreadable.
    package var environment: [String]
    /// The inherited value of `SessionLabel`; 0 for none.
    package var label: UInt64

    /// Makes a seen process.
    package init(id: ProcessID, environment: [String], label: UInt64 = 0) {
        (self.id, self.environment, self.label) = (id, environment, label)
    }

    /// Returns a variable's value; the last one if the variable occurs more than once.
    package func value(_ variable: String) -> String? {
        environment.last { $0.hasPrefix(variable + "=") }
            .map { String($0.dropFirst(variable.count + 1)) }
    }
}
