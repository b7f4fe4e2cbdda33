// Admission by the machine: the resources that it must have left for a session to start.
//
// A start relies on a reading a few seconds old, and on an estimate for the sessions begun since.
// So nothing is read while nothing is to start.
extension Orchestrator {
    /// Closes and opens the machine's gates by a reading.
    mutating func machineRead(_ reading: MachineReading) {
        guard let admission = state.plan.admission, state.shutdown == nil else { return }
        machine.take(reading, began: state.running.values.map(\.since), at: now.awake)
        tellUnknown(reading, admission)
        for gate in Gate.ofMachine {
            let closed = state.gates[GateKey(gate)]
            let shortage = admission.shortage(
                gate,
                on: reading,
                running: state.running.count,
                isClosed: closed != nil
            )
            guard let shortage else {
                open(GateKey(gate))
                continue
            }
            let startsOneByOne = shortage.letsOneRun ? true : nil
            guard closed == nil || closed?.startsOneByOne != startsOneByOne else { continue }
            close(
                GateClosed(
                    gate: gate,
                    until: nil,
                    reason: shortage.reason,
                    startsOneByOne: startsOneByOne
                )
            )
        }
    }

    /// True if a gate of the machine is closed.
    var isHeldByMachine: Bool {
        !state.gates.isEmpty && Gate.ofMachine.contains { state.gates[GateKey($0)] != nil }
    }

    /// Reads the machine again while one of its gates is closed and no other gate holds starts.
    mutating func lookAgain() {
        machine.next = nil
        guard isHeldByMachine, state.unfinished > 0, !startsNothingMore else { return }
        guard hasSomethingToStart() else { return }
        if machine.isFresh(at: now.awake) {
            machine.next = machine.expiry
        } else if isTiredOfWaiting() {
            for gate in Gate.ofMachine { open(GateKey(gate)) }
        }
    }

    /// True if a session would start but for the machine: while other gates hold, perhaps for days,
    /// the machine is not read.
    private mutating func hasSomethingToStart() -> Bool {
        let others = state.gates.values.filter { !Gate.ofMachine.contains($0.gate) }
        for account in state.accounts {
            let own = others.filter { !$0.gate.isOfAccount || $0.account == account }
            let isDue = own.allSatisfy { closed in closed.until.map { $0 <= now.wall } ?? false }
            if own.isEmpty ? state.nextStart() != nil : isDue { return true }
        }
        return false
    }

    /// True if the machine has room for one more session; requests a reading if none is fresh.
    mutating func hasRoom() -> Bool {
        guard let admission = state.plan.admission, !admission.gates.isEmpty else { return true }
        // A closed gate that lets one session run has admitted this one.
        guard !isHeldByMachine else { return true }
        guard machine.isFresh(at: now.awake) else { return isTiredOfWaiting() }
        guard !machine.hasRoom(admission, running: state.running.count) else { return true }
        machine.next = machine.expiry
        return false
    }

    /// Requests a reading; true once the reply is overdue and starts go on without it.
    private mutating func isTiredOfWaiting() -> Bool {
        let (isNew, patience) = machine.ask(at: now.awake)
        if isNew { commands.append(.readMachine) }
        guard patience <= now.awake else {
            machine.next = patience
            return false
        }
        if !machine.isSlownessTold {
            machine.isSlownessTold = true
            warn(
                "a look at the machine's memory and disks takes too long; starts go on without "
                    + "it: see whether a file system hangs"
            )
        }
        return true
    }

    /// Warns once of each gate whose value can't be read, and which therefore holds nothing.
    private mutating func tellUnknown(_ reading: MachineReading, _ admission: AdmissionPlan) {
        for gate in admission.gates where !machine.untold.contains(gate) {
            guard let words = reading.unknown(gate) else { continue }
            machine.untold.insert(gate)
            warn("\(words): starts don't wait for it")
        }
    }
}

extension MachineReading {
    /// Explains why the value of a gate could not be read; `nil` if it could.
    package func unknown(_ gate: Gate) -> String? {
        switch gate {
        case .memory where memory == nil:
            "free memory can't be told without /proc/meminfo; mount /proc"
        case .load where load == nil: "the load can't be told without /proc/loadavg; mount /proc"
        case .disk where disks.isEmpty: "no file system tells its free space"
        default: nil
        }
    }
}
