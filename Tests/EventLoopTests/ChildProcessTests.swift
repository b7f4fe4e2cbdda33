import CSpawn
import Descendants
import Foundation
import Glibc
import Synchronization
import Testing

@testable import EventLoop

@Suite struct `A child process` {
    @Test func `its exit status is told`() throws {
        #expect(try run(shell("exit 7")).end?.termination == .exited(7))
    }

    @Test func `the signal that killed it is told`() throws {
        #expect(try run(shell("kill -9 $$")).end?.termination == .signaled(9))
    }

    @Test func `its input comes from memory, whole, and ends`() throws {
        let prompt = String(repeating: "0123456789abcdef", count: 65_536)
        let finished = try run(shell("cat", input: prompt))
        #expect(finished.text == prompt)
    }

    @Test func `a child that doesn't read its input is no trouble`() throws {
        let prompt = String(repeating: "x", count: 1 << 20)
        #expect(try run(shell("exit 0", input: prompt)).end?.termination == .exited(0))
    }

    @Test func `it gets its directory and its environment and nothing else`() throws {
        var launch = shell("pwd; /usr/bin/env | sort", directory: "/usr")
        launch.environment = ["B=2", "A=1"]
        let lines = try run(launch).text.split(separator: "\n")
        #expect(lines.first == "/usr")
        #expect(lines.contains("A=1") && lines.contains("B=2"))
        #expect(!lines.contains { $0.hasPrefix("HOME=") })
    }

    @Test func `its start is the one that the system tells`() throws {
        // Most are known by the clock, and those that start as its tick ends by the system itself.
        for _ in 0..<50 {
            let finished = try run(shell("read -r stat < /proc/$$/stat; echo \"$stat\""))
            let fields = finished.text.split(separator: ")").last?.split(separator: " ")
            #expect(fields?.dropFirst(19).first == "\(finished.start)")
        }
    }

    @Test func `it has no descriptor but its three`() throws {
        let file = open("/etc/passwd", O_RDONLY)
        defer { close(file) }
        // `ls` itself opens the fourth.
        let finished = try run(shell("exec ls /proc/self/fd"))
        #expect(finished.text == "0\n1\n2\n3\n")
    }

    @Test func `it leads a session and a process group of its own`() throws {
        var launch = shell("")
        launch.executable = "/bin/cat"
        launch.arguments = ["cat", "/proc/self/stat"]
        let finished = try run(launch)
        let pid = String(finished.pid)
        let fields = finished.text.split(separator: " ")
        #expect(fields[0] == pid && fields[4] == pid && fields[5] == pid)
    }

    @Test(arguments: [
        ("/nonexistent/agent", ENOENT), ("/etc/passwd", EACCES), ("/usr", EACCES),
    ])
    func `a program that can't be run reports why`(path: String, errno: Int32) throws {
        var launch = shell("")
        launch.executable = path
        let end = try run(launch).end
        guard case .notStarted(let found, let doing)? = end?.termination else {
            Issue.record("it started")
            return
        }
        #expect(found == errno)
        #expect(doing.contains(path))
    }

    @Test func `a directory that isn't there is named`() throws {
        let end = try run(shell("true", directory: "/nonexistent")).end
        guard case .notStarted(ENOENT, let doing)? = end?.termination else {
            Issue.record("it started")
            return
        }
        #expect(doing.contains("entering the directory \"/nonexistent\""))
    }

