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
    @Test(.enabled(if: Freezer.canBeMade, "no control group can be made here"))
    func `may have been frozen with its sessions, which no signal tells`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1 items=0 duration=9s")],
                defaults: "{idle_timeout: 6s, session_timeout: 6500ms}"
            )
            let freezer = try #require(Freezer())
            defer { freezer.remove() }
            var frozen = 0
            let outcome = try Program(
                "/bin/sh",
                ["-c", "echo $$ >'\(freezer.members)'; exec \"$@\"", "sh"]
                    + [Program.built("quire"), "run", "m.yaml"],
                in: run.root
            ).run { output, _ in
                guard output.contains("session \(frozen + 1) starts") else { return }
                frozen += 1
                let log = run.task("t") + "/session.log"
                for _ in 0..<1_000
                where text(log).components(separatedBy: "thread.started").count <= frozen {
                    usleep(10_000)
                }
                try? freezer.freeze()
                sleep(8)
                try? freezer.thaw()
            }
            #expect(frozen == 2)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(!outcome.output.contains("timeout"), "\(outcome.output)")
        }
    }

    @Test func `judges no session hung for the time that it did not see`() throws {
        try withRun { run in
            // Silent for longer than it may be, and for most of that Quire is stopped.
            try run.write(
                [("t", "entries=1 items=0 duration=9s")],
                defaults: "{idle_timeout: 6s, session_timeout: 6500ms}"
            )
            var stops = 0
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard output.contains("session \(stops + 1) starts") else { return }
                stops += 1
                // Before it is stopped, Quire has to have started the agent.
                let log = run.task("t") + "/session.log"
                for _ in 0..<1_000
                where text(log).components(separatedBy: "thread.started").count <= stops {
                    usleep(10_000)
                }
                kill(pid, SIGSTOP)
                sleep(7)
                kill(pid, SIGCONT)
            }
            #expect(stops == 2)
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
                run: {agent: {command: [./agent]}, concurrency: \(count)}
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
                Self.wait { done.allSatisfy(FileManager.default.fileExists) }
                kill(pid, SIGSTOP)
                #expect(write(go, String(repeating: "\n", count: count), count) == count)
                // A process that has ended has no environment.
                Self.wait { processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml").isEmpty }
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

    private static func wait(until holds: () -> Bool) {
        for _ in 0..<600 where !holds() { usleep(50_000) }
    }
}
