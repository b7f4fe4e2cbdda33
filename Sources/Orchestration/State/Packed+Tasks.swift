// The states of tasks in snapshots; their plans are stored separately.

extension TaskState: Packable {
    static let packedFormat =
        Orchestration.packedFormat(of: Self(plan: TaskPlan(name: ""))) + Rarities.packedFormat
        + CheckpointedWork.packedFormat + CheckTrouble.packedFormat + Rung.packedFormat
        + Ledger.packedFormat

    func pack(into bytes: inout PackedBytes) {
        pack(phase, into: &bytes)
        pack(checklist, into: &bytes)
        for flag in [isInspected, resumesNext] { bytes.write(flag) }
        bytes.write(UInt64(check.rawValue))
        bytes.write(lastExitStatus) { $0.write($1) }
        bytes.write(counts)
        bytes.write(fewestLeft) { $0.write($1) }
        bytes.write(reason) { $0.write($1) }
        bytes.write(effort.idleTokens)
        for number in [effort.idleSeconds, effort.seconds] { bytes.write(number) }
        bytes.write(effort.usage)
        bytes.write(ledger)
        bytes.write(thread) { $0.write($1) }
        bytes.write(rarities.value)
    }

    init(unpacking bytes: inout PackedBytes) throws {
        self.init(plan: TaskPlan(name: ""))
        phase = try Self.phase(&bytes)
        checklist = try Self.checklist(&bytes)
        isInspected = try bytes.read()
        resumesNext = try bytes.read()
        guard let check = CheckPhase(rawValue: UInt8(clamping: try bytes.readUnsigned())) else {
            throw PackedBytes.Damage()
        }
        self.check = check
        lastExitStatus = try bytes.readIfPresent { try $0.read() }
        counts = try bytes.read()
        fewestLeft = try bytes.readIfPresent { try $0.read() }
        reason = try bytes.readIfPresent { try $0.read() }
        effort.idleTokens = try bytes.read()
        effort.idleSeconds = try bytes.read()
        effort.seconds = try bytes.read()
        effort.usage = try bytes.read()
        ledger = try bytes.read()
        thread = try bytes.readIfPresent { try $0.read() }
        let rarities: Rarities = try bytes.read()
        if rarities != self.rarities.value { self.rarities = Shared(rarities) }
    }

    private func pack(_ phase: Phase, into bytes: inout PackedBytes) {
        switch phase {
        case .waiting: bytes.write(UInt64(0))
        case .running(let number):
            bytes.write(UInt64(1))
            bytes.write(number)
        case .ended(let outcome):
            bytes.write(UInt64(2))
            bytes.write(outcome.rawValue)
        }
    }

    private static func phase(_ bytes: inout PackedBytes) throws -> Phase {
        switch try bytes.readUnsigned() {
        case 0: return .waiting
        case 1: return .running(try bytes.read())
        case 2:
            guard let outcome = Outcome(rawValue: try bytes.read()) else {
                throw PackedBytes.Damage()
            }
            return .ended(outcome)
        default: throw PackedBytes.Damage()
        }
    }

    private func pack(_ checklist: ChecklistState, into bytes: inout PackedBytes) {
        switch checklist {
        case .missing: bytes.write(UInt64(0))
        case .good(let progress):
            bytes.write(UInt64(1))
            bytes.write(progress.ticked)
            bytes.write(progress.total)
        case .damaged(let words):
            bytes.write(UInt64(2))
            bytes.write(words)
        }
    }

    private static func checklist(_ bytes: inout PackedBytes) throws -> ChecklistState {
        switch try bytes.readUnsigned() {
        case 0: return .missing
        case 1: return .good(Progress(ticked: try bytes.read(), total: try bytes.read()))
        case 2: return .damaged(try bytes.read())
        default: throw PackedBytes.Damage()
        }
    }
}

extension TaskState.Counts: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self())

    func pack(into bytes: inout PackedBytes) {
        let numbers = [
            sessions, charged, retries, failures, idle, growing, bestTicked, runawayTicks,
            sameFailures, pendingNeeds,
        ]
        for number in numbers { bytes.write(number) }
    }

    init(unpacking bytes: inout PackedBytes) throws {
        sessions = try bytes.read()
        charged = try bytes.read()
        retries = try bytes.read()
        failures = try bytes.read()
        idle = try bytes.read()
        growing = try bytes.read()
        bestTicked = try bytes.read()
        runawayTicks = try bytes.read()
        sameFailures = try bytes.read()
        pendingNeeds = try bytes.read()
    }
}

