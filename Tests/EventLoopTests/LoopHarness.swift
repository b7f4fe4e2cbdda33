import Descendants
import EventLoop
import Foundation
import Testing

/// Runs a loop on the test's thread, with a deadline so that a hang fails instead of blocking.
///
/// No load of the machine comes near it.
func withLoop(
    deadline: Duration = .seconds(900),
    _ body: (Loop, _ done: @escaping () -> Void) throws -> Void
) throws {
    let loop = try Loop()
    var isDone = false
    var isLate = false
    let alarm = try Timer(loop: loop) {
        isLate = true
        loop.stop()
    }
    alarm.set(loop.now + deadline)
    try body(loop) {
        isDone = true
        loop.stop()
    }
    loop.run()
    alarm.close()
    #expect(!isLate, "the loop hangs")
    #expect(isDone || isLate)
    // What hangs has handles open, which would end all tests.
    if !isLate { loop.close() }
}

/// What became of a child.
struct Finished {
    var output: [UInt8] = []
    var end: ChildEnd?
    var pid: Int32 = 0
    var start: UInt64 = 0

    var text: String { String(decoding: output, as: UTF8.self) }
}

func shell(_ script: String, input: String = "", directory: String = "/") -> ChildProcess.Launch {
    ChildProcess.Launch(
        executable: "/bin/sh",
        arguments: ["sh", "-c", script],
        environment: ["PATH=/usr/bin:/bin"],
        directory: directory,
        input: Array(input.utf8)
    )
}

/// Runs a child to its end; `started` may talk to it.
///
/// A program that was just written may be busy for a moment: a child that another test starts
/// meanwhile has it open for writing, too, until it runs its own.
func run(
    _ launch: ChildProcess.Launch,
    leakLimit: Duration = .seconds(900),
    started: @escaping (ChildProcess, Loop) -> Void = { _, _ in }
) throws -> Finished {
    var finished = Finished()
    for _ in 0..<1000 {
        finished = try runOnce(launch, leakLimit: leakLimit, started: started)
        guard case .notStarted(ETXTBSY, _)? = finished.end?.termination else { break }
        usleep(1000)
    }
    return finished
}

private func runOnce(
    _ launch: ChildProcess.Launch,
    leakLimit: Duration,
    started: @escaping (ChildProcess, Loop) -> Void
) throws -> Finished {
    var finished = Finished()
    try withLoop { loop, done in
        var child: ChildProcess?
        let callbacks = ChildProcess.Callbacks(
            started: {
                (finished.pid, finished.start) = ($0.pid, $0.start)
                if let child { started(child, loop) }
            },
            output: { bytes in
                for place in bytes.indices { finished.output.append(bytes[place]) }
            },
            ended: {
                finished.end = $0
                child = nil
                done()
            }
        )
        child = ChildProcess(loop: loop, leakLimit: leakLimit, callbacks: callbacks) { launch }
    }
    return finished
}

/// A directory of its own for a test, removed afterwards.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "quire-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// Waits until something holds, for as long as a stuck test may take; false where it never does.
func eventually(_ holds: () -> Bool) -> Bool {
    for _ in 0..<30_000 {
        if holds() { return true }
        usleep(10_000)
    }
    return false
}
