import Orchestration
import Testing

private let gibibyte: Int64 = 1 << 30

/// A reading of a machine with this much of 16 GiB of memory free.
private func reading(
    memory: Double? = 16,
    of total: Double = 16,
    load: Double? = 0,
    disk: Double = 50
) -> Event {
    func bytes(_ gibibytes: Double) -> Int64 { Int64(gibibytes * Double(gibibyte)) }
    return .machineRead(
        MachineReading(
            memory: memory.map { .init(free: bytes($0), total: bytes(total)) },
            load: load,
            processors: 4,
            disks: [.init(path: "/w", free: bytes(disk), total: bytes(100))]
        )
    )
}

private func plan(_ admission: AdmissionPlan, slots: Int = 64) -> RunPlan {
    RunPlan(
        concurrency: slots,
        tasks: (0..<90).map { TaskPlan(name: "t\($0)", sessionTimeout: .seconds(9000)) },
        admission: admission
    )
}

extension [String] {
    fileprivate var starts: Int { count { $0.hasPrefix("start") } }
}

extension Scenario {
    fileprivate func reason(_ gate: Gate) -> String? { state.gates.closed[GateKey(gate)]?.reason }
}

@Suite struct `Admission by the machine` {
    private let memory = AdmissionPlan(minFreeMemory: gibibyte, minFreeDisk: 0)

    @Test func `looks before the first start, and not again while nothing is to start`() {
        var run = Scenario(plan(AdmissionPlan(), slots: 4))
        #expect(run.begin() == ["look at the machine"])
        #expect(run.play([reading()], after: 0.01).starts == 4)
        // A look that is a few seconds old is good for another start; a later start asks again.
        #expect(run.end("t0", 1, ticked: 0, after: 3).starts == 1)
        let key = SessionKey(task: "t1", number: 1)
        #expect(run.play([.sessionActive(key)], after: 300) == [])
        #expect(run.orchestrator.nextDeadline.map { $0 > .seconds(600) } == true)
        let lines = run.end("t1", 1, ticked: 0, after: 1)
        #expect(lines == ["t1#1 initialized, charged to session", "look at the machine"])
        #expect(run.play([reading()]).starts == 1)
    }

    @Test func `is left out where every check is off, and where nobody plans it`() {
        let off = AdmissionPlan(minFreeMemory: 0, minFreeDisk: 0)
        var run = Scenario(plan(off))
        #expect(run.begin().starts == 64)
        var unplanned = plan(off)
        unplanned.admission = nil
        run = Scenario(unplanned)
        #expect(run.begin().starts == 64)
    }

    @Test func `starts no more on one look than there is memory for`() {
        var run = Scenario(plan(memory))
        _ = run.begin()
        // 3 GiB but one, 150 MiB each.
        #expect(run.play([reading(memory: 3)], after: 0.01).starts == 13)
        #expect(run.state.gates.closed.isEmpty)
        // They have not grown yet, so the same look again tells nothing new; one that ends makes room.
        #expect(run.playNextDeadline() == ["look at the machine"])
        #expect(run.seconds >= 5)
        #expect(run.play([reading(memory: 3)]).starts == 0)
        #expect(run.end("t0", 1, ticked: 0, after: 0).starts == 1)
        // Once they have, what is left is what the look says.
        _ = run.playNextDeadline()
        #expect(run.play([reading(memory: 1.4)], after: 10).starts == 2)
    }

