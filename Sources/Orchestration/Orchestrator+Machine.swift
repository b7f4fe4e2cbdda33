// Admission by the machine: what it must have left for a session to start.
//
// Starts pass on a reading that is a few seconds old, and on what those that began since are
// thought to take. So nothing is read while nothing is to start.
extension Orchestrator {
    /// Takes what the machine has left, and closes and opens its gates.
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

    /// Whether a gate of the machine is closed.
    var isHeldByMachine: Bool {
        !state.gates.isEmpty && Gate.ofMachine.contains { state.gates[GateKey($0)] != nil }
    }

    /// Looks at the machine again while one of its gates is closed, and nothing else is.
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

    /// Whether a session would start but for the machine: other gates may hold for days, and then it
    /// is not looked at.
    private mutating func hasSomethingToStart() -> Bool {
        let others = state.gates.values.filter { !Gate.ofMachine.contains($0.gate) }
        for account in state.accounts {
            let own = others.filter { !$0.gate.isOfAccount || $0.account == account }
            let isDue = own.allSatisfy { closed in closed.until.map { $0 <= now.wall } ?? false }
            if own.isEmpty ? state.nextStart() != nil : isDue { return true }
        }
        return false
    }

    /// Whether the machine has room for one more session; asks what it has left where that is not
    /// known.
    mutating func hasRoom() -> Bool {
        guard let admission = state.plan.admission, !admission.gates.isEmpty else { return true }
        // A closed gate that lets one session run has let this one pass.
        guard !isHeldByMachine else { return true }
        guard machine.isFresh(at: now.awake) else { return isTiredOfWaiting() }
        guard !machine.hasRoom(admission, running: state.running.count) else { return true }
        machine.next = machine.expiry
        return false
    }

    /// Asks for a look at the machine; true once its result is overdue, and starts go on without.
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

    /// Tells once what can't be found out, so that nothing is held for it.
    private mutating func tellUnknown(_ reading: MachineReading, _ admission: AdmissionPlan) {
        for gate in admission.gates where !machine.untold.contains(gate) {
            guard let words = reading.unknown(gate) else { continue }
            machine.untold.insert(gate)
            warn("\(words): starts don't wait for it")
        }
    }
}

extension MachineReading {
    /// What could not be found out of what a gate goes by, and why; `nil` where it could.
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