extension TaskState.Rarities: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self())

    func pack(into bytes: inout PackedBytes) {
        bytes.write(threadUsage) { $0.write($1) }
        bytes.write(list) { $0.write($1) }
        bytes.write(notBefore) { $0.write($1.inSeconds) }
        bytes.write(tampered)
        bytes.write(incident) { bytes, incident in
            bytes.write(incident.words)
            bytes.write(incident.isTampering)
            bytes.write(incident.place) { $0.write($1) }
        }
        bytes.write(firstTotal) { $0.write($1) }
        bytes.write(work) { $0.write($1) }
        bytes.write(lastFailure) {
            $0.write($1.kind.rawValue)
            $0.write($1.message)
        }
        bytes.write(checkTrouble) { $0.write($1) }
        bytes.write(question) { $0.write($1) }
        bytes.write(isAsking)
        bytes.write(account) { $0.write($1) }
        bytes.write(rung)
    }

    init(unpacking bytes: inout PackedBytes) throws {
        threadUsage = try bytes.readIfPresent { try $0.read() }
        list = try bytes.readIfPresent { try $0.read() }
        notBefore = try bytes.readIfPresent { Duration(inSeconds: try $0.read()) }
        tampered = try bytes.read()
        incident = try bytes.readIfPresent { bytes in
            ListIncident(
                words: try bytes.read(),
                isTampering: try bytes.read(),
                place: try bytes.readIfPresent { try $0.read() }
            )
        }
        firstTotal = try bytes.readIfPresent { try $0.read() }
        work = try bytes.readIfPresent { try $0.read() }
        lastFailure = try bytes.readIfPresent { bytes in
            guard let kind = FailureClass(rawValue: try bytes.read()) else {
                throw PackedBytes.Damage()
            }
            return FailureSignature(kind: kind, message: try bytes.read())
        }
        checkTrouble = try bytes.readIfPresent { try $0.read() }
        question = try bytes.readIfPresent { try $0.read() }
        isAsking = try bytes.read()
        account = try bytes.readIfPresent { try $0.read() }
        rung = try bytes.read()
    }
}

extension TaskState.Rung: Packable {
    static let packedFormat =
        Orchestration.packedFormat(of: Self())
        + Orchestration.packedFormat(of: ModelMove(from: "", .stall, ""))

    func pack(into bytes: inout PackedBytes) {
        bytes.write(model) { $0.write($1) }
        bytes.write(move) { bytes, move in
            bytes.write(move.from)
            bytes.write(move.evidence.rawValue)
            bytes.write(move.reason)
        }
        bytes.write(redChecks)
    }

    init(unpacking bytes: inout PackedBytes) throws {
        model = try bytes.readIfPresent { try $0.read() }
        move = try bytes.readIfPresent { bytes in
            let from: String = try bytes.read()
            guard let evidence = ModelMove.Evidence(rawValue: try bytes.read()) else {
                throw PackedBytes.Damage()
            }
            return ModelMove(from: from, evidence, try bytes.read())
        }
        redChecks = try bytes.read()
    }
}

extension TaskState.CheckTrouble: Packable {
    static let packedFormat = Orchestration.packedFormat(
        of: Self(words: "", output: "", signature: "", count: 0, isOfBase: false)
    )

    func pack(into bytes: inout PackedBytes) {
        for text in [words, output, signature] { bytes.write(text) }
        bytes.write(count)
        bytes.write(isOfBase)
    }

    init(unpacking bytes: inout PackedBytes) throws {
        self.init(
            words: try bytes.read(),
            output: try bytes.read(),
            signature: try bytes.read(),
            count: try bytes.read(),
            isOfBase: try bytes.read()
        )
    }
}

extension CheckpointedWork: Packable {
    static let packedFormat =
        Orchestration.packedFormat(of: Self()) + Orchestration.packedFormat(of: Changes())

    func pack(into bytes: inout PackedBytes) {
        bytes.write(changes) { bytes, changes in
            for number in [changes.files, changes.added, changes.removed] { bytes.write(number) }
        }
        bytes.write(uncommitted.count)
        for words in uncommitted { bytes.write(words) }
        bytes.write(failure) { $0.write($1) }
    }

    init(unpacking bytes: inout PackedBytes) throws {
        let changes: Changes? = try bytes.readIfPresent { bytes in
            var changes = Changes()
            changes.files = try bytes.read()
            changes.added = try bytes.read()
            changes.removed = try bytes.read()
            return changes
        }
        self.init(changes: changes)
        var count: Int = try bytes.read()
        while count > 0 {
            uncommitted.append(try bytes.read())
            count -= 1
        }
        failure = try bytes.readIfPresent { try $0.read() }
    }
}

extension TokenUsage: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self.zero)

    func pack(into bytes: inout PackedBytes) {
        for number in [input, cachedInput, output, reasoningOutput] { bytes.write(number) }
    }

    init(unpacking bytes: inout PackedBytes) throws {
        self.init(
            input: try bytes.read(),
            cachedInput: try bytes.read(),
            output: try bytes.read(),
            reasoningOutput: try bytes.read()
        )
    }
}

extension Spending: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self())

    func pack(into bytes: inout PackedBytes) {
        for number in [tokens, cost, seconds] { bytes.write(number) }
    }

    init(unpacking bytes: inout PackedBytes) throws {
        self.init(tokens: try bytes.read(), cost: try bytes.read(), seconds: try bytes.read())
    }
}

extension Ledger: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self())

    func pack(into bytes: inout PackedBytes) {
        bytes.write(spent)
        bytes.write(reserved)
        bytes.write(measured)
        bytes.write(measure.usage)
        bytes.write(measure.seconds)
    }

    init(unpacking bytes: inout PackedBytes) throws {
        self.init()
        spent = try bytes.read()
        reserved = try bytes.read()
        measured = try bytes.read()
        measure.usage = try bytes.read()
        measure.seconds = try bytes.read()
    }
}
