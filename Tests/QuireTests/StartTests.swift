import EventLoop
import Foundation
import TestSupport
import Testing

/// What a program was called with besides its arguments.
private struct Start: Sendable, CustomTestStringConvertible {
    var blocked: [Int32] = []
    var ignored: [Int32] = []
    var descriptors = 256

    var testDescription: String { "blocked \(blocked), ignored \(ignored), \(descriptors)" }

    /// Runs a program of this package with it.
    func run(
        _ program: String,
        _ arguments: [String],
        in run: QuireRun,
        environment: [String: String] = [:],
        watching: @escaping (_ output: String, _ pid: Int32) -> Void
    ) throws -> Outcome {
        let script = """
            import os, resource, signal, sys
            blocked, ignored, descriptors = eval(sys.argv[1])
            for number in range(1, 32):
                if number not in (signal.SIGKILL, signal.SIGSTOP):
                    signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
            os.execv(sys.argv[2], sys.argv[2:])
            """
        let state = "\(blocked), \(ignored), \(descriptors)"
        var call = Program(
            "/usr/bin/env",
            ["python3", "-c", script, state, Program.built(program)] + arguments,
            in: run.root
        )
        call.environment = environment
        return try call.run(watching: watching)
    }

    /// Signals as the bits of a number.
    static func set(_ signals: [Int32]) -> UInt64 {
        signals.reduce(0) { $0 | 1 << UInt64($1 - 1) }
    }
}

/// Whoever calls Quire leaves it with something: a shell's `&`, `nohup`, a runtime that blocks signals.
@Suite struct `What Quire was started with` {
    private static let starts = [
        Start(blocked: [SIGTERM, SIGINT]), Start(blocked: [SIGCHLD]),
        Start(blocked: Array(1...31).filter { $0 != SIGKILL && $0 != SIGSTOP }),
        Start(ignored: [SIGCHLD]), Start(ignored: [SIGTERM, SIGINT]),
        Start(ignored: [SIGHUP, SIGINT, SIGQUIT, SIGPIPE]),
    ]

