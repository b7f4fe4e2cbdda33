import Foundation
import Orchestration
import RunStore
import TestSupport
import Testing

/// A control group of its own for a test, which can be frozen.
private struct Freezer {
    private let path: String
    private let file: String
    private let words: (frozen: String, thawed: String)

    /// Where a process's number is written to join.
    var members: String { path + "/cgroup.procs" }

    /// Makes one, of either version of control groups; `nil` where that can't be done.
    init?() {
        let name = "quire-test-\(UUID().uuidString)"
        let isOld = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/freezer")
        path = "/sys/fs/cgroup/\(isOld ? "freezer/" : "")\(name)"
        file = path + (isOld ? "/freezer.state" : "/cgroup.freeze")
        words = isOld ? ("FROZEN", "THAWED") : ("1", "0")
        guard mkdir(path, 0o755) == 0 else { return nil }
        guard FileManager.default.fileExists(atPath: file) else {
            rmdir(path)
            return nil
        }
    }

    func freeze() throws { try put(words.frozen, file) }
    func thaw() throws { try put(words.thawed, file) }
    func remove() { rmdir(path) }

    static var canBeMade: Bool {
        let freezer = Freezer()
        freezer?.remove()
        return freezer != nil
    }
}

@Suite struct `A Quire that is stopped` {
    /// How many seconds it is stopped: longer than a session may take, which itself is far longer than
    /// the rest of the session takes on a busy machine.
    private static let stop: UInt32 = 40

    /// Writes a task whose first session is silent for longer than it may be; for most of that Quire
    /// is to be stopped.
    private func writeSilent(_ run: QuireRun) throws {
        try run.write(
            [("t", "entries=1 items=0")],
            defaults: "{idle_timeout: 38s, session_timeout: 38500ms}"
        )
        try run.direct("t 1 duration=41s")
    }

    /// Waits until the agent of the first session is at work, and Quire knows.
    private func hasBegun(_ run: QuireRun) -> Bool {
        eventually { text(run.task("t") + "/session.log").contains("thread.started") }
    }

    @Test(.enabled(if: Freezer.canBeMade, "no control group can be made here"))
    func `may have been frozen with its sessions, which no signal tells`() throws {
        try withRun { run in
            try writeSilent(run)
            let freezer = try #require(Freezer())
            defer { freezer.remove() }
            var isFrozen = false
            var program = Program(
                "/bin/sh",
                ["-c", "echo $$ >'\(freezer.members)'; exec \"$@\"", "sh"]
                    + [Program.built("quire"), "run", "m.yaml"],
                in: run.root
            )
            program.environment = run.scripted
            let outcome = try program.run { output, _ in
                guard !isFrozen, output.contains("session 1 starts") else { return }
                isFrozen = hasBegun(run)
                try? freezer.freeze()
                sleep(Self.stop)
                try? freezer.thaw()
            }
            #expect(isFrozen)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(!outcome.output.contains("timeout"), "\(outcome.output)")
        }
    }

    @Test func `judges no session hung for the time that it did not see`() throws {
        try withRun { run in
            try writeSilent(run)
            var isStopped = false
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard !isStopped, output.contains("session 1 starts") else { return }
                isStopped = hasBegun(run)
                kill(pid, SIGSTOP)
                sleep(Self.stop)
                kill(pid, SIGCONT)
            }
            #expect(isStopped)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(!outcome.output.contains("timeout"), "\(outcome.output)")
        }
    }

    @Test func `takes what came meanwhile together: one turn, one record`() throws {
        try withRun { run in
            let count = 16
            // Each agent is done, and waits for a line of its own before it ends.
            try put(
                """
                #!/bin/bash
                '\(Program.built("codex-sim"))' "$@"
                touch "${0%/*}/done-$QUIRE_TASK"
                read -r line <"${0%/*}/go"
                """,
                run.root + "/agent"
            )
            #expect(chmod(run.root + "/agent", 0o755) == 0)
            #expect(mkfifo(run.root + "/go", 0o600) == 0)
            let go = open(run.root + "/go", O_RDWR | O_CLOEXEC)
            defer { close(go) }
            let tasks = (1...count).map { "{name: t\($0), prompt: \"sim: entries=1\"}" }
            try put(
                """
                version: 1
                run:
                  agent: {command: [./agent]}
                  concurrency: \(count)
                  admission: \(QuireRun.unbounded)
                defaults: {max_sessions: 1}
                tasks: [\(tasks.joined(separator: ", "))]
                """,
                run.root + "/m.yaml"
            )
            var isStopped = false
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard !isStopped, output.components(separatedBy: " starts (").count > count else {
                    return
                }
                isStopped = true
                let done = (1...count).map { run.root + "/done-t\($0)" }
                _ = eventually { done.allSatisfy(FileManager.default.fileExists) }
                kill(pid, SIGSTOP)
                #expect(write(go, String(repeating: "\n", count: count), count) == count)
                // A process that has ended has no environment.
                _ = eventually { processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml").isEmpty }
                kill(pid, SIGCONT)
            }
            #expect(outcome.status == 101, "\(outcome.output) \(outcome.error)")
            let store = try RunStore.open(directory: run.root + "/.autonomous/.quire")
            defer { try? store.close() }
            let ends = try store.journal(of: run.root + "/m.yaml").map { batch in
                batch.events.count { if case .sessionEnded = $0 { true } else { false } }
            }
            #expect(ends.reduce(0, +) == count)
            // In how many turns the worker threads tell of them is the machine's business.
            #expect(ends.contains { $0 > 1 }, "\(ends)")
        }
    }
}
