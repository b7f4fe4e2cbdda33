/// What the machine has left, as it was just seen.
///
/// What could not be found out is `nil` or missing, and nothing is decided by it.
package struct MachineReading: Hashable, Sendable {
    /// Memory, in bytes.
    package struct Memory: Hashable, Sendable {
        /// What can be had without swapping: of the machine, or of the control group that leaves
        /// the least.
        package var free: Int64
        /// What there is at all, used or not.
        package var total: Int64
        /// The control group whose limit `free` keeps to; `nil` for the machine's own memory.
        package var group: String?

        /// Makes a reading.
        package init(free: Int64, total: Int64, group: String? = nil) {
            (self.free, self.total, self.group) = (free, total, group)
        }
    }

    /// A file system, in bytes.
    package struct Disk: Hashable, Sendable {
        /// A path on it.
        package var path: String
        /// What its users may still write.
        package var free: Int64
        /// Its size.
        package var total: Int64

        /// Makes a reading.
        package init(path: String, free: Int64, total: Int64) {
            (self.path, self.free, self.total) = (path, free, total)
        }
    }

    /// Memory; `nil` where it can't be told.
    package var memory: Memory?
    /// Processes that ran or wanted to, in the mean of the last minute; `nil` where it can't be
    /// told.
    package var load: Double?
    /// Processors that this process may use.
    package var processors: Int
    /// The file systems that a run writes to, each once; none where they can't be told.
    package var disks: [Disk]

    /// Makes a reading; of nothing unless given.
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
