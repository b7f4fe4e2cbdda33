import Foundation
import TestSupport
import Testing

@Suite struct `Limits of the system` {
    private static let patient = "{retries: {limit: 1000, delay: 100ms, max_delay: 100ms}}"
    private static let isRoot = getuid() == 0

    /// Runs a command line that ends in Quire's call.
    private func quire(
        _ run: QuireRun,
        after words: String,
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        let command = "\(words) '\(Program.built("quire"))' run m.yaml"
        var program = Program("/bin/bash", ["-c", command], in: run.root)
        program.environment = run.scripted
        return try program.run(watching: watching)
    }

    /// Gives the workspace to a user who has no process but a test's own, and returns the command
    /// that becomes this user.
    private func giveAway(_ run: QuireRun, _ number: Int) throws -> String {
        // A container may have no more than 65,536 of them.
        let user = 20_000 + 4 * (Int(getpid()) % 10_000) + number
        #expect(try shell("chown -R \(user) .", in: run.root).status == 0)
        return "setpriv --reuid=\(user) --regid=\(user) --clear-groups"
    }

    /// Lowers a limit of Quire's when its first session starts, and raises it again when it says so.
    ///
    /// No first session ends before the limit is lowered.
    private func strike(
        _ run: QuireRun,
        _ limit: (low: String, high: String),
        until words: String,
        as become: String = ""
    ) throws -> Outcome {
        try run.direct("* 1 until=low")
        var (isLow, isHigh) = (false, false)
        let outcome = try quire(run, after: "exec \(become)") { output, pid in
            if !isLow, output.contains("session 1 starts") {
                isLow = true
                _ = try? shell("\(become) prlimit --pid \(pid) \(limit.low)", in: run.root)
                try? put("", run.root + "/low")
            }
            if isLow, !isHigh, output.contains(words) {
                isHigh = true
                _ = try? shell("\(become) prlimit --pid \(pid) \(limit.high)", in: run.root)
            }
        }
        #expect(isHigh, "\(outcome.output) \(outcome.error)")
        return outcome
    }

    @Test func `too few descriptors are told before anything starts`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let outcome = try quire(run, after: "ulimit -n 64; exec")
            #expect(outcome.status == 69)
            #expect(
                outcome.error.contains("descriptors, but the limit is 64; raise it (ulimit -n)")
            )
            #expect(!FileManager.default.fileExists(atPath: run.task("t")))
        }
    }

    @Test func `descriptors that run out cost a session its start, and nothing else`() throws {
        try withRun { run in
            let names = (1...4).map { "t\($0)" }
            try run.write(
                names.map { ($0, "entries=3") },
                defaults: Self.patient
            )
            let outcome = try strike(
                run,
                ("--nofile=10:", "--nofile=1000:"),
                until: "oo many open files"
            )
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            for name in names { #expect(!run.list(name).contains("- [ ]")) }
        }
    }

    @Test(.enabled(if: isRoot, "only the administrator can become somebody with a limit"))
    func `a fork that is refused costs a session its start, and nothing else`() throws {
        try withRun { run in
            let names = (1...4).map { "t\($0)" }
            try run.write(
                names.map { ($0, "entries=3") },
                defaults: Self.patient
            )
            let become = try giveAway(run, 0)
            let outcome = try strike(
                run,
                ("--nproc=1:", "--nproc=1000:"),
                until: "starting a process: resource temporarily unavailable",
                as: become
            )
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            for name in names { #expect(!run.list(name).contains("- [ ]")) }
        }
    }

    @Test(.enabled(if: isRoot, "only the administrator can become somebody with a limit"))
    func `a fork that is refused for a while costs no retry`() throws {
        try withRun { run in
            let names = (1...4).map { "t\($0)" }
            try run.write(
                names.map { ($0, "entries=2") },
                defaults: "{retries: {limit: 1, delay: 10ms, max_delay: 10ms}, same_failure: 1}"
            )
            let become = try giveAway(run, 1)
            let outcome = try strike(
                run,
                ("--nproc=1:", "--nproc=1000:"),
                until: "held by a lack of processes, memory or file descriptors for 4s",
                as: become
            )
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("starting a process: resource temporarily unavailable"))
            for name in names { #expect(!run.list(name).contains("- [ ]")) }
        }
    }

    @Test(.enabled(if: isRoot, "only the administrator can become somebody with a limit"))
    func `it listens and journals while no thread can be made for long`() throws {
        try withRun { run in
            try run.write([("t", "entries=4")])
            try run.direct("* 1 until=low")
            let become = try giveAway(run, 2)
            var (isLow, isTold) = (false, false)
            let outcome = try quire(run, after: "exec \(become)") { output, pid in
                if !isLow, output.contains("session 1 starts") {
                    isLow = true
                    _ = try? shell("\(become) prlimit --pid \(pid) --nproc=1:", in: run.root)
                    try? put("", run.root + "/low")
                }
                if !isTold, output.contains("descriptors for 8s") {
                    isTold = true
                    // Longer than a queue of the system's keeps a thread that has nothing to do.
                    sleep(6)
                    kill(pid, SIGTERM)
                }
            }
            #expect(isTold && outcome.status == 143 && !outcome.isLate, "\(outcome)")
        }
    }

    @Test(.enabled(if: isRoot, "only the administrator can become somebody with a limit"))
    func `threads that can't be made are told before anything starts`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let become = try giveAway(run, 3)
            let outcome = try quire(
                run,
                after: "exec \(become) /bin/bash -c 'ulimit -u 3; exec \"$@\"' quire"
            )
            #expect(outcome.status == 69, "\(outcome.output) \(outcome.error)")
            #expect(outcome.error.contains("starting a thread: resource temporarily unavailable"))
            #expect(outcome.error.contains("raise the limit on processes (ulimit -u)"))
        }
    }

    @Test(arguments: [
        ("rm", "no such file or directory"), ("chmod -x", "permission denied"),
    ])
    func `an agent that goes away fails its task, and says why`(
        change: String,
        words: String
    ) throws {
        try withRun { run in
            _ = try run.writeAgent("\(change) \"$0\"")
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}, concurrency: 1}
                defaults: {retries: {limit: 2, delay: 10ms}}
                tasks: [{name: t, prompt: "sim: entries=2"}, {name: u, prompt: p}]
                """,
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("running \"\(run.root)/agent\": \(words)"))
            #expect(outcome.output.contains("2 tasks: 2 failed"))
        }
    }

    @Test func `a log that may not grow any more loses output, and says so`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 output=4M items=2")])
            // In units of 1 KiB.
            let outcome = try quire(run, after: "ulimit -f 4096; exec")
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("session.log lost output of session 1: "))
            #expect(outcome.output.contains("file too large"))
            #expect(!run.list("t").contains("- [ ]"))
        }
    }
}