    @Test func `closes for a shortage of memory, says why, and opens with some to spare`() {
        var run = Scenario(plan(memory, slots: 2))
        _ = run.begin()
        #expect(run.play([reading(memory: 3)]).starts == 2)
        _ = run.end("t0", 1, ticked: 0, after: 60)
        #expect(run.play([reading(memory: 1.1)]) == ["gate memory closed"])
        let reason = run.reason(.memory)
        #expect(
            reason == "1.1 GiB of 16 GiB of memory are free; min_free_memory is 1 GiB, and a "
                + "session takes about 150 MiB: end other programs, or lower min_free_memory"
        )
        // One session would fit, but the gate would soon be closed again.
        #expect(run.playNextDeadline() == ["look at the machine"])
        #expect(run.play([reading(memory: 1.2)]) == [])
        #expect(run.playNextDeadline() == ["look at the machine"])
        let lines = run.play([reading(memory: 1.5)])
        #expect(lines.first == "gate memory opened" && lines.starts == 1)
    }

    @Test func `goes on looking when nothing runs, and opens as soon as one session fits`() {
        var run = Scenario(plan(memory))
        _ = run.begin()
        #expect(run.play([reading(memory: 1)]) == ["gate memory closed"])
        for _ in 0..<1000 {
            #expect(run.playNextDeadline() == ["look at the machine"])
            #expect(run.play([reading(memory: 1)], after: 0.1) == [])
        }
        #expect(run.seconds >= 5000)
        _ = run.playNextDeadline()
        let lines = run.play([reading(memory: 1.2)])
        #expect(lines.first == "gate memory opened" && lines.starts == 1)
    }

    @Test func `lets one session run at a time where a floor can't be met`() {
        var run = Scenario(plan(AdmissionPlan(minFreeMemory: 100 << 40)))
        _ = run.begin()
        let lines = run.play([reading()])
        #expect(lines.first == "gate memory closed but for one at a time")
        #expect(lines.starts == 1)
        #expect(run.reason(.memory)?.contains("no more than 16 GiB of memory") == true)
        for number in 1...20 {
            let start = run.state.running.keys.first
            #expect(run.end(start?.task ?? "", start?.number ?? 0, ticked: 0).starts == 1)
            #expect(run.state.running.count == 1, "\(number)")
            _ = run.play([reading()], after: 6)
        }
        var disk = Scenario(plan(AdmissionPlan(minFreeDisk: 200 * gibibyte)))
        _ = disk.begin()
        #expect(disk.play([reading()]).starts == 1)
        #expect(disk.reason(.disk)?.contains("file system of /w has no more than 100 GiB") == true)
    }

    @Test func `never asks for more by default than a twentieth of what there is`() {
        var run = Scenario(plan(AdmissionPlan()))
        _ = run.begin()
        // 200 MiB stay free of 4 GiB, so that three sessions have room in 700 MiB.
        #expect(run.play([reading(memory: 0.7, of: 4)]).starts == 3)
        #expect(run.state.gates.closed.isEmpty)
    }

    @Test func `closes for a disk, and opens when some space is free again`() {
        var run = Scenario(plan(AdmissionPlan(minFreeDisk: 2 * gibibyte), slots: 2))
        _ = run.begin()
        #expect(run.play([reading(disk: 3)]).starts == 2)
        _ = run.end("t0", 1, ticked: 0, after: 60)
        #expect(run.play([reading(disk: 1.5)]) == ["gate disk closed"])
        #expect(
            run.reason(.disk) == "1.5 GiB are free under /w, and min_free_disk is 2 GiB: free "
                + "some space, or lower min_free_disk"
        )
        #expect(run.playNextDeadline() == ["look at the machine"])
        #expect(run.play([reading(disk: 2.1)]) == [])
        #expect(run.playNextDeadline() == ["look at the machine"])
        #expect(run.play([reading(disk: 2.3)]).starts == 1)
    }

    @Test func `lets no more start than the load will bear, and always one`() {
        let admission = AdmissionPlan(minFreeMemory: 0, maxLoad: 8, minFreeDisk: 0)
        var run = Scenario(plan(admission))
        _ = run.begin()
        // The load shows them only after a while.
        #expect(run.play([reading(load: 2)], after: 0.01).starts == 6)
        _ = run.playNextDeadline()
        #expect(run.play([reading(load: 3)]).starts == 0)
        #expect(run.playNextDeadline() == ["look at the machine"])
        #expect(
            run.play([reading(load: 9)], after: 60) == [
                "gate load closed but for one at a time"
            ]
        )
        #expect(run.reason(.load)?.hasPrefix("the load is 9.0 on 4 processors") == true)
        for key in run.state.running.keys.sorted().dropLast() {
            #expect(run.end(key.task, key.number, ticked: 0, after: 0).starts == 0)
        }
        // All that runs is ended: the load is others', and starves nobody.
        let last = run.state.running.keys.first
        #expect(run.end(last?.task ?? "", last?.number ?? 0, ticked: 0).starts == 1)
        _ = run.playNextDeadline()
        #expect(run.play([reading(load: 7.5)]) == [])
        _ = run.playNextDeadline()
        #expect(run.play([reading(load: 4)], after: 60).first == "gate load opened")
    }

    @Test func `says once what is unknown, and does not wait for it`() {
        var run = Scenario(plan(AdmissionPlan(maxLoad: 8), slots: 2))
        _ = run.begin()
        let lines = run.play([.machineRead(MachineReading())])
        #expect(lines.count { $0.hasPrefix("warning: ") } == 3)
        #expect(lines.contains { $0.contains("free memory is unknown without /proc/meminfo") })
        #expect(lines.starts == 2)
        _ = run.end("t0", 1, ticked: 0, after: 60)
        #expect(run.play([.machineRead(MachineReading())]).starts == 1)
    }

    @Test func `waits for no look that never comes`() {
        var run = Scenario(plan(memory, slots: 2))
        _ = run.begin()
        let lines = run.playNextDeadline()
        #expect(run.seconds == 10)
        #expect(lines.first?.hasPrefix("warning: a look at the machine") == true)
        #expect(lines.starts == 2)
        // Nor with a closed gate.
        run = Scenario(plan(memory, slots: 2))
        _ = run.begin()
        #expect(run.play([reading(memory: 1)]) == ["gate memory closed"])
        #expect(run.playNextDeadline() == ["look at the machine"])
        #expect(run.playNextDeadline().starts == 2)
        #expect(run.state.gates.closed.isEmpty)
    }

    @Test func `holds the probe of a usage limit, too`() {
        var run = Scenario(plan(memory, slots: 1))
        _ = run.begin()
        _ = run.play([reading(memory: 3)])
        let limit = Failure(.usageLimit, "out of usage", resetsAt: Scenario.wall(100))
        _ = run.end("t0", 1, failure: limit)
        #expect(run.playNextDeadline() == ["look at the machine"])
        #expect(run.seconds >= 100)
        #expect(run.play([reading(memory: 1)]) == ["gate memory closed"])
        for _ in 0..<10 {
            _ = run.play([reading(memory: 1)], after: 6)
            #expect(run.state.running.isEmpty)
        }
        #expect(run.play([reading(memory: 3)]).last?.hasSuffix(" as a probe") == true)
    }

    @Test func `asks for nothing more when the run is being stopped`() {
        var run = Scenario(plan(memory))
        _ = run.begin()
        _ = run.play([reading(memory: 1)])
        let lines = run.play([.shutdownRequested(.interrupt)])
        #expect(lines == ["drain with 0 running", "end interrupted"])
    }

    @Test(arguments: [
        (Int64(0), "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (600 << 10, "600 KiB"),
        (1_610_612_736, "1.5 GiB"), (157_286_400, "150 MiB"), (100 << 40, "100 TiB"),
        (Int64.max, "8 EiB"),
    ])
    func `tells bytes as people write them`(count: Int64, words: String) {
        #expect(count.bytesForPeople == words)
    }
}

