import Orchestration

// A machine that runs short of memory and disk space, and recovers.
extension World {
    private static let total: Int64 = 8 << 30

    /// Schedules a reading of the machine's memory, load and disk.
    mutating func readMachine() {
        // A reading that hangs never reports.
        if happens(faults.hangingLooks) { return }
        schedule(
            .event(.machineRead(reading())),
            after: .milliseconds(Int.random(in: 0...50, using: &generator))
        )
    }

    private mutating func reading() -> MachineReading {
        let (memory, disk) = (free(), free())
        return MachineReading(
            memory: happens(faults.hangingLooks)
                ? nil : MachineReading.Memory(free: memory, total: Self.total),
            load: happens(faults.shortMachine) ? Double.random(in: 0...32, using: &generator) : 0,
            processors: 4,
            disks: [MachineReading.Disk(path: "/", free: disk, total: Self.total)]
        )
    }

    private mutating func free() -> Int64 {
        guard happens(faults.shortMachine) else { return Self.total }
        return Int64.random(in: 0...Self.total / 8, using: &generator)
    }
}