    @Test func `a launch that throws ends as not started`() throws {
        struct NoPrompt: Error, CustomStringConvertible {
            var description: String { "there is no prompt" }
        }
        var end: ChildEnd?
        try withLoop { loop, done in
            let callbacks = ChildProcess.Callbacks(
                started: { _ in },
                output: { _ in },
                ended: {
                    end = $0
                    done()
                }
            )
            _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                throw NoPrompt()
            }
        }
        #expect(end?.termination == .notStarted(errno: 0, doing: "there is no prompt"))
    }

    @Test func `ten megabytes of output arrive byte for byte`() throws {
        let finished = try run(shell("seq 1 1400000"))
        let lines = finished.output.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 1_400_000)
        #expect(lines.last.map { String(decoding: $0, as: UTF8.self) } == "1400000")
        #expect(finished.end?.outputLeaked == false)
    }

    @Test func `of a large standard error both ends are kept`() throws {
        let finished = try run(shell("seq 1 2000000 >&2; echo out"))
        let captured = try #require(finished.end?.standardError)
        #expect(finished.text == "out\n")
        #expect(captured.head.count == 65_536 && captured.tail.count == 65_536)
        #expect(captured.head.starts(with: Array("1\n2\n3\n".utf8)))
        #expect(captured.tail.suffix(8) == Array("2000000\n".utf8).suffix(8))
        #expect(captured.total == 14_888_896)
    }

    @Test func `a descendant that holds the output is cut off after the leak limit`() throws {
        // It is out of the group, which dies with the child, before the child ends.
        let script = """
            echo first
            setsid sleep 600 &
            echo $! >&2
            until [ "$(ps -o sid= -p $! | tr -d " ")" = $! ]; do sleep 0.01; done
            exit 3
            """
        let finished = try run(shell(script), leakLimit: .milliseconds(200))
        #expect(finished.end?.termination == .exited(3))
        #expect(finished.end?.outputLeaked == true)
        #expect(finished.text == "first\n")
        let said = String(decoding: finished.end?.standardError.head ?? [], as: UTF8.self)
        let group = try #require(Int32(said.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(kill(-group, SIGKILL) == 0)
    }

    @Test func `the rest of its process group dies with it`() throws {
        let finished = try run(shell("sleep 600 & echo $!; exit 0"))
        let pid = try #require(Int32(finished.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(finished.end?.outputLeaked == false)
        // Killed, but the kernel takes its time to end it.
        #expect(eventually { !isAlive(pid) })
    }

    @Test func `its group is killed as long as its number is its own`() throws {
        var states: [Int32: [String]] = [:]
        var pids: [Int32] = []
        var ended = 0
        try withLoop { loop, done in
            Reaper.of(loop).killGroup = { pid in
                states[pid, default: []].append(processState(pid))
                kill(-pid, SIGKILL)
            }
            for _ in 0..<20 {
                let callbacks = ChildProcess.Callbacks(
                    started: { pids.append($0.pid) },
                    output: { _ in },
                    ended: { _ in
                        ended += 1
                        if ended == 20 { done() }
                    }
                )
                _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                    shell("exit 0")
                }
            }
        }
        // Not reaped yet: nobody else can have the number.
        #expect(states == Dictionary(uniqueKeysWithValues: pids.map { ($0, ["Z"]) }))
    }

    @Test(arguments: [true, false])
    func `what it said is whole where it has ended before anybody watches`(
        hasPidfds: Bool
    ) throws {
        try withTemporaryDirectory { directory in
            let count = 20
            var output = [String](repeating: "", count: count)
            var ends = [ChildEnd?](repeating: nil, count: count)
            var calls = [[String]](repeating: [], count: count)
            try withLoop { loop, done in
                Reaper.of(loop).usesPidfds = hasPidfds
                for number in 0..<count {
                    let callbacks = ChildProcess.Callbacks(
                        started: { _ in calls[number].append("started") },
                        output: { bytes in
                            for place in bytes.indices {
                                output[number].unicodeScalars.append(.init(bytes[place]))
                            }
                        },
                        ended: {
                            ends[number] = $0
                            calls[number].append("ended")
                            if ends.allSatisfy({ $0 != nil }) { done() }
                        }
                    )
                    let script = "echo $$ > \(directory)/\(number); echo out; echo bad >&2; exit 1"
                    _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                        shell(script)
                    }
                    // The loop, which would watch it, does not turn yet.
                    let hasEnded = eventually {
                        let said = try? String(
                            contentsOfFile: "\(directory)/\(number)",
                            encoding: .utf8
                        )
                        guard let said, said.hasSuffix("\n"), let pid = Int32(said.dropLast())
                        else { return false }
                        return processState(pid) == "Z"
                    }
                    #expect(hasEnded)
                }
            }
            #expect(output == [String](repeating: "out\n", count: count))
            #expect(calls == [[String]](repeating: ["started", "ended"], count: count))
            for end in ends {
                #expect(end?.termination == .exited(1))
                #expect(end?.standardError.head == Array("bad\n".utf8))
                #expect(end?.outputLeaked == false)
            }
        }
    }

    @Test func `a polite end can be refused, a kill can't`() throws {
        let script = "trap 'echo no' TERM; echo ready; while :; do sleep 0.05; done"
        var finished = Finished()
        try withLoop { loop, done in
            var child: ChildProcess?
            let callbacks = ChildProcess.Callbacks(
                started: { _ in },
                output: { bytes in
                    for place in bytes.indices { finished.output.append(bytes[place]) }
                    if finished.text == "ready\n" { child?.terminate() }
                    if finished.text.hasSuffix("no\n") { child?.kill() }
                },
                ended: {
                    finished.end = $0
                    done()
                }
            )
            child = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                shell(script)
            }
        }
        #expect(finished.end?.termination == .signaled(SIGKILL))
    }

    @Test func `an end that is asked for before the start comes`() throws {
        var end: ChildEnd?
        try withLoop { loop, done in
            let callbacks = ChildProcess.Callbacks(
                started: { _ in },
                output: { _ in },
                ended: {
                    end = $0
                    done()
                }
            )
            let child = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                shell("sleep 600")
            }
            child.terminate()
        }
        #expect(end?.termination == .signaled(SIGTERM))
    }

    @Test func `output that is paused waits and is not lost`() throws {
        let limit = Duration.milliseconds(500)
        // It ends at once, and its output is left in the pipe for longer than a leak may take.
        let finished = try run(shell("echo whole"), leakLimit: limit) { child, loop in
            child.pauseOutput()
            var timer: EventLoop.Timer?
            timer = try? Timer(loop: loop) {
                timer?.close()
                child.resumeOutput()
            }
            timer?.set(loop.now + limit * 3)
        }
        #expect(finished.text == "whole\n")
        #expect(finished.end?.outputLeaked == false)
    }

    @Test func `a thousand silent children cost no turn of the loop`() throws {
        _ = DescriptorLimit.raise()
        var children: [ChildProcess] = []
        var (started, ended, turns) = (0, 0, 0)
        // The least that a second took; what comes late from the starts may take one of them.
        var least = Int.max
        var seconds = 0
        try withLoop { loop, done in
            var before: Int?
            var timer: EventLoop.Timer?
            timer = try Timer(loop: loop) {
                if let before { least = min(least, turns - before) }
                before = turns
                seconds += 1
                if least > 4, seconds < 60 {
                    timer?.set(loop.now + .seconds(1))
                } else {
                    children.forEach { $0.kill() }
                    timer?.close()
                }
            }
            let callbacks = ChildProcess.Callbacks(
                started: { _ in
                    started += 1
                    if started == 1000 { timer?.set(loop.now) }
                },
                output: { _ in },
                ended: { _ in
                    ended += 1
                    if ended == 1000 { done() }
                }
            )
            try loop.onTurn { turns += 1 }
            for _ in 0..<1000 {
                children.append(
                    ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                        var launch = shell("")
                        launch.executable = "/bin/sleep"
                        launch.arguments = ["sleep", "3000"]
                        return launch
                    }
                )
            }
        }
        #expect(started == 1000 && ended == 1000)
        // The turn in which the timer goes off, seen before and after the loop sleeps.
        #expect((1...4).contains(least))
    }

    @Test func `memory does not grow with output`() async {
        // In a process of its own: nothing else uses its memory.
        await #expect(processExitsWith: .success) {
            let memory = Mutex<[Int]>([])
            let received = try passOn("head -c 500000000 /dev/zero", to: "/dev/null") { total in
                memory.withLock {
                    if total > 50_000_000 * ($0.count + 1) { $0.append(residentKilobytes()) }
                }
            }.examined
            #expect(received == 500_000_000)
            memory.withLock { #expect(($0.last ?? .max) - ($0.first ?? 0) < 16 * 1024) }
        }
    }

    @Test func `what is passed on arrives whole and in order, however fast it comes`() throws {
        try withTemporaryDirectory { directory in
            let command = "seq 1 2000000; sleep 0.1; echo slow; sleep 0.1; seq 1 1000; echo end"
            let result = try passOn(command, to: directory + "/log")
            let written = try String(contentsOfFile: directory + "/log", encoding: .utf8)
            let numbers = (1...2_000_000).map { "\($0)\n" }.joined()
            let expected = numbers + "slow\n" + (1...1000).map { "\($0)\n" }.joined() + "end\n"
            #expect(written == expected)
            #expect(result.examined == expected.utf8.count && result.lost == 0)
        }
    }

    @Test func `a pipe is made wider once its writer is faster than the loop`() throws {
        try withTemporaryDirectory { directory in
            // The script writes until its pipe has another size (fcntl's F_GETPIPE_SZ, 1032).
            let script = """
                import fcntl, os, sys
                before, written = fcntl.fcntl(1, 1032), 0
                while fcntl.fcntl(1, 1032) == before and written < 1 << 30:
                    written += os.write(1, bytes(65536))
                print(fcntl.fcntl(1, 1032), file=open(sys.argv[1], "w"))
                """
            try script.write(toFile: directory + "/writer.py", atomically: true, encoding: .utf8)
            _ = try passOn("python3 \(directory)/writer.py \(directory)/size", to: "/dev/null")
            let size = try String(contentsOfFile: directory + "/size", encoding: .utf8)
            #expect(size == "1048576\n")
        }
    }

    @Test func `a full disk loses what is written, not what is looked at`() throws {
        let result = try passOn("seq 1 200000; sleep 0.1; echo end", to: "/dev/full")
        #expect(result.examined == result.lost && result.examined == 1_288_895 + 4)
        #expect(result.failure?.errno == ENOSPC)
    }

    @Test func `no end waits for another's start, and none is taken for an orphan's`() async {
        // In a process of its own: it becomes the parent of orphans.
        await #expect(processExitsWith: .success) {
            let hangs = DispatchSemaphore(value: 0)
            var ends: [ChildEnd.Termination] = []
            var (told, look): (EventLoop.Timer?, EventLoop.Timer?)
            try withLoop { loop, done in
                try loop.adoptOrphans()
                // Other threads of a test don't block the signal of a child's end, and take it away.
                told = try EventLoop.Timer(loop: loop) {
                    pthread_kill(pthread_self(), SIGCHLD)
                    told?.set(loop.now + .milliseconds(1))
                }
                told?.set(loop.now)
                let slow = ChildProcess.Callbacks(
                    started: { #expect(cspawn_is_newborn($0.pid)) },
                    output: { _ in },
                    ended: {
                        ends.append($0.termination)
                        told?.close()
                        look?.close()
                        done()
                    }
                )
                _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: slow) {
                    hangs.wait()
                    return shell("exit 7")
                }
                #expect(startChildren(2000, on: loop) == [.exited(0)])
                let orphan = fork(in: loop)
                look = try EventLoop.Timer(loop: loop) {
                    guard processState(orphan).isEmpty else {
                        look?.set(loop.now + .milliseconds(1))
                        return
                    }
                    hangs.signal()
                }
                look?.set(loop.now)
            }
            #expect(ends == [.exited(7)])
        }
    }

    @Test func `ten thousand children leave nothing behind`() async {
        // In a process of its own: nothing else uses its memory and its descriptors.
        await #expect(processExitsWith: .success) {
            var (handles, descriptors, memory) = ((0, 0), (0, 0), (0, 0))
            try withLoop { loop, done in
                handles.0 = loop.openHandles
                startChildren(2000, on: loop)
                (descriptors.0, memory.0) = (DescriptorLimit.openCount, residentKilobytes())
                startChildren(8000, on: loop)
                (descriptors.1, memory.1) = (DescriptorLimit.openCount, residentKilobytes())
                handles.1 = loop.openHandles
                done()
            }
            #expect(handles.0 == handles.1)
            #expect(descriptors.0 == descriptors.1)
            #expect(memory.1 - memory.0 < 8 * 1024, "\(memory)")
        }
    }
}

