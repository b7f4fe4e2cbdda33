/// The resources that the machine must have left for a session to start.
package struct AdmissionPlan: Hashable, Sendable, Codable {
    /// Bytes of memory that must stay free once the session has reached its size; 0 for no such
    /// check, `nil` for the default, `usualFloor`.
    package var minFreeMemory: Int64?
    /// Load (mean number of runnable processes in the last minute) from which a session starts only
    /// while none runs, above 0; `nil` for no such check.
    package var maxLoad: Double?
    /// Bytes of disk below which nothing starts; 0 for no such check, `nil` for `usualFloor`.
    package var minFreeDisk: Int64?
    /// Bytes of memory that one session needs; `nil` for a Codex session's, `usualSession`.
    package var sessionMemory: Int64?

    /// The default floor of memory and of disk: 512 MiB, but at most a twentieth of the total.
    package static let usualFloor: Int64 = 512 << 20
    /// Memory of one Codex session: 150 MiB (measured with Codex CLI 0.163.0).
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

    /// The gates that this plan may close.
    package var gates: [Gate] {
        Gate.ofMachine.filter { gate in
            switch gate {
            case .memory: minFreeMemory != 0
            case .load: maxLoad != nil
            case .disk: minFreeDisk != 0
            case .usageLimit, .rateLimit, .authentication, .network, .sandbox, .tokenRate, .store,
                .shortage, .hours, .pause:
                false
            }
        }
    }

    /// Bytes of memory that one session needs.
    var session: Int64 { sessionMemory ?? Self.usualSession }

    /// Bytes of memory that must stay free on a machine or in a group with `total`.
    func memoryFloor(of total: Int64) -> Int64 { Self.floor(minFreeMemory, of: total) }

    /// Returns the number of sessions that could start at once in the free memory.
    package func room(in memory: MachineReading.Memory) -> Int {
        Int(max(0, memory.free.subtractingClamped(memoryFloor(of: memory.total))) / session)
    }

    private static func floor(_ stated: Int64?, of total: Int64) -> Int64 {
        stated ?? min(usualFloor, total / 20)
    }
}

/// A shortage that closes a gate of the machine.
package struct Shortage: Hashable, Sendable {
    /// The figures and the remedy, for people.
    package var reason: String
    /// True if one session may run nevertheless: waiting would not help, or would starve the run.
    package var letsOneRun = false
}

extension AdmissionPlan {
    /// Returns the reason why a gate should be closed; `nil` if it should be open.
    ///
    /// A closed gate needs some margin to open again, so that it does not oscillate; none while
    /// nothing runs, since then no session's end can change the reading.
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
        case .usageLimit, .rateLimit, .authentication, .network, .sandbox, .tokenRate, .store,
            .shortage, .hours, .pause:
            return nil
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
