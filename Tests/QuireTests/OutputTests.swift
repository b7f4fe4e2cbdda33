import Foundation
import TestSupport
import Testing

@Suite struct `Output that nobody reads` {
    /// Runs Quire with a full pipe or socket as its output, reads it only when the work of the task
    /// has come so far, and ends with Quire's status, or 99 when it never did.
    private static let patient = """
        import os, re, socket, subprocess, sys, time
        kind, words, quire = sys.argv[1:]
        if kind == "pipe":
            reader, writer = os.pipe()
        else:
            reader, writer = (end.detach() for end in socket.socketpair())
        os.set_blocking(writer, False)
        try:
            while os.write(writer, bytes(4096)):
                pass
        except BlockingIOError:
            os.set_blocking(writer, True)
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

    // A write to a socket that is not its own can't come back at once.
    @Test func `a socket takes one worker thread, and there are two`() throws {
        let outcome = try run("socket", until: "Task 1", threads: "1")
        #expect(outcome.status == 0, "\(outcome.error)")
    }
}