    @Test(arguments: starts, [SIGTERM, SIGINT])
    private func `does not rule it: a signal ends a run politely`(
        start: Start,
        signal: Int32
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=3 until=told")])
            var isAsked = false
            let outcome = try start.run("quire", ["run", "m.yaml"], in: run) { output, pid in
                if output.contains("stopping: ") { try? put("", run.root + "/told") }
                guard output.contains("session 1 starts"), !isAsked else { return }
                isAsked = true
                kill(pid, signal)
            }
            #expect(outcome.status == 128 + signal, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("session 1 wrote the checklist"), "\(outcome.output)")
            #expect(!outcome.output.contains("session 2 starts"), "\(outcome.output)")
        }
    }

    @Test(arguments: [
        ("run: {agent: {command: ['SIM']}}", ["run", "m.yaml"]),
        ("run: {agent: simulated}", ["run", "m.yaml"]),
        ("run: {agent: {command: ['SIM']}, launcher: [env]}", ["run", "m.yaml"]),
        ("", ["task", "Do it", "--task-name", "t", "--agent", "SIM"]),
    ])
    func `is handed on to the agents: mask, ignored signals and the limit on descriptors`(
        manifest: String,
        arguments: [String]
    ) throws {
        let start = Start(blocked: [SIGUSR1, SIGTERM], ignored: [SIGHUP, SIGPIPE, SIGCHLD])
        let sim = Program.built("codex-sim")
        try withRun { run in
            try put(
                "version: 1\n\(manifest.replacing("SIM", with: sim))\ntasks: [{name: t, prompt: p}]\n",
                run.root + "/m.yaml"
            )
            var seen: (blocked: UInt64?, ignored: UInt64?, limits: String)?
            let words = arguments.map { $0.replacing("SIM", with: sim) }
            let long = ["CODEX_SIM": "duration=600s"]
            _ = try start.run("quire", words, in: run, environment: long) { _, pid in
                guard seen == nil else { return }
                _ = eventually {
                    guard let agent = agent(of: run) else { return false }
                    let status = text("/proc/\(agent)/status")
                    seen = (
                        signals("SigBlk", in: status), signals("SigIgn", in: status),
                        text("/proc/\(agent)/limits")
                    )
                    return true
                }
                kill(pid, SIGKILL)
            }
            let (blocked, ignored, limits) = try #require(seen)
            #expect(blocked == Start.set(start.blocked))
            #expect(ignored == Start.set(start.ignored))
            #expect(limits.contains(try Regex("Max open files +256 ")), "\(limits)")
        }
    }

    /// The process of a session, once it is the agent's program.
    private func agent(of run: QuireRun) -> Int32? {
        processes(mentioning: "QUIRE_DIRECTORY=\(run.root)/.autonomous/t").first {
            ["codex-sim\n", "quire\n"].contains(text("/proc/\($0)/comm"))
        }
    }

    /// The signals of a set in `/proc/PID/status`, without those that only the C library knows.
    private func signals(_ set: String, in status: String) -> UInt64? {
        status.split(separator: "\n").first { $0.hasPrefix(set + ":\t") }
            .flatMap { UInt64($0.dropFirst(set.count + 2), radix: 16) }
            .map { $0 & 0x7FFF_FFFF }
    }

    @Test func `its environment reaches the agents byte for byte, but for Quire's own variables`()
        throws
    {
        let odd: [[UInt8]] = [
            Array("LEGACY=caf".utf8) + [0xE9], Array("NO_VALUE".utf8), Array("EMPTY=".utf8),
            Array("TWICE=1".utf8), Array("TWICE=2".utf8), Array("a-b c=d".utf8),
            [0xFF, 0x3D, 0xFE],
            Array("REPLACED=1".utf8),
        ]
        try withRun { run in
            try put(
                """
                version: 1
                run: {agent: {command: ['\(Program.built("codex-sim"))']}}
                tasks:
                  - {name: t, prompt: "sim: entries=1 duration=600s", env: {REPLACED: é, EMPTY2: ""}}
                """,
                run.root + "/m.yaml"
            )
            var program = Program(Program.built("quire"), ["run", "m.yaml"], in: run.root)
            program.inherited = InheritedEnvironment(odd + [Array("QUIRE_TASK=other".utf8)])
            var found: [[UInt8]] = []
            _ = try program.run { output, pid in
                guard found.isEmpty, output.contains("session 1 starts") else { return }
                _ = eventually {
                    guard let agent = agent(of: run),
                        let bytes = FileManager.default.contents(atPath: "/proc/\(agent)/environ")
                    else { return false }
                    found = bytes.split(separator: 0).map(Array.init)
                    return true
                }
                kill(pid, SIGKILL)
            }
            let kept = found.filter { odd.contains($0) }
            #expect(kept == Array(odd.dropLast()))
            #expect(
                found.contains(Array("REPLACED=é".utf8)) && found.contains(Array("EMPTY2=".utf8))
            )
            #expect(found.contains(Array("QUIRE_TASK=t".utf8)))
            #expect(!found.contains(Array("QUIRE_TASK=other".utf8)))
        }
    }

    @Test(arguments: [
        ("agent", "tools"), ("agent", "./tools"), ("agent", "pkg/../tools"),
        ("agent", "none:tools"),
        ("launcher", "tools"),
    ])
    func `a relative entry of its PATH is meant from where it was started`(
        what: String,
        path: String
    ) throws {
        try withRun { run in
            try place(what, in: run.root + "/tools", run)
            try expectCompletion(run, path: path)
        }
    }

    @Test func `a relative entry of its PATH means the same to what an agent starts`() throws {
        try withRun { run in
            try place("agent", in: run.root + "/tools", run)
            try FileManager.default.moveItem(
                atPath: run.root + "/tools/codex",
                toPath: run.root + "/tools/interpreter"
            )
            // As npm's programs begin: `#!/usr/bin/env node`.
            try put("#!/usr/bin/env interpreter\n", run.root + "/tools/codex")
            chmod(run.root + "/tools/codex", 0o755)
            let sim = Program.built("codex-sim")
            try put("#!/bin/sh\nshift\nexec '\(sim)' \"$@\"\n", run.root + "/tools/interpreter")
            try expectCompletion(run, path: "tools")
        }
    }

    @Test(arguments: ["", ":", ":/nowhere", "/nowhere:", "/nowhere::/none"])
    func `an empty entry of its PATH is the directory that it was started in`(path: String) throws {
        try withRun { run in
            try place("agent", in: run.root, run)
            try expectCompletion(run, path: path, isWhole: true)
        }
    }

    @Test(arguments: [
        ("command: [tools/codex]", ""), ("command: [./tools/../tools/codex]", ""),
        ("command: [SIM]", "launcher: [./tools/codex]"),
    ])
    func `a relative path in the manifest is meant from the manifest`(
        agent: String,
        launcher: String
    ) throws {
        try withRun { run in
            let words = agent.replacing("SIM", with: Program.built("codex-sim"))
            try place(launcher.isEmpty ? "agent" : "launcher", in: run.root + "/m/tools", run)
            try? FileManager.default.moveItem(
                atPath: run.root + "/m/tools/launch",
                toPath: run.root + "/m/tools/codex"
            )
            try put(
                """
                version: 1
                run: {agent: {\(words)}\(launcher.isEmpty ? "" : ", ")\(launcher)}
                tasks: [{name: t, prompt: "sim: entries=1", directory: pkg}]
                """,
                run.root + "/m/m.yaml"
            )
            try FileManager.default.createDirectory(
                atPath: run.root + "/m/pkg",
                withIntermediateDirectories: true
            )
            let outcome = try run.quire(["run", "m/m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
        }
    }

    /// Puts an agent named `codex`, or a launcher named `launch`, into a directory, and writes the
    /// manifest of a task that works in another one.
    private func place(_ what: String, in directory: String, _ run: QuireRun) throws {
        let sim = Program.built("codex-sim")
        let isAgent = what == "agent"
        let path = directory + (isAgent ? "/codex" : "/launch")
        try put("#!/bin/sh\nexec \(isAgent ? "'\(sim)' " : "")\"$@\"\n", path)
        chmod(path, 0o755)
        try put(
            """
            version: 1
            \(isAgent ? "" : "run: {agent: {command: ['\(sim)']}, launcher: [launch]}")
            tasks: [{name: t, prompt: "sim: entries=1", directory: pkg}]
            """,
            run.root + "/m.yaml"
        )
        try FileManager.default.createDirectory(
            atPath: run.root + "/pkg",
            withIntermediateDirectories: true
        )
    }

    private func expectCompletion(_ run: QuireRun, path: String, isWhole: Bool = false) throws {
        let rest = isWhole ? "" : ":/usr/local/bin:/usr/bin:/bin"
        let outcome = try run.quire(["run", "m.yaml"], environment: ["PATH": path + rest])
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
    }

    @Test(arguments: [
        (#"quire list "$(printf 'caf\351')""#, 64, #"argument 2 is not UTF-8: "caf\xE9""#),
        (#"quire run "$(printf '\377.yaml')""#, 64, #"argument 2 is not UTF-8: "\xFF.yaml""#),
        (#"quire task "$(printf 'a\\\351')""#, 1, #"argument 2 is not UTF-8: "a\x5C\xE9""#),
        (
            #"d=$(printf 'caf\351'); mkdir "$d"; cd "$d"; quire list"#, 69,
            #"the working directory has a name that is not UTF-8: "/"#
        ),
        (
            #"QUIRE_STATE_DIR=$(printf '/tmp/caf\351') quire list"#, 69,
            #"QUIRE_STATE_DIR has a name that is not UTF-8: "/tmp/caf\xE9""#
        ),
        (
            #"d=$(printf 'caf\351'); mkdir "$d"; touch "$d/codex"; chmod +x "$d/codex"; PATH=$d:$PATH quire doctor"#,
            69, #"whose name is not UTF-8"#
        ),
        (#"d=$(printf 'caf\351'); mkdir "$d"; cd "$d"; quire --version"#, 0, ""),
        (
            #"d=$(printf 'caf\351'); mkdir "$d"; ln -s "$(command -v quire)" "$d"; "$d/quire" list"#,
            0,
            ""
        ),
    ])
    func `a name that is not UTF-8 is told of as such`(
        command: String,
        status: Int,
        words: String
    ) throws {
        try withRun { run in
            let bin = (Program.built("quire") as NSString).deletingLastPathComponent
            var program = Program("/bin/bash", ["-c", command], in: run.root)
            program.environment = ["PATH": bin + ":/usr/local/bin:/usr/bin:/bin"]
            let outcome = try program.run()
            #expect(outcome.status == status, "\(outcome.output) \(outcome.error)")
            #expect(
                words.isEmpty || (outcome.output + outcome.error).contains(words),
                "\(outcome.output) \(outcome.error)"
            )
        }
    }

    @Test func `a link to a directory whose name is not UTF-8 is as good as any`() throws {
        try withRun { run in
            let command =
                "d=$(printf 'caf\\351'); mkdir \"$d\"; ln -s \"$d\" link; git init -q link"
            #expect(try shell(command, in: run.root).status == 0)
            let inner = QuireRun(root: run.root + "/link")
            try inner.write([("t", "entries=1")])
            let outcome = try run.quire(["run", "link/m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(inner.list("t").contains("- [x]"))
        }
    }
}
