/// What the machine must have left for a session to start.
package struct AdmissionPlan: Hashable, Sendable, Codable {
    /// Bytes of memory that stay free, counting in what the session will take; 0 for no such check,
    /// `nil` for the default: `usualFloor`.
    package var minFreeMemory: Int64?
    /// The load (processes that run or want to, in the mean of a minute) from which nothing starts
    /// while anything runs, above 0; `nil` for no such check.
    package var maxLoad: Double?
    /// Bytes of disk from which down nothing starts; 0 for no such check, `nil` for the default.
    package var minFreeDisk: Int64?
    /// Bytes of memory that a session takes; `nil` for Codex's: `usualSession`.
    package var sessionMemory: Int64?

    /// The memory and the disk that stay free where the manifest does not say, at most a twentieth
    /// of what there is: 512 MiB.
    package static let usualFloor: Int64 = 512 << 20
    /// What a session of Codex takes: 150 MiB (measured with Codex CLI 0.163.0).
    package static let usualSession: Int64 = 150 << 20

    /// Makes a plan with the defaults for everything not given.
    package init(
        minFreeMemory: Int64? = nil,
        maxLoad: Double? = nil,
        minFreeDisk: Int64? = nil,
        sessionMemory: Int64? = nil
    ) {
        self.minFreeMemory = minFreeMemory
        self.maxLoad = maxLoad
        self.minFreeDisk = minFreeDisk
        self.sessionMemory = sessionMemory
    }

    /// The gates that it may close.
    package var gates: [Gate] {
        Gate.ofMachine.filter { gate in
            switch gate {
            case .memory: minFreeMemory != 0
            case .load: maxLoad != nil
            default: minFreeDisk != 0
            }
        }
    }

    /// What a session takes.
    var session: Int64 { sessionMemory ?? Self.usualSession }

    /// The memory that stays free, where there is so much at all.
    func memoryFloor(of total: Int64) -> Int64 { Self.floor(minFreeMemory, of: total) }

    /// Sessions that could start at once with what is free.
    package func room(in memory: MachineReading.Memory) -> Int {
        Int(max(0, memory.free.subtractingClamped(memoryFloor(of: memory.total))) / session)
    }

    private static func floor(_ stated: Int64?, of total: Int64) -> Int64 {
        stated ?? min(usualFloor, total / 20)
    }
}

/// Why nothing should start on a machine.
package struct Shortage: Hashable, Sendable {
    /// The figures, and what to do.
    package var reason: String
    /// Whether one session may run all the same: waiting does not help, or starves.
    package var letsOneRun = false
}

extension AdmissionPlan {
    /// Why a gate should be closed; `nil` where it should be open.
    ///
    /// A gate that is closed opens a little later than it closed, so that it does not swing; but
    /// not where nothing runs, which could change anything.
    package func shortage(
        _ gate: Gate,
        on reading: MachineReading,
        running: Int,
        isClosed: Bool
    ) -> Shortage? {
        guard gates.contains(gate) else { return nil }
        let swings = isClosed && running > 0
        switch gate {
        case .memory: return reading.memory.flatMap { memoryShortage($0, swings) }
        case .load: return reading.load.flatMap { loadShortage($0, reading.processors, swings) }
        case .disk: return reading.disks.lazy.compactMap { diskShortage($0, swings) }.first
        default: return nil
        }
    }

    private func memoryShortage(_ memory: MachineReading.Memory, _ swings: Bool) -> Shortage? {
        let floor = memoryFloor(of: memory.total)
        let place = memory.group.map { " in control group \($0)" } ?? ""
        let (needed, overflows) = floor.addingReportingOverflow(session)
        let words =
            "min_free_memory is \(floor.bytesForPeople), and a session takes about "
            + session.bytesForPeople
        if overflows || needed > memory.total {
            return Shortage(
                reason: "\(words), but there is no more than \(memory.total.bytesForPeople) of "
                    + "memory\(place): sessions run one at a time; lower min_free_memory, or "
                    + "set it to 0 for no such check",
                letsOneRun: true
            )
        }
        guard memory.free < needed + (swings ? session : 0) else { return nil }
        return Shortage(
            reason: "\(memory.free.bytesForPeople) of \(memory.total.bytesForPeople) of memory are "
                + "free\(place); \(words): end other programs, or lower min_free_memory"
        )
    }

    private func loadShortage(_ load: Double, _ processors: Int, _ swings: Bool) -> Shortage? {
        guard let maxLoad, load >= (swings ? maxLoad * 0.9 : maxLoad) else { return nil }
        let tenths = (load * 10).rounded() / 10
        return Shortage(
            reason: "the load is \(tenths) on \(Format.count(processors, "processor")), "
                + "and max_load is \(maxLoad): sessions run one at "
                + "a time until it has fallen",
            letsOneRun: true
        )
    }

    private func diskShortage(_ disk: MachineReading.Disk, _ swings: Bool) -> Shortage? {
        let floor = Self.floor(minFreeDisk, of: disk.total)
        if floor > disk.total {
            return Shortage(
                reason: "min_free_disk is \(floor.bytesForPeople), but the file system of "
                    + "\(disk.path) has no more than \(disk.total.bytesForPeople): sessions run "
                    + "one at a time; lower min_free_disk, or set it to 0 for no such check",
                letsOneRun: true
            )
        }
        guard disk.free < floor + (swings ? floor / 10 : 0) else { return nil }
        return Shortage(
            reason: "\(disk.free.bytesForPeople) are free under \(disk.path), and min_free_disk "
                + "is \(floor.bytesForPeople): free some space, or lower min_free_disk"
        )
    }
}

extension Gate {
    /// The gates that the machine's own state closes, in the order in which they are judged.
    package static let ofMachine: [Gate] = [.memory, .load, .disk]

    /// Whether the machine's own state closes it.
    package var isOfMachine: Bool { Self.ofMachine.contains(self) }
}