/// Starts a child that leaves a process of another group behind, and returns that one's number
/// when the child has ended.
private func fork(in loop: Loop) -> pid_t {
    var output = ""
    let callbacks = ChildProcess.Callbacks(
        started: { _ in },
        output: { bytes in
            for index in bytes.indices { output.unicodeScalars.append(.init(bytes[index])) }
        },
        ended: { _ in loop.stop() }
    )
    _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
        shell("setsid true >/dev/null 2>&1 & echo $!")
    }
    loop.run()
    return pid_t(output.dropLast()) ?? 0
}

/// Runs children that do nothing, 64 at a time, until so many have ended; returns the different
/// ways in which they did.
@discardableResult
private func startChildren(_ count: Int, on loop: Loop) -> Set<ChildEnd.Termination> {
    var (started, ended) = (0, 0)
    var terminations: Set<ChildEnd.Termination> = []
    func startNext() {
        started += 1
        let callbacks = ChildProcess.Callbacks(
            started: { _ in },
            output: { _ in },
            ended: {
                terminations.insert($0.termination)
                ended += 1
                if started < count { startNext() }
                if ended == count { loop.stop() }
            }
        )
        _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
            var launch = shell("")
            launch.executable = "/bin/true"
            launch.arguments = ["true"]
            return launch
        }
    }
    for _ in 0..<64 { startNext() }
    loop.run()
    return terminations
}

