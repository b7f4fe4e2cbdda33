// The scheduler's values of each task, in snapshots.

extension Scheduler.Entry: Packable {
    static let packedFormat = Orchestration.packedFormat(
        of: Self(Conditions(lane: 0, weight: 0))
    )

    func pack(into bytes: inout PackedBytes) {
        for number in [conditions.lane, conditions.parksAfter] { bytes.write(number) }
        for number in [conditions.weight, conditions.descendants] { bytes.write(Double(number)) }
        for number in [link.older, link.newer] { bytes.write(number) }
        bytes.write(UInt64(link.sequence))
        for number in [arrivalClock, key, openWork, occupancy.charge] { bytes.write(number) }
        for number in [occupancy.slot, arrival] { bytes.write(number) }
        for flag in [
            occupancy.isRunning, occupancy.isCritical, isWaiting, isActive, isRunningAway,
        ] {
            bytes.write(flag)
        }
    }

    init(unpacking bytes: inout PackedBytes) throws {
        self.init(
            Conditions(
                lane: try bytes.read(),
                parksAfter: try bytes.read(),
                weight: Float(try bytes.read() as Double),
                descendants: Float(try bytes.read() as Double)
            )
        )
        link.older = try bytes.read()
        link.newer = try bytes.read()
        link.sequence = try bytes.read()
        arrivalClock = try bytes.read()
        key = try bytes.read()
        openWork = try bytes.read()
        occupancy.charge = try bytes.read()
        occupancy.slot = try bytes.read()
        arrival = try bytes.read()
        occupancy.isRunning = try bytes.read()
        occupancy.isCritical = try bytes.read()
        isWaiting = try bytes.read()
        isActive = try bytes.read()
        isRunningAway = try bytes.read()
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
