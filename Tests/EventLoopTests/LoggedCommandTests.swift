import EventLoop
import Foundation
import Glibc
import Testing

@Suite struct `A user's command with a log` {
    /// Runs a command to its end; `started` is called with it at its beginning.
    private func run(
        _ command: String,
        limit: Duration = .seconds(900),
        grace: Duration = .seconds(900),
        in directory: String,
        started: (LoggedCommand, Loop) -> Void = { _, _ in }
    ) throws -> LoggedCommand.End {
        var result: LoggedCommand.End?
        try withLoop { loop, done in
            let request = LoggedCommand.Request(
                command: command,
                environment: ["PATH=/usr/bin:/bin", "WORD=said"],
                directory: directory,
                limit: limit,
                grace: grace
            )
            let log = LogWriter(loop: loop, path: directory + "/log")
            let running = try LoggedCommand(request, loop: loop, log: log) { end in
                result = end
                done()
            }
            started(running, loop)
        }
        return try #require(result)
    }

    private func log(_ directory: String) throws -> String {
        try String(contentsOfFile: directory + "/log", encoding: .utf8)
    }

    @Test func `has both outputs in the log, in their order, and no input`() throws {
        try withTemporaryDirectory { directory in
            let command = "cat; echo \"$WORD\"; echo two >&2\necho three; pwd"
            let end = try run(command, in: directory)
            #expect(end.termination == .exited(0) && !end.isLate && end.logFailure == nil)
            let said = "said\ntwo\nthree\n\(directory)\n"
            #expect(String(decoding: end.output, as: UTF8.self) == said)
            #expect(try log(directory) == "$ \(command)\n" + said)
            #expect(try run("exit 3", in: directory).termination == .exited(3))
            #expect(try log(directory).hasSuffix("\n$ exit 3\n"))
        }
    }

    @Test func `is ended at its limit`() throws {
        try withTemporaryDirectory { directory in
            let end = try run("exec sleep 600", limit: .milliseconds(1), in: directory)
            #expect(end.termination == .signaled(SIGTERM) && end.isLate)
        }
    }

    @Test func `is ended with its process group, by force after the grace`() throws {
        try withTemporaryDirectory { directory in
            var timer: EventLoop.Timer?
            let end = try run(
                "trap '' TERM; sleep 600 & echo $! > new; mv new child; wait; sleep 600",
                grace: .milliseconds(10),
                in: directory
            ) { command, loop in
                timer = try? EventLoop.Timer(loop: loop) {
                    if FileManager.default.fileExists(atPath: directory + "/child") {
                        timer?.close()
                        command.terminate()
                    } else {
                        timer?.set(loop.now + .milliseconds(5))
                    }
                }
                timer?.set(loop.now)
            }
            #expect(end.termination == .signaled(SIGKILL) && !end.isLate)
            let child = try String(contentsOfFile: directory + "/child", encoding: .utf8)
            let pid = try #require(Int32(child.dropLast()))
            #expect(eventually { kill(pid, 0) != 0 || isZombie(pid) })
        }
    }

    @Test(arguments: [true, false])
    func `is ended on demand, even before it has begun`(isPolite: Bool) throws {
        try withTemporaryDirectory { directory in
            let end = try run("exec sleep 600", in: directory) { command, _ in
                if isPolite { command.terminate() } else { command.kill() }
            }
            #expect(end.termination == .signaled(isPolite ? SIGTERM : SIGKILL) && !end.isLate)
        }
    }

    @Test func `is done although its log can't be written, and says so`() throws {
        try withTemporaryDirectory { directory in
            try FileManager.default.createSymbolicLink(
                atPath: directory + "/log",
                withDestinationPath: directory + "/elsewhere"
            )
            let end = try run("echo one", in: directory)
            #expect(end.termination == .exited(0) && end.logFailure != nil)
            #expect(!FileManager.default.fileExists(atPath: directory + "/elsewhere"))
        }
    }

    private func isZombie(_ pid: Int32) -> Bool {
        let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        return stat?.contains(") Z ") ?? true
    }
}
