import Descendants
import Foundation
import Orchestration
import RunStore
import TestSupport
import Testing

@Suite struct `What outlives a killed Quire` {
    /// Runs a manifest until its first session has started, kills Quire, and returns the processes
    /// that are left of the run.
    private func crash(_ run: QuireRun) throws -> [Int32] {
        let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
            guard output.contains("session 1 starts") else { return }
            _ = eventually {
                processes(mentioning: run.root + "/daemon").count >= 3
                    && FileManager.default.fileExists(atPath: run.root + "/bare")
            }
            kill(pid, SIGKILL)
        }
        #expect(outcome.status == 137)
        return processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml")
    }

    /// Writes a manifest whose agent leaves four processes behind, each in a session of its own.
    ///
    /// One has a clean environment, one ignores SIGTERM, and one starts another one every few milliseconds and dies itself.
    private func writeManifest(_ run: QuireRun) throws {
        try put(
            """
            #!/bin/bash
            export MARK=${0%/*}/daemon
            test -e "$MARK" && pgrep -c -f "^/bin/bash ${0%/*}/helper" >>"${0%/*}/left"
            test -e "$MARK" || {
              touch "$MARK"
              for kind in plain stubborn forking; do
                (setsid "${0%/*}/helper" $kind >/dev/null 2>&1 </dev/null &)
              done
              (env -i setsid "${0%/*}/helper" bare "${0%/*}/bare" >/dev/null 2>&1 </dev/null &)
              sleep 6000
            }
            unset MARK
            exec '\(Program.built("codex-sim"))' "$@"
            """,
            run.root + "/agent"
        )
        try put(
            """
            #!/bin/bash
            case $1 in
              plain) sleep 600 ;;
              bare) touch "$2"; sleep 600 ;;
              stubborn) trap '' TERM; while :; do sleep 0.1; done ;;
              forking) sleep 0.01; setsid "$0" forking & ;;
            esac
            """,
            run.root + "/helper"
        )
        for name in ["agent", "helper"] { chmod(run.root + "/" + name, 0o755) }
        try put(
            """
            version: 1
            run: {agent: {command: [./agent]}, grace: 100ms}
            tasks: [{name: t, prompt: "sim: entries=1"}]
            """,
            run.root + "/m.yaml"
        )
    }

    private static let successors: [(command: String, shows: Bool)] = [
        ("run m.yaml", true), ("run other.yaml", true),
        ("task --task-name t --continue --agent ./agent", false),
    ]

    @Test(arguments: successors)
    func `it is ended before anything starts, and told`(command: String, shows: Bool) throws {
        try withRun { run in
            try writeManifest(run)
            try put("## Tasks\n- [ ] Task 1: a\n", run.task("t") + "/task_list.md")
            try put("# Progress\n", run.task("t") + "/progress.md")
            #expect(try crash(run).count >= 3)
            try put(text(run.root + "/m.yaml"), run.root + "/other.yaml")
            let words = command.split(separator: " ").map(String.init)
            let again = try run.quire(words)
            #expect(again.status == 0, "\(again.output) \(again.error)")
            #expect(text(run.root + "/left") == "0\n", "what an agent found: \(again.output)")
            if shows {
                let told = "of session 1, which had outlived an earlier Quire: "
                #expect(again.output.contains(told), "\(again.output)")
            }
            #expect(processes(mentioning: run.root + "/m.yaml").isEmpty)
            #expect(try shell("pgrep -f '^/bin/bash \(run.root)/helper'", in: "/").output == "")
        }
    }

    @Test func `what is not this run's is spared`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            func bystander(_ environment: [String: String]) throws -> Process {
                let process = Process()
                process.executableURL = URL(filePath: "/bin/sleep")
                process.arguments = ["600"]
                process.environment = environment
                try process.run()
                return process
            }
            let mark = [
                "QUIRE_RUN": run.root + "/m.yaml", "QUIRE_TASK": "t", "QUIRE_SESSION": "1",
            ]
            let start = ProcessID.own.start
            let namespace = SystemProcesses().namespace
            let spared = try [
                mark.merging(["QUIRE_RUN": run.root + "/other.yaml"]) { $1 },
                mark.filter { $0.key != "QUIRE_SESSION" },
                mark.merging(["QUIRE_RUNNER": "\(getpid())/\(start)/\(namespace)"]) { $1 },
                mark.merging(["QUIRE_RUNNER": "\(getpid())/1/pid:[1]"]) { $1 },
            ].map(bystander)
            let ended = try [
                mark, mark.merging(["QUIRE_RUNNER": "\(getpid())/1/\(namespace)"]) { $1 },
            ].map(bystander)
            defer { for process in spared + ended { kill(process.processIdentifier, SIGKILL) } }
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(spared.allSatisfy { $0.isRunning })
            for process in ended { process.waitUntilExit() }
            #expect(outcome.output.contains("ended 2 processes of session 1"))
        }
    }

    @Test func `a number of the journal that another process has by now is spared`() throws {
        try withRun { run in
            try run.write([("t", "entries=1"), ("u", "entries=1")])
            func bystander() throws -> (Process, ProcessID) {
                let process = Process()
                process.executableURL = URL(filePath: "/bin/sleep")
                process.arguments = ["600"]
                try process.run()
                return (process, ProcessID(process.processIdentifier))
            }
            let (spared, ended) = try (bystander(), bystander())
            defer {
                for (process, _) in [spared, ended] { kill(process.processIdentifier, SIGKILL) }
            }
            let known = [
                ("t", spared.1.pid, spared.1.start - 1), ("u", ended.1.pid, ended.1.start),
            ]
            let store = try RunStore.open(directory: run.root + "/.autonomous/.quire")
            let at = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 1))
            let plan = RunPlan(tasks: [TaskPlan(name: "t"), TaskPlan(name: "u")])
            var facts = [
                RunEvent.runBegan(
                    RunBegan(
                        run: run.root + "/m.yaml",
                        name: "m",
                        pid: 1,
                        quireVersion: "0",
                        plan: plan,
                        retryFailed: false
                    )
                )
            ]
            for (slot, (task, pid, start)) in known.enumerated() {
                facts += [
                    .sessionStarted(
                        SessionStarted(task: task, session: 1, slot: slot, role: .initializer)
                    ),
                    .sessionSpawned(
                        SessionSpawned(task: task, session: 1, pid: pid, processStart: start)
                    ),
                ]
            }
            store.append(JournalBatch(run: run.root + "/m.yaml", at: at, events: facts)) { result in
                #expect(throws: Never.self) { try result.get() }
            }
            try store.close()
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(spared.0.isRunning && spared.1.isAlive)
            ended.0.waitUntilExit()
            #expect(outcome.output.contains("u: ended 1 process of session 1"), "\(outcome.output)")
            #expect(!outcome.output.contains("t: ended"), "\(outcome.output)")
        }
    }
}
