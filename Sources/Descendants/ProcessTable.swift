/// The processes among which survivors are looked for, and the clock that they are given time by;
/// unit tests have a table of their own.
package protocol ProcessTable: Sendable {
    /// The time on a clock that stands still while the machine is suspended.
    var now: Duration { get }
    /// Blocks the calling thread.
    func sleep(_ time: Duration)
    /// The namespace of the numbers of this table; empty where the system names none.
    var namespace: String { get }
    /// Lists the processes that carry a mark or a label, without this one and its ancestors; `nil`
    /// where the system does not tell.
    func marked() -> [SeenProcess]?
    /// Whether a process has not ended.
    func isAlive(_ process: ProcessID) -> Bool
    /// Whether the process with a number may be a descendant of another one, dead or alive.
    func mayDescend(_ pid: Int32, from ancestor: Int32) -> Bool
    /// Sends a process a signal, and first the group that it leads, if asked to.
    func signal(_ process: ProcessID, _ number: Int32, group: Bool)
}

/// A process that was seen alive, and the environment it was started with.
package struct SeenProcess: Hashable, Sendable {
    /// The process's identity.
    package var id: ProcessID
    /// The variables it was started with, as `NAME=value`; empty where they can't be read.
    package var environment: [String]
    /// The value of the `SessionLabel` that the process inherited; 0 for none.
    package var label: UInt64

    /// Names a process and what it carries.
    package init(id: ProcessID, environment: [String], label: UInt64 = 0) {
        (self.id, self.environment, self.label) = (id, environment, label)
    }

    /// The value that a program finds for a variable; where it occurs twice, that is the last.
    package func value(_ variable: String) -> String? {
        environment.last { $0.hasPrefix(variable + "=") }
            .map { String($0.dropFirst(variable.count + 1)) }
    }
}
