/// A reading of the resources that the machine has left.
///
/// Unknown values are `nil` or missing, and nothing is decided by them.
package struct MachineReading: Hashable, Sendable {
    /// Memory, in bytes.
    package struct Memory: Hashable, Sendable {
        /// Memory available without swapping: of the machine, or of the control group that leaves
        /// the least.
        package var free: Int64
        /// Total memory, used or not.
        package var total: Int64
        /// The control group whose limit `free` obeys; `nil` for the machine's own memory.
        package var group: String?

        /// Makes a reading.
        package init(free: Int64, total: Int64, group: String? = nil) {
            (self.free, self.total, self.group) = (free, total, group)
        }
    }

    /// A file system, in bytes.
    package struct Disk: Hashable, Sendable {
        /// A path on the file system.
        package var path: String
        /// Space that its users may still write.
        package var free: Int64
        /// Size of the file system.
        package var total: Int64

        /// Makes a reading.
        package init(path: String, free: Int64, total: Int64) {
            (self.path, self.free, self.total) = (path, free, total)
        }
    }

    /// Memory; `nil` if unknown.
    package var memory: Memory?
    /// Mean number of runnable processes in the last minute; `nil` if unknown.
    package var load: Double?
    /// Number of processors that this process may use.
    package var processors: Int
    /// The file systems that a run writes to, each once; empty if unknown.
    package var disks: [Disk]

    /// Makes a reading; everything is unknown unless given.
    package init(
        memory: Memory? = nil,
        load: Double? = nil,
        processors: Int = 1,
        disks: [Disk] = []
    ) {
        self.memory = memory
        self.load = load
        self.processors = processors
        self.disks = disks
    }
}
