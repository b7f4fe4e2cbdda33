import Foundation
import TestSupport
import Testing

/// A function of Python's that fills a pipe or a socket, which blocks again afterwards.
private let filling = """
    def fill(writer):
        os.set_blocking(writer, False)
        try:
            while os.write(writer, bytes(4096)):
                pass
        except BlockingIOError:
            os.set_blocking(writer, True)


    """

@Suite struct `Output that nobody reads` {
    /// Runs Quire with a full pipe or socket as its output, reads it only when the work of the task
    /// has come so far, and ends with Quire's status, or 99 when it never did.
    private static let patient =
        filling + """
            import os, re, socket, subprocess, sys, time
            kind, words, quire = sys.argv[1:]
            if kind == "pipe":
                reader, writer = os.pipe()
            else:
                reader, writer = (end.detach() for end in socket.socketpair())
            fill(writer)
            child = subprocess.Popen([quire, "run", "m.yaml"], stdout=writer)
            os.close(writer)
            deadline = time.monotonic() + 600
            done = False
            while not done and time.monotonic() < deadline:
                time.sleep(0.01)
                try:
                    done = re.search(words, open(".autonomous/t/task_list.md").read()) is not None
                except OSError:
                    pass
            while os.read(reader, 65536):
                pass
            sys.exit(child.wait() if done else 99)
            """

    private func run(_ kind: String, until words: String, threads: String) throws -> Outcome {
        var outcome: Outcome?
        try withRun { run in
            try run.write([("t", "entries=2")])
            var program = Program(
                "/usr/bin/env",
                ["python3", "-c", Self.patient, kind, words, Program.built("quire")],
                in: run.root
            )
            program.environment = ["UV_THREADPOOL_SIZE": threads]
            outcome = try program.run()
            #expect(!run.list("t").contains("- [ ]"))
        }
        return try #require(outcome)
    }

