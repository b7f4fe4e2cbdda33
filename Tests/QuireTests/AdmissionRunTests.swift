import Foundation
import Glibc
import TestSupport
import Testing

/// Whether files of `/proc` can be replaced here: that takes a privilege.
private let canReplace: Bool = {
    let outcome = try? shell(
        "unshare -m sh -c 'mount --bind /dev/null /proc/vmstat && mount -t tmpfs none /sys/fs/cgroup'",
        in: "/"
    )
    return outcome?.status == 0
}()

private struct Status: Decodable {
    struct Gate: Decodable {
        var gate: String
        var reason: String
    }

    struct Change: Decodable {
        var limit: Int
        var reason: String
    }

    var gates: [Gate]
    var concurrency: [Change]
}

private func status(_ run: QuireRun) throws -> Status {
    let outcome = try run.quire(["status", "--json"])
    return try JSONDecoder().decode(Status.self, from: Data(outcome.output.utf8))
}

@Suite struct `A machine that is short` {
    @Test func `lets sessions run one at a time where a floor can't be met, and tells why`() throws
    {
        try withRun { run in
            try run.write(
                (1...3).map { ("t\($0)", "entries=1 until=seen") },
                admission: "{min_free_memory: 100T}"
            )
            var held: Status?
            var explained = ""
            let outcome = try run.quire(["run", "m.yaml"]) { output, _ in
                guard held == nil, output.contains("session 1 starts") else { return }
                held = try? status(run)
                explained = (try? run.quire(["explain", "t3"]).output) ?? ""
                try? put("", run.root + "/seen")
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            let reason =
                "min_free_memory is 100 TiB, and a session takes about 24 MiB, but there is"
            #expect(outcome.output.contains("starts are held by a shortage of memory: \(reason)"))
            #expect(held?.gates.map(\.gate) == ["memory"])
            #expect(held?.gates.first?.reason.hasPrefix(reason) == true)
            #expect(explained.contains("Starts are held by a shortage of memory: \(reason)"))
            #expect(try status(run).gates.isEmpty)
            var running = 0
            for line in outcome.output.split(separator: "\n") where line.contains(": session ") {
                running += line.contains(" starts (") ? 1 : -1
                #expect((0...1).contains(running), "\(outcome.output)")
            }
        }
    }

    @Test(.enabled(if: canReplace, "files of /proc can't be replaced here"))
    func `holds starts while memory is short, and goes on when there is some`() throws {
        try withRun { run in
            let file = run.root + "/meminfo"
            func put(free mebibytes: Int) throws {
                let text = "MemTotal: 8388608 kB\nMemAvailable: \(mebibytes * 1024) kB\n"
                try TestSupport.put(text, file)
            }
            try put(free: 300)
            try run.write([("a", "entries=2"), ("b", "entries=2")], admission: nil)
            var isFreed = false
            let outcome = try quire(run, "mount --bind meminfo /proc/meminfo") { output, _ in
                guard !isFreed, output.contains("starts are held") else { return }
                isFreed = true
                try? put(free: 4000)
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(
                outcome.output.contains(
                    "starts are held by a shortage of memory: 300 MiB of 8 GiB of memory are free; "
                        + "min_free_memory is 410 MiB, and a session takes about 24 MiB"
                )
            )
            #expect(outcome.output.contains("starts go on: a shortage of memory is over"))
        }
    }

    /// A shell that the agent runs below tells of a signal in its exit status.
    @Test(
        .enabled(if: canReplace, "files of /proc can't be replaced here"),
        arguments: [false, true]
    )
    func `halves what runs at once when the kernel kills a session for want of memory`(
        belowAShell: Bool
    ) throws {
        try withRun { run in
            try put("oom_kill 5\n", run.root + "/vmstat")
            // The others are still at work when it is killed.
            let tasks = (1...3).map { ("t\($0)", "entries=1 until=killed") }
            let killed = ("t4", "entries=1 until=counted crash=9 fail-on=1")
            try script("'\(Program.built("codex-sim"))' \"$@\"\nexit $?", run.root + "/agent")
            try run.write(
                tasks + [killed],
                agent: belowAShell ? "{command: [./agent]}" : "simulated"
            )
            var isKilled = false
            let outcome = try quire(run, "mount --bind vmstat /proc/vmstat") { output, _ in
                if output.contains("t4: session 1 failed") { try? put("", run.root + "/killed") }
                guard !isKilled, output.contains("t4: session 1 starts") else { return }
                isKilled = true
                // The kernel counts before it kills.
                try? put("oom_kill 6\n", run.root + "/vmstat")
                try? put("", run.root + "/counted")
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("t4: session 1 failed"))
            #expect(outcome.output.contains(": the kernel's out-of-memory killer ended it; again"))
            let changes = try status(run).concurrency
            // One more after each minute.
            #expect(changes.first?.limit == 2)
            #expect(changes.first?.reason.hasSuffix("ended session 1 of \"t4\"") == true)
        }
    }

    @Test(.enabled(if: canReplace, "files of /proc can't be replaced here"))
    func `is not blamed for a session that somebody else killed`() throws {
        try withRun { run in
            try put("oom_kill 5\n", run.root + "/vmstat")
            try run.write([("t", "entries=1 crash=9 fail-on=1")])
            let outcome = try quire(run, "mount --bind vmstat /proc/vmstat")
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("t: session 1 failed"))
            #expect(outcome.output.contains(": killed by signal 9"))
            #expect(try status(run).concurrency.isEmpty)
        }
    }

    /// Runs Quire without control groups, after a command of the shell that no other process sees.
    private func quire(
        _ run: QuireRun,
        _ command: String,
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        let words =
            "mount -t tmpfs none /sys/fs/cgroup && \(command) && "
            + "exec '\(Program.built("quire"))' run m.yaml"
        return try Program("/usr/bin/unshare", ["-m", "sh", "-c", words], in: run.root)
            .run(watching: watching)
    }
}
