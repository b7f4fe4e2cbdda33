// The scheduler's values of each task, in snapshots.

extension Scheduler.Entry: Packable {
    static let packedFormat = Orchestration.packedFormat(
        of: Self(lane: 0, sessionCap: 0, weight: 0)
    )

    func pack(into bytes: inout PackedBytes) {
        for number in [lane, older, newer, arrival, slot, sessionCap, parksAfter] {
            bytes.write(number)
        }
        bytes.write(UInt64(sequence))
        for number in [arrivalClock, key, charge, openWork] { bytes.write(number) }
        for number in [weight, descendants] { bytes.write(Double(number)) }
        for flag in [isWaiting, isRunning, isCritical, isRunningAway, isActive] {
            bytes.write(flag)
        }
    }

    init(unpacking bytes: inout PackedBytes) throws {
        self.init(lane: 0, sessionCap: 0, weight: 0)
        lane = try bytes.read()
        older = try bytes.read()
        newer = try bytes.read()
        arrival = try bytes.read()
        slot = try bytes.read()
        sessionCap = try bytes.read()
        parksAfter = try bytes.read()
        sequence = try bytes.read()
        arrivalClock = try bytes.read()
        key = try bytes.read()
        charge = try bytes.read()
        openWork = try bytes.read()
        weight = Float(try bytes.read() as Double)
        descendants = Float(try bytes.read() as Double)
        isWaiting = try bytes.read()
        isRunning = try bytes.read()
        isCritical = try bytes.read()
        isRunningAway = try bytes.read()
        isActive = try bytes.read()
    }
}

extension Estimates.Task: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self())

    func pack(into bytes: inout PackedBytes) {
        for number in [workedSeconds, secondsWithoutGain, attained, remaining] {
            bytes.write(number)
        }
        for number in [circlingSeconds, idleWeight] { bytes.write(Double(number)) }
        for number in [sessions, ticked, mostDone, fewestLeft, done, total, idle] {
            bytes.write(number)
        }
        for flag in [isSeen, isSized] { bytes.write(flag) }
    }

    init(unpacking bytes: inout PackedBytes) throws {
        workedSeconds = try bytes.read()
        secondsWithoutGain = try bytes.read()
        attained = try bytes.read()
        remaining = try bytes.read()
        circlingSeconds = Float(try bytes.read() as Double)
        idleWeight = Float(try bytes.read() as Double)
        sessions = try bytes.read()
        ticked = try bytes.read()
        mostDone = try bytes.read()
        fewestLeft = try bytes.read()
        done = try bytes.read()
        total = try bytes.read()
        idle = try bytes.read()
        isSeen = try bytes.read()
        isSized = try bytes.read()
    }
}

extension KeyEntry: Packable {
    static let packedFormat = Orchestration.packedFormat(of: Self(key: 0, sequence: 0, task: 0))

    func pack(into bytes: inout PackedBytes) {
        bytes.write(key)
        bytes.write(UInt64(sequence))
        bytes.write(task)
    }

    init(unpacking bytes: inout PackedBytes) throws {
        key = try bytes.read()
        sequence = try bytes.read()
        task = try bytes.read()
    }
}