    @Test(arguments: ["1", "4"])
    func `a pipe does not keep the work from being done`(threads: String) throws {
        let outcome = try run("pipe", until: #"\[x\] Task 2"#, threads: threads)
        #expect(outcome.status == 0, "\(outcome.error)")
    }

    @Test func `nor does a socket`() throws {
        let outcome = try run("socket", until: #"\[x\] Task 2"#, threads: "1")
        #expect(outcome.status == 0, "\(outcome.error)")
    }
}

/// What commands answer, on outputs of every kind.
@Suite struct `An answer` {
    /// Runs Quire with a standard output of a kind; prints its status, what it said on standard
    /// error and, as hexadecimal digits, what came out.
    private static let answering = """
        import fcntl, os, subprocess, sys, time
        kind, quire = sys.argv[1:3]
        if kind == "full":
            reader, writer = None, os.open("/dev/full", os.O_WRONLY)
        else:
            reader, writer = os.pipe()
            fcntl.fcntl(writer, 1031, 4096)
        if kind == "closed":
            os.close(reader)
            reader = None
        if kind == "patient":
            os.set_blocking(writer, False)
        start = (lambda: os.close(1)) if kind == "shut" else None
        child = subprocess.Popen(
            [quire] + sys.argv[3:], stdout=writer, stderr=subprocess.PIPE, preexec_fn=start
        )
        os.close(writer)
        out = b""
        if reader is not None:
            # Read when nothing more goes in, or all is there.
            size = last = -1
            while child.poll() is None and (size <= 0 or size != last):
                last = size
                size = int.from_bytes(fcntl.ioctl(reader, 0x541B, bytes(4)), "little")
                time.sleep(0.02)
            while more := os.read(reader, 65536):
                out += more
        error = child.communicate()[1]
        print(child.returncode, len(error), out.hex())
        """

    /// Commands that answer, and whether the same answer comes each time.
    private static let commands: [(words: [String], isSteady: Bool)] = [
        (["status"], true), (["status", "--json"], true), (["watch"], true), (["list"], true),
        (["list", "--json"], true), (["limits"], true), (["limits", "--json"], true),
        (["explain", "t1"], true), (["explain", "t1", "--json"], true), (["logs", "t1"], true),
        (["logs", "t1", "--raw"], true), (["logs", "t1", "--stderr"], true),
        (["plan", "m.yaml"], true), (["plan", "m.yaml", "--json"], true),
        (["merge-runs", "."], true),
        (["merge-runs", ".", "--json"], true), (["simulate", "m.yaml"], true),
        (["simulate", "m.yaml", "--json"], true),
        (["doctor", "--agent", Program.built("codex-sim")], false),
        (["doctor", "--json", "--agent", Program.built("codex-sim")], false),
        (["version", "--json"], true),
        (["help"], true), (["help", "run"], true), (["help", "trees"], true), (["version"], true),
        (["completions", "zsh"], true), (["init", "--output", "-"], true),
        (["run", "--help"], true), (["--version"], true),
        (["prune", "--dry-run"], true),
        (["tell", "t2", "yes"], true), (["trust", "m.yaml"], true),
        (["skill", "list"], true), (["skill", "list", "--json"], true),
        (["skill", "get", "quire"], true), (["skill", "install", "--project"], false),
        (["trust", "m.yaml", "--list"], true),
        (["--generate-completion-script", "bash"], true), (["task", "--list"], true),
        (["run", "m.yaml"], false), (["run", "m.yaml", "--events", "-"], false),
    ]

    @Test(arguments: [
        ("run m.yaml --events -", "2>/dev/full", 69), ("run m.yaml --junit -", "2>&-", 69),
        ("merge-runs . --junit -", "2>/dev/full", 69),
        ("simulate m.yaml --html -", "2>/dev/full", 69),
        ("run m.yaml", "2>/dev/full", 0), ("run m.yaml --events - --progress none", "2>&-", 0),
        ("merge-runs . --json", "2>/dev/full", 0),
    ])
    func `that people read on standard error is not lost with status 0`(
        words: String,
        place: String,
        status: Int32
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let outcome = try shell("\(Program.built("quire")) \(words) \(place)", in: run.root)
            #expect(outcome.status == status, "\(outcome.output)")
        }
    }

    @Test(arguments: ["--html", "--dispatches"])
    func `of a simulation is not mixed with a file's text`(option: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let outcome = try run.quire(["simulate", "m.yaml", option, "-"])
            let beginning = option == "--html" ? "<!doctype html>" : "# policy slots"
            #expect(outcome.status == 0 && outcome.output.hasPrefix(beginning))
            #expect(!outcome.output.contains("workload \""), "\(outcome.output)")
            #expect(outcome.error.hasPrefix("workload \""), "\(outcome.error)")
            let both = try run.quire(["simulate", "m.yaml", option, "-", "--json"])
            #expect(both.status == 64 && both.error.contains("\(option) and --json both go to"))
        }
    }

