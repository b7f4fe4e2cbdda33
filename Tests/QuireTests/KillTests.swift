import Descendants
import Foundation
import Orchestration
import RunStore
import TestSupport
import Testing

/// A run that is killed with SIGKILL at random instants and started again until it ends.
private final class Killing {
    static let tasks = 16
    static let entries = 4

    let run: QuireRun
    private let evidence: String
    private var generator: SplitMix64
    /// Tasks that an output called complete.
    private var complete: Set<Substring> = []
    /// SIGKILLs so far.
    private(set) var kills = 0
    /// Starts that had to end processes of a killed one.
    private(set) var cleanups = 0
    /// Starts that had a snapshot to begin with.
    private(set) var withSnapshot = 0
    /// What must not happen, and did.
    private(set) var violations: [String] = []

    init(_ run: QuireRun, seed: UInt64) throws {
        self.run = run
        evidence = run.root + "/evidence"
        generator = SplitMix64(seed: seed)
        let directives =
            "entries=\(Self.entries) items=2 duration=60ms jitter=0.9 daemons=2 evidence=\(evidence)"
        try run.write(
            (1...Self.tasks).map { ("t\($0)", directives) },
            concurrency: 8,
            defaults: "{retries: {limit: 1000000, delay: 10ms, max_delay: 20ms}}",
            run: "grace: 50ms"
        )
    }

    /// Starts it again and again until it ends, and kills it at most so often.
    func play(kills most: Int) throws {
        while try !isOver(isKilled: kills < most) { kills += 1 }
        let left = Self.processes(of: run, butOf: -1)
        expect(left.isEmpty, "left at the end: \(left)")
        for number in 1...Self.tasks {
            let list = run.list("t\(number)")
            let ticked = list.components(separatedBy: "- [x] Task ").count - 1
            expect(ticked == Self.entries && !list.contains("- [ ]"), "lost: \(list)")
        }
        violations += Evidence.violations(in: evidence)
        try checkJournal()
    }

    /// Starts it once; false where it was killed.
    ///
    /// Half of the kills come at any time, half after any number of lines: on a busy machine nothing
    /// may have started for a long time.
    private func isOver(isKilled: Bool) throws -> Bool {
        var program = Program(Program.built("quire"), ["run", "m.yaml"], in: run.root)
        let (time, lines) = (generator.next() % 600, generator.next() % 60)
        let isTimed = generator.next() % 2 == 0
        if isKilled, isTimed { program.killAfter = .milliseconds(Int64(time)) }
        var old: [SeenProcess]?
        if run.hasSnapshot { withSnapshot += 1 }
        let outcome = try program.run { [run] output, pid in
            if old == nil, output.contains(" starts (") {
                old = Self.processes(of: run, butOf: pid)
            }
            let count = output.utf8.count { $0 == UInt8(ascii: "\n") }
            if isKilled, !isTimed, count >= lines { kill(pid, SIGKILL) }
        }
        expect(old?.isEmpty ?? true, "alive when the next Quire started a session: \(old ?? [])")
        expect([0, 137].contains(outcome.status), "\(outcome.output) \(outcome.error)")
        if outcome.output.contains("had outlived") { cleanups += 1 }
        let said = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
        for words in said where words.count > 2 && words[2] == "session" {
            expect(!complete.contains(words[1]), "goes on with what was complete: \(words)")
        }
        complete.formUnion(said.filter { $0.count > 2 && $0[2] == "COMPLETE" }.map { $0[1] })
        return outcome.status != 137
    }

    /// What the journal says: every session that started ended once, and none began again.
    private func checkJournal() throws {
        let store = try RunStore.open(directory: run.root + "/.autonomous/.quire")
        defer { try? store.close() }
        var (started, ended): (Set<SessionKey>, Set<SessionKey>) = ([], [])
        var (legs, outcomes) = (0, Set<String>())
        for batch in try store.journal(of: run.root + "/m.yaml") {
            for fact in batch.events {
                switch fact {
                case .runBegan: legs += 1
                case .sessionStarted(let fact):
                    expect(started.insert(fact.key).inserted, "started twice: \(fact.key)")
                case .sessionEnded(let fact):
                    expect(ended.insert(fact.key).inserted, "ended twice: \(fact.key)")
                    expect(started.contains(fact.key), "ended unstarted: \(fact.key)")
                case .taskEnded(let fact):
                    expect(fact.outcome == .complete, "\(fact)")
                    expect(outcomes.insert(fact.task).inserted, "complete twice: \(fact.task)")
                default: break
                }
            }
        }
        expect(started == ended, "never ended: \(started.subtracting(ended))")
        expect(outcomes.count == Self.tasks, "complete are only \(outcomes)")
        expect(legs <= kills + 1, "\(legs) legs after \(kills) kills")
    }

    private func expect(_ holds: Bool, _ words: @autoclosure () -> String) {
        if !holds { violations.append(words()) }
    }

    /// Processes of the run's sessions that another Quire than `pid` had started.
    private static func processes(of run: QuireRun, butOf pid: Int32) -> [SeenProcess] {
        (SystemProcesses().marked() ?? []).filter {
            $0.value("QUIRE_RUN") == run.root + "/m.yaml" && $0.id.isAlive
                && $0.value("QUIRE_RUNNER")?.hasPrefix("\(pid)/") != true
        }
    }
}

@Suite struct `A run that is killed` {
    /// `QUIRE_KILLS` of them, the first run's from `QUIRE_KILL_SEED`.
    @Test func `loses nothing, repeats nothing and leaves nothing behind`() throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["QUIRE_KILLS"].flatMap { Int($0) } ?? 25
        var seed = environment["QUIRE_KILL_SEED"].flatMap { UInt64($0) } ?? .random(in: 0..<1 << 32)
        var (kills, runs, cleanups) = (0, 0, 0)
        var withSnapshot = 0
        // More, if nothing was alive when it was to be ended.
        while kills < wanted || cleanups == 0 && runs < 20 {
            try withRun { run in
                let killing = try Killing(run, seed: seed)
                try killing.play(kills: max(wanted - kills, 5))
                #expect(
                    killing.violations.isEmpty,
                    """
                    again: QUIRE_KILLS=\(killing.kills) QUIRE_KILL_SEED=\(seed) \
                    swift test --filter KillTests
                    """
                )
                kills += killing.kills
                cleanups += killing.cleanups
                withSnapshot += killing.withSnapshot
            }
            seed += 1
            runs += 1
        }
        #expect(cleanups > 0, "nothing ever outlived a kill: this proves nothing")
        print(
            "\(kills) SIGKILLs in \(runs) runs; \(cleanups) starts ended what was left, "
                + "\(withSnapshot) had a snapshot"
        )
    }
}
