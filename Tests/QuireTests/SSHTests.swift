import EventLoop
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: SSHServer.isInstalled, "OpenSSH's server and client are not installed"))
struct `Sessions through ssh` {
    /// The manual's launcher.
    private static let launcher =
        "[ssh, -oBatchMode=yes, -oServerAliveInterval=15, 'node{slot}', '{command}']"

    private func withServer(
        _ tasks: [(name: String, directives: String)],
        defaults: String = "{retries: {delay: 10ms, max_delay: 20ms}}",
        _ body: (QuireRun, SSHServer) throws -> Void
    ) throws {
        try withRun { run in
            let server = try SSHServer(in: run.root + "/ssh")
            defer { server.stop() }
            let evidence = run.root + "/evidence"
            try writeLaunched(
                run,
                Self.launcher,
                tasks: tasks.map { ($0.name, $0.directives + " evidence=\(evidence)") },
                defaults: defaults
            )
            try body(run, server)
            #expect(Evidence.violations(in: evidence) == [])
        }
    }

    private func quire(_ run: QuireRun, _ server: SSHServer) -> Program {
        var program = Program(Program.built("quire"), ["run", "m.yaml"], in: run.root)
        program.environment = ["PATH": server.path]
        return program
    }

    private func agents(of run: QuireRun) -> [Int32] {
        processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml")
    }

    @Test func `follow the manual's commands`() throws {
        let commands = try manual("launchers", after: "With ssh")
        #expect(commands.count == 3)
        try withServer((0..<6).map { ("t\($0)", "entries=3") }) { run, server in
            try FileManager.default.moveItem(
                atPath: run.root + "/m.yaml",
                toPath: run.root + "/port.yaml"
            )
            let bin = URL(filePath: Program.built("quire")).deletingLastPathComponent().path
            for command in commands {
                var program = Program("/bin/sh", ["-c", command], in: run.root)
                program.environment = ["PATH": bin + ":" + server.path]
                let outcome = try program.run()
                #expect(outcome.status == 0, "\(command): \(outcome.output)\(outcome.error)")
            }
            #expect(Evidence.sessions(in: run.root + "/evidence") == 24)
            for task in 0..<6 {
                #expect(run.list("t\(task)").components(separatedBy: "- [x]").count == 4)
            }
        }
    }

    @Test func `that lose their connection are tried again`() throws {
        try withServer(
            [("a", "entries=2"), ("b", "entries=2")],
            // There it finds the script by the task's environment alone.
            defaults: "{env: {CODEX_SIM_SCRIPT: script}, retries: {delay: 10ms, max_delay: 20ms}}"
        ) { run, server in
            try run.direct("a 2 until=never")
            var isBroken = false
            let outcome = try quire(run, server).run { output, _ in
                guard !isBroken, output.contains("a: session 2 starts") else { return }
                isBroken = true
                // Before the agent is at work there, there may be no connection yet.
                #expect(eventually { text(run.root + "/evidence").contains("begin a 2") })
                server.breakConnections()
            }
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("the launcher lost it"))
        }
    }

    @Test func `end there when their time is up`() throws {
        try withServer(
            [("a", "entries=1 hang fail-on=1")],
            defaults: "{session_timeout: 8s, retries: {delay: 10ms, max_delay: 20ms}}"
        ) { run, server in
            let outcome = try quire(run, server).run()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("timed out"))
            #expect(eventually { agents(of: run).isEmpty })
        }
    }

    @Test func `end there when Quire is killed, and the next one goes on`() throws {
        try withServer([("a", "entries=2 duration=600s")]) { run, server in
            let program = quire(run, server)
            var isKilled = false
            _ = try program.run { output, pid in
                guard !isKilled, output.contains("session 1 starts") else { return }
                // When the agent is at work there.
                isKilled = eventually { Evidence.sessions(in: run.root + "/evidence") == 1 }
                kill(pid, Signals.kill)
            }
            #expect(isKilled)
            #expect(eventually { agents(of: run).isEmpty })
            try writeLaunched(
                run,
                Self.launcher,
                tasks: [("a", "entries=2 evidence=\(run.root)/evidence")]
            )
            let outcome = try program.run()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
        }
    }
}