    private func withRuns(_ body: (QuireRun) throws -> Void) throws {
        try withRun { run in
            let tasks = (1...40).map { ("t\($0)", "entries=1 stderr=9000") }
            try run.write(tasks, concurrency: 8)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.error)")
            try put("Which?\n", run.task("t2") + "/question.md")
            try body(run)
        }
    }

    private func answer(
        _ run: QuireRun,
        _ kind: String,
        _ words: [String]
    ) throws -> (status: Int32, errorBytes: Int, bytes: String) {
        let program = Program(
            "/usr/bin/env",
            ["python3", "-c", Self.answering, kind, Program.built("quire")] + words,
            in: run.root
        )
        let outcome = try program.run()
        let parts = outcome.output.split(whereSeparator: \.isWhitespace).map(String.init)
        try #require(parts.count >= 2, "\(words): \(outcome.error)")
        return (Int32(parts[0]) ?? -1, Int(parts[1]) ?? -1, parts.count > 2 ? parts[2] : "")
    }

    @Test func `comes whole out of a pipe that does not block`() throws {
        try withRuns { run in
            for (words, isSteady) in Self.commands {
                let expected = try answer(run, "plain", words)
                let patient = try answer(run, "patient", words)
                #expect(patient.status == expected.status, "\(words)")
                #expect(!patient.bytes.isEmpty, "\(words)")
                if isSteady { #expect(patient.bytes == expected.bytes, "\(words)") }
            }
        }
    }

    /// A full device, and an output that was closed when Quire was started (`>&-`).
    @Test(arguments: ["full", "shut"])
    func `that its output does not take ends with 69 and a word`(kind: String) throws {
        try withRuns { run in
            for (words, _) in Self.commands {
                let refused = try answer(run, kind, words)
                #expect(refused.status == 69 && refused.errorBytes > 0, "\(words): \(refused)")
            }
        }
    }

    @Test func `is asked of nobody whose input was closed at the start`() throws {
        try withRun { run in
            let quire = Program.built("quire")
            let outcome = try shell("'\(quire)' plan - <&-", in: run.root)
            #expect(outcome.status == 64)
            #expect(outcome.error.contains("it can't be read"), "\(outcome.error)")
        }
    }

    @Test func `whose reader has left ends without a word, and work goes on`() throws {
        try withRuns { run in
            for (words, _) in Self.commands {
                let closed = try answer(run, "closed", words)
                switch words[0] {
                case "run" where words != ["run", "--help"]:
                    #expect(closed.status == 0 && closed.errorBytes > 0, "\(words): \(closed)")
                case "task", "merge-runs", "prune", "tell", "trust":
                    #expect(closed.status == 0 && closed.errorBytes == 0, "\(words): \(closed)")
                case "skill" where words[1] == "install":
                    #expect(closed.status == 0 && closed.errorBytes == 0, "\(words): \(closed)")
                case "doctor": #expect([69, 141].contains(closed.status))
                // Its warnings about the manifest stand on standard error.
                case "plan": #expect(closed.status == 141, "\(words): \(closed)")
                default:
                    #expect(closed.status == 141 && closed.errorBytes == 0, "\(words): \(closed)")
                }
            }
        }
    }
}

@Suite struct `A reader that does not read` {
    /// Starts Quire with a pipe that nobody reads, and ends with its status when it has ended.
    private static let unread =
        filling + """
            import os, subprocess, sys
            stream, quire = sys.argv[1:3]
            reader, writer = os.pipe()
            fill(writer)
            streams = {name: writer for name in stream.split(",") if name in ("stdout", "stderr")}
            if "events" in stream:
                os.mkfifo("events")
                holder = os.open("events", os.O_RDWR)
                sys.argv += ["--events", "events"]
            sys.exit(subprocess.call([quire] + sys.argv[3:], timeout=100, **streams))
            """

    @Test(arguments: [("stdout", Int32(69)), ("stdout,stderr", 69), ("events", 69)])
    func `holds up a finished run for the grace alone`(stream: String, status: Int32) throws {
        try withRun { run in
            let tasks = (1...60).map { ("t\($0)", "entries=4") }
            try run.write(tasks, concurrency: 16, run: "grace: 1s")
            let program = Program(
                "/usr/bin/env",
                ["python3", "-c", Self.unread, stream, Program.built("quire"), "run", "m.yaml"],
                in: run.root
            )
            let outcome = try program.run()
            #expect(outcome.status == status, "\(outcome.error)")
            #expect((1...60).allSatisfy { !run.list("t\($0)").contains("- [ ]") })
            if stream == "stdout" { #expect(outcome.error.contains("nobody read")) }
            if stream == "events" {
                #expect(outcome.error.contains("nobody read "), "\(outcome.error)")
                #expect(outcome.output.contains("60 tasks: 60 complete"))
            }
        }
    }

    @Test func `is told once when it leaves, and the work goes on`() throws {
        try withRun { run in
            try run.write((1...20).map { ("t\($0)", "entries=3") }, concurrency: 2)
            let outcome = try shell(
                "mkfifo events; head -n 3 events > head & "
                    + "'\(Program.built("quire"))' run m.yaml --events events > out; "
                    + "echo status $?; wait",
                in: run.root
            )
            #expect(outcome.output == "status 0\n", "\(outcome.error)")
            let warnings = outcome.error.components(separatedBy: "has closed it").count - 1
            #expect(warnings == 1, "\(outcome.error)")
            #expect(text(run.root + "/head").split(separator: "\n").count == 3)
            #expect(text(run.root + "/out").contains("20 complete"))
        }
    }
}
