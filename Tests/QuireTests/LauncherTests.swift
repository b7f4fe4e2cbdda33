import EventLoop
import Foundation
import Orchestration
import TestSupport
import Testing

@testable import Driver
@testable import Manifest

/// Writes a manifest of simulated tasks with a launcher, in YAML's notation.
func writeLaunched(
    _ run: QuireRun,
    _ launcher: String,
    tasks: [(name: String, directives: String)] = [("a", "entries=1")],
    concurrency: Int = 4,
    defaults: String = "{memory: 512M, retries: {delay: 10ms, max_delay: 20ms}}",
    grace: String = "2s"
) throws {
    try run.write(
        tasks,
        concurrency: concurrency,
        defaults: defaults,
        run: "grace: \(grace)\n  launcher: \(launcher)"
    )
}

/// Writes a program of the workspace's own.
func script(_ text: String, _ path: String) throws {
    try put("#!/bin/sh\n" + text + "\n", path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
}

@Suite struct `A launcher` {
    /// A program that notes its words, and runs those of the agent, as real ones would.
    private static let stub = """
        for word; do echo "$word"; done > "words-$QUIRE_TASK-$QUIRE_SESSION"
        while [ "${1##*/}" != quire ] && [ "$1" != sh ]; do shift; done
        exec "$@"
        """

    private static let lines: [(launcher: String, words: [String])] = [
        (
            "[srun, -N1, -n1, --exact, '--mem={memory}']",
            ["-N1", "-n1", "--exact", "--mem=512M"]
        ),
        (
            "[systemd-run, --scope, --quiet, --collect, '-pMemoryMax={memory}']",
            ["--scope", "--quiet", "--collect", "-pMemoryMax=512M"]
        ),
        (
            "[docker, run, --rm, -i, --init, '--memory={memory}', '--name={task}-{session}', "
                + "'-v/work:/work', image, sh, -c, '{command}']",
            [
                "run", "--rm", "-i", "--init", "--memory=512M", "--name=a-1", "-v/work:/work",
                "image", "sh", "-c",
            ]
        ),
        ("[on, 'node{slot}', '{{slot}}', '${slot}']", ["node0", "{slot}", "$0"]),
    ]

    @Test(arguments: lines)
    func `has the words that its documentation tells of`(
        launcher: String,
        words: [String]
    ) throws {
        try withRun { run in
            let name = String(try #require(launcher.dropFirst().split(separator: ",").first))
            try script(Self.stub, run.root + "/bin/" + name)
            try writeLaunched(run, launcher)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let outcome = try run.quire(
                ["run", "m.yaml"],
                environment: ["PATH": run.root + "/bin:" + path]
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let lines = text(run.root + "/words-a-1").components(separatedBy: "\n")
            #expect(Array(lines.prefix(words.count)) == words)
            let next = lines[words.count]
            #expect(next.hasSuffix("/quire") || next.hasPrefix("cd \(run.root) && exec env "))
        }
    }

    @Test func `is told the words that the manifest knows`() {
        #expect(Keys.launcher == Launcher.Placeholder.allCases.map(\.rawValue))
    }

    @Test func `of a command hands on directory, environment, arguments and prompt`() throws {
        try withRun { run in
            let directory = run.root + "/it's a dir"
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true
            )
            // As on another machine, nothing is inherited.
            try script(
                "echo \"$1\" > a.calls; exec env -i PATH=\"$PATH\" sh -c \"$1\"",
                run.root + "/elsewhere"
            )
            let program = Program.built("quire")
            try script(
                """
                pwd > "$QUIRE_TASK.pwd"; printf '%s' "$VALUE" > "$QUIRE_TASK.value"
                env > "$QUIRE_TASK.env"; exec '\(program)' codex-sim "$@"
                """,
                run.root + "/agent"
            )
            try put(
                #"""
                version: 1
                run: {agent: {command: [./agent]}, launcher: [./elsewhere, "{command}"]}
                tasks:
                  - name: a
                    directory: "it's a dir"
                    prompt: "sim: entries=1"
                    env: {VALUE: "a 'b' \"c\"\n$HOME `d` \\ {slot}", SECRET: "1"}
                """#,
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"], environment: ["LOCAL_SECRET": "2"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(text(directory + "/a.pwd") == directory + "\n")
            #expect(text(directory + "/a.value") == "a 'b' \"c\"\n$HOME `d` \\ {slot}")
            let environment = text(directory + "/a.env")
            #expect(environment.contains("\nQUIRE_SESSION=2\n"))
            #expect(!environment.contains("LOCAL_SECRET"))
            // Others can see what a program was called with.
            #expect(!text(directory + "/a.calls").contains("SECRET"))
        }
    }

    @Test func `that is not there is told before anything starts`() throws {
        try withRun { run in
            try writeLaunched(run, "[no-such-launcher, -n1]")
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69)
            #expect(outcome.error.contains("the launcher \"no-such-launcher\" was not found"))
            try writeLaunched(run, "[./m.yaml]")
            #expect(try run.quire(["run", "m.yaml"]).error.contains("chmod +x"))
            #expect(!FileManager.default.fileExists(atPath: run.task("a")))
        }
    }

    @Test func `that eats its input fails its task, and says what it must do`() throws {
        try withRun { run in
            try script("cat > /dev/null; exec \"$@\" < /dev/null", run.root + "/eats")
            try writeLaunched(run, "[./eats]")
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100)
            #expect(outcome.output.contains("The launcher must pass its standard input on"))
        }
    }

    @Test func `that loses sessions has them tried again, charged to nobody's failures`() throws {
        try withRun { run in
            // The first four are lost before or after their agent has worked.
            try script(
                """
                echo x >> calls
                case $(wc -l < calls) in
                1|2|3) echo 'ssh: connect to host n1 port 22: No route to host' >&2; exit 255;;
                4) "$@" | head -c 100; exit 255;;
                esac
                exec "$@"
                """,
                run.root + "/loses"
            )
            try writeLaunched(run, "[./loses]", tasks: [("a", "entries=2")])
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("the launcher lost it (exit status 255: ssh: connect"))
            #expect(outcome.output.components(separatedBy: "the launcher lost it").count == 5)
        }
    }

    @Test func `that always loses them is given up after the retries, with its reason`() throws {
        try withRun { run in
            try script("exit 255", run.root + "/loses")
            try writeLaunched(run, "[./loses]")
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100)
            #expect(outcome.output.contains("gave up after 5 retries: the launcher lost it"))
        }
    }

    @Test func `beside a file system that lags loses no tick`() throws {
        try withRun { run in
            // What a session has written can be seen here only after it has ended.
            try script(
                """
                list="$PWD/.autonomous/a/task_list.md"
                "$@"; status=$?
                mv "$list" late; [ -e seen ] && cp seen "$list"
                cp late seen
                env -i PATH="$PATH" setsid -f sh -c "sleep 1.5; mv late '$list'" > /dev/null 2>&1
                sleep 0.2; exit $status
                """,
                run.root + "/lags"
            )
            try writeLaunched(run, "[./lags]", tasks: [("a", "entries=2")])
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("(2/2, 3 sessions)"))
            #expect(!outcome.output.contains("ticked nothing"))
        }
    }

    /// As a batch system's daemon does, it keeps the agent's output open and outlives its caller.
    private static let relay = """
        exec 3<&0; sh -c "$1" <&3 > "out-$QUIRE_TASK" 2>&1 &
        agent=$!
        trap 'kill -s TERM "$agent"' TERM
        while wait "$agent"; status=$?; kill -0 "$agent" 2>/dev/null; do :; done
        cat "out-$QUIRE_TASK"; exit "$status"
        """

    @Test func `ends the agent when Quire was killed, although its output stays open`() throws {
        try withRun { run in
            try script(Self.relay, run.root + "/relay")
            // The launcher dies with Quire, the relay does not.
            try script("setsid -w ./relay \"$1\"", run.root + "/launcher")
            let evidence = run.root + "/evidence"
            try writeLaunched(
                run,
                "[./launcher, \"{command}\"]",
                tasks: [("a", "entries=1 hang evidence=\(evidence)")]
            )
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard output.contains("session 1 starts") else { return }
                _ = eventually { Evidence.sessions(in: evidence) == 1 }
                kill(pid, Signals.kill)
            }
            #expect(outcome.status == 137)
            #expect(Evidence.sessions(in: evidence) == 1)
            let mark = "QUIRE_RUN=\(run.root)/m.yaml"
            #expect(eventually { processes(mentioning: mark).isEmpty })
        }
    }

    @Test func `leaves the agent alone while nobody can read whose it is`() throws {
        try withRun { run in
            let evidence = run.root + "/evidence"
            try writeLaunched(
                run,
                "[sh, -c, \"{command}\"]",
                tasks: [("a", "entries=1 duration=6s evidence=\(evidence)")]
            )
            let lock = run.root + "/.autonomous/.quire/run.lock"
            var isHidden = false
            let outcome = try run.quire(["run", "m.yaml"]) { output, _ in
                guard !isHidden, output.contains("session 1 starts") else { return }
                isHidden = eventually { Evidence.sessions(in: evidence) == 1 }
                usleep(1_000_000)
                _ = try? shell("mv \(lock) \(lock).away; sleep 3; mv \(lock).away \(lock)", in: "/")
            }
            #expect(isHidden)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(!outcome.output.contains("failed"))
        }
    }

    /// As a container's daemon does, it goes on with the agent when its client is killed, and keeps
    /// the agent's output open; the client hands signals on.
    private static let client = #"""
        exec 3<&0
        daemon='echo $$ > pid; exec sh -c "$1"'
        env -i PATH="$PATH" setsid sh -c "$daemon" sh "$1" <&3 > out 2>&1 &
        trap 'kill -s TERM "$(cat pid)"' TERM
        while wait $!; status=$?; kill -0 $! 2>/dev/null; do :; done
        cat out; exit "$status"
        """#

    /// Runs a task whose first session hangs and does not end when it is asked to, through a
    /// launcher; returns how many sessions began.
    private func outlive(_ launcher: String, timeout: String, grace: String) throws -> Int {
        try withRun { run in
            try script(launcher, run.root + "/launcher")
            let evidence = run.root + "/evidence"
            try writeLaunched(
                run,
                "[./launcher, \"{command}\"]",
                tasks: [("a", "entries=1 hang ignore-term fail-on=1 evidence=\(evidence)")],
                defaults:
                    "{session_timeout: \(timeout), retries: {delay: 10ms, max_delay: 20ms}}",
                grace: grace
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(Evidence.violations(in: evidence) == [])
            return Evidence.sessions(in: evidence)
        }
    }

    @Test func `that hands a signal on has a stubborn agent killed after the grace`() throws {
        #expect(try outlive(Self.client, timeout: "8s", grace: "1s") == 3)
    }

    @Test func `lets a session begin when nothing of its task's last one is left`() throws {
        // It gives up at once when it is asked to end; the agent takes its time.
        let hasty = "exec 3<&0; setsid sh -c \"$1\" <&3 & wait"
        #expect(try outlive(hasty, timeout: "8s", grace: "4s") == 3)
    }
}