/// Runs a child whose output is passed on to a log.
private func passOn(
    _ command: String,
    to path: String,
    look: @escaping @Sendable (_ total: Int) -> Void = { _ in }
) throws -> (examined: Int, lost: Int, failure: LoopError?) {
    let examined = Atomic(0)
    var (lost, failure): (Int, LoopError?) = (0, nil)
    try withLoop { loop, done in
        let log = LogWriter(loop: loop, path: path) { bytes in
            look(examined.add(bytes.count, ordering: .relaxed).newValue)
        }
        var child: ChildProcess?
        log.onPressure = { $0 ? child?.pauseOutput() : child?.resumeOutput() }
        log.onError = { failure = $0 }
        let callbacks = ChildProcess.Callbacks(
            started: { _ in },
            output: { child?.passOn($0, to: log) },
            ended: { _ in
                log.finish {
                    lost = Int(log.lostBytes)
                    done()
                }
            }
        )
        child = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
            shell(command)
        }
    }
    return (examined.load(ordering: .relaxed), lost, failure)
}

/// The letter of `/proc/PID/stat`; empty for a process that is gone.
private func processState(_ pid: Int32) -> String {
    let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    return stat.split(separator: ") ").last.map { String($0.prefix(1)) } ?? ""
}

private func isAlive(_ pid: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    return !status.isEmpty && !status.contains(") Z ")
}

private func residentKilobytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * 4
}