@Suite struct `Sessions that run out of memory` {
    private let killed = Failure(.outOfMemory, "the kernel's out-of-memory killer ended it")
    private let plan = RunPlan(
        concurrency: 8,
        tasks: (0..<40).map { TaskPlan(name: "t\($0)", stallAfter: 1000) }
    )

    @Test func `halve what runs at once, once for all that one shortage killed`() {
        var run = Scenario(plan)
        #expect(run.begin().starts == 8)
        let lines = run.end("t0", 1, failure: killed)
        #expect(lines == ["4 at once", "t0#1 failed, charged to retry"])
        #expect(run.end("t1", 1, failure: killed) == ["t1#1 failed, charged to retry"])
        for number in 2..<8 { _ = run.end("t\(number)", 1, ticked: 0, after: 0) }
        #expect(run.state.running.count == 4)
    }

    @Test func `count by what ran, not by what might have run`() {
        var wide = plan
        (wide.concurrency, wide.tasks) = (64, Array(plan.tasks.prefix(6)))
        var run = Scenario(wide)
        #expect(run.begin().starts == 6)
        #expect(run.end("t0", 1, failure: killed).contains("3 at once"))
    }

    @Test func `let one more run after each clean minute, up to the number that was set`() {
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("t0", 1, failure: killed)
        var lines: [String] = []
        for _ in 0..<400 {
            guard let oldest = run.state.running.values.min(by: { $0.since < $1.since }) else {
                break
            }
            lines += run.end(oldest.start.task, oldest.start.session, ticked: 0)
        }
        #expect(lines.filter { $0.hasSuffix("at once") } == (5...8).map { "\($0) at once" })
        #expect(run.state.running.count == 8)
    }

    @Test func `are remembered when the run is started again`() {
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("t0", 1, failure: killed)
        var next = Scenario(plan, state: run.state)
        let lines = next.begin()
        #expect(lines.contains("4 at once"))
        #expect(lines.starts == 4)
    }

    @Test func `end their task when the retries are used up, and not before`() {
        var run = Scenario(RunPlan(concurrency: 1, tasks: [TaskPlan(name: "a")]))
        _ = run.begin()
        for number in 1...5 {
            #expect(!run.end("a", number, failure: killed).contains { $0.hasPrefix("a failed") })
            _ = run.playNextDeadline()
        }
        let last = run.end("a", 6, failure: killed)
        #expect(last.contains { $0.hasPrefix("a failed: gave up after 5 retries: the kernel's") })
    }
}
