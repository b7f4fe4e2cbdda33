/// Admission by the machine: the resources that it must have left for a session to start.
///
/// A start relies on a reading a few seconds old, and on an estimate for the sessions begun since.
/// So nothing is read while nothing is to start. Readings are of the leg alone.
struct MachineAdmission: Governor {
    private var machine = MachineWatch()
    /// Awake time at which starts that wait for the machine are decided anew; `nil` if none waits.
    private var next: Duration?
    /// Gates reported as unchecked for want of a reading.
    private var reported: Set<Gate> = []
    /// True once a slow reading was reported.
    private var isSlownessReported = false

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .machineRead(let reading): machineRead(reading, in: &turn)
        case .sessionStarted: machine.sessionBegan()
        case .sessionEnded(_, let since): machine.sessionEnded(began: since)
        default: break
        }
    }

    /// Reads the machine again while one of its gates is closed and no other gate holds starts.
    mutating func act(in turn: inout Turn) {
        next = nil
        guard turn.isHeldByMachine, turn.state.unfinished > 0, !turn.startsNothingMore,
            turn.hasSomethingToStart()
        else { return }
        if machine.isFresh(at: turn.now.awake) {
            next = machine.expiry
        } else if isReadingOverdue(in: &turn) {
            for gate in Gate.ofMachine { turn.open(GateKey(gate)) }
        }
    }

    /// Returns true if the machine has room for one more session; requests a reading if none is fresh.
    mutating func admits(_ start: SessionStarted, in turn: inout Turn) -> Bool {
        guard let admission = turn.state.plan.admission, !admission.gates.isEmpty else {
            return true
        }
        // A closed gate that lets one session run has admitted this one.
        guard !turn.isHeldByMachine else { return true }
        guard machine.isFresh(at: turn.now.awake) else { return isReadingOverdue(in: &turn) }
        guard !machine.hasRoom(admission, running: turn.state.running.count) else { return true }
        next = machine.expiry
        return false
    }

    func nextDeadline(in turn: Turn) -> Duration? { next }

    func willLetStart(in turn: Turn) -> Bool { next != nil || turn.isHeldByMachine }

    /// Closes and opens the machine's gates by a reading.
    private mutating func machineRead(_ reading: MachineReading, in turn: inout Turn) {
        guard let admission = turn.state.plan.admission, turn.state.leg.shutdown == nil else {
            return
        }
        machine.note(reading, began: turn.state.running.values.map(\.since), at: turn.now.awake)
        reportUnknown(reading, admission, in: &turn)
        for gate in Gate.ofMachine {
            let closed = turn.state.gates.closed[GateKey(gate)]
            let shortage = admission.shortage(
                gate,
                on: reading,
                running: turn.state.running.count,
                isClosed: closed != nil
            )
            guard let shortage else {
                turn.open(GateKey(gate))
                continue
            }
            let startsOneByOne = shortage.letsOneRun ? true : nil
            guard closed == nil || closed?.startsOneByOne != startsOneByOne else { continue }
            turn.close(
                GateClosed(
                    gate: gate,
                    until: nil,
                    reason: shortage.reason,
                    startsOneByOne: startsOneByOne
                )
            )
        }
    }

    /// Requests a reading; returns true once the reply is overdue and starts go on without it.
    private mutating func isReadingOverdue(in turn: inout Turn) -> Bool {
        let (isNew, patience) = machine.ask(at: turn.now.awake)
        if isNew { turn.order(.readMachine) }
        guard patience <= turn.now.awake else {
            next = patience
            return false
        }
        if !isSlownessReported {
            isSlownessReported = true
            turn.warn(
                "a look at the machine's memory and disks takes too long; starts go on without "
                    + "it: see whether a file system hangs"
            )
        }
        return true
    }

    /// Warns once of each gate whose value can't be read, and which therefore holds nothing.
    private mutating func reportUnknown(
        _ reading: MachineReading,
        _ admission: AdmissionPlan,
        in turn: inout Turn
    ) {
        for gate in admission.gates where !reported.contains(gate) {
            guard let words = reading.unknown(gate) else { continue }
            reported.insert(gate)
            turn.warn("\(words): starts don't wait for it")
        }
    }
}

extension Turn {
    /// True if a gate of the machine is closed.
    fileprivate var isHeldByMachine: Bool {
        !state.gates.closed.isEmpty
            && Gate.ofMachine.contains { state.gates.closed[GateKey($0)] != nil }
    }

    /// Returns true if a session would start but for the machine: while other gates hold, perhaps
    /// for days, the machine is not read.
    fileprivate mutating func hasSomethingToStart() -> Bool {
        let others = state.gates.closed.values.filter { !$0.gate.isOfMachine }
        for account in state.index.accounts {
            let own = others.filter { !$0.gate.isOfAccount || $0.account == account }
            let isDue = own.allSatisfy { $0.isDue(now) }
            if own.isEmpty ? nextStart() != nil : isDue { return true }
        }
        return false
    }
}

extension MachineReading {
    /// Explains why the value of a gate could not be read; `nil` if it could.
    package func unknown(_ gate: Gate) -> String? {
        switch gate {
        case .memory:
            memory != nil ? nil : "free memory is unknown without /proc/meminfo; mount /proc"
        case .load: load != nil ? nil : "the load is unknown without /proc/loadavg; mount /proc"
        case .disk: !disks.isEmpty ? nil : "no file system reports its free space"
        case .usageLimit, .rateLimit, .authentication, .network, .sandbox, .tokenRate, .store,
            .shortage, .hours, .pause:
            nil
        }
    }
}
