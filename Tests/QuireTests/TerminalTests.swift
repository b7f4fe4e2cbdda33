import Foundation
import TestSupport
import Testing

@Suite struct `A terminal that goes away` {
    /// Runs Quire on a terminal, closes it when the first session runs, lets the agents go on when
    /// Quire has had its hangup, and ends with Quire's status.
    private static let closing = """
        import os, pty, sys, time
        quire, log, go = sys.argv[1:]
        os.environ["TERM"] = "xterm-256color"
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(quire, [quire, "run", "m.yaml"])
        drawn = 0
        while not os.path.exists(log) or drawn < 100:
            drawn += len(os.read(terminal, 65536))
        os.close(terminal)
        # Whoever does not ignore a hangup is gone by now.
        time.sleep(0.3)
        open(go, "w").close()
        status = os.waitpid(pid, 0)[1]
        sys.exit(status >> 8 if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
        """

    /// Writes a manifest of two tasks whose agents wait for a file before they work.
    private func write(_ run: QuireRun) throws {
        try put(
            """
            #!/bin/bash
            for turn in {1..30000}; do test -e "${0%/*}/go" && break; sleep 0.02; done
            exec '\(Program.built("codex-sim"))' "$@"
            """,
            run.root + "/agent"
        )
        #expect(chmod(run.root + "/agent", 0o755) == 0)
        try put(
            """
            version: 1
            run: {agent: {command: [./agent]}, admission: \(QuireRun.unbounded)}
            tasks: [{name: t, prompt: "sim: entries=3"}, {name: u, prompt: "sim: entries=3"}]
            """,
            run.root + "/m.yaml"
        )
    }

    private func expectComplete(_ run: QuireRun, _ outcome: Outcome) {
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
        for name in ["t", "u"] {
            #expect(run.list(name).components(separatedBy: "- [x]").count == 4)
        }
    }

    @Test func `does not end the run`() throws {
        try withRun { run in
            try write(run)
            let words = [Program.built("quire"), run.task("t") + "/.runner.lock", run.root + "/go"]
            let program = Program(
                "/usr/bin/env",
                ["python3", "-c", Self.closing] + words,
                in: run.root
            )
            expectComplete(run, try program.run())
        }
    }

    @Test func `nor does a hangup alone`() throws {
        try withRun { run in
            try write(run)
            var isHungUp = false
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard !isHungUp, output.contains("session 1 starts") else { return }
                isHungUp = true
                kill(pid, SIGHUP)
                try? put("", run.root + "/go")
            }
            #expect(isHungUp)
            expectComplete(run, outcome)
        }
    }
}
