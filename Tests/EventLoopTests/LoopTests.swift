import EventLoop
import Foundation
import Testing

@Suite struct `The loop` {
    @Test func `a timer is never early, and can be moved`() throws {
        try withLoop { loop, done in
            let due = loop.now + .milliseconds(30)
            var timer: EventLoop.Timer?
            timer = try Timer(loop: loop) {
                #expect(loop.now >= due)
                timer?.close()
                done()
            }
            timer?.set(loop.now + .seconds(600))
            timer?.set(due)
        }
    }

    @Test func `work is done elsewhere and its result comes back`() throws {
        try withLoop { loop, done in
            let here = pthread_self()
            loop.perform {
                pthread_equal(pthread_self(), here) == 0
            } then: { isElsewhere in
                #expect(isElsewhere)
                #expect(pthread_equal(pthread_self(), here) != 0)
                done()
            }
        }
    }

    @Test func `messages from many threads all arrive, each thread's in order`() throws {
        try withLoop { loop, done in
            var seen: [Int: Int] = [:]
            var count = 0
            var receiver: MailboxReceiver<(Int, Int)>?
            receiver = try loop.mailbox { messages in
                for (thread, number) in messages {
                    #expect(number == seen[thread, default: 0])
                    seen[thread] = number + 1
                    count += 1
                }
                if count == 4000 {
                    receiver?.close()
                    done()
                }
            }
            let mailbox = try #require(receiver?.mailbox)
            for thread in 0..<4 {
                Thread.detachNewThread {
                    for number in 0..<1000 { mailbox.post((thread, number)) }
                }
            }
        }
    }

    @Test func `what a timer leaves behind is handled before the loop sleeps`() throws {
        try withLoop { loop, done in
            var inbox = 0
            try loop.onTurn {
                if inbox == 1 {
                    inbox = 2
                    done()
                }
            }
            var timer: EventLoop.Timer?
            timer = try Timer(loop: loop) {
                inbox = 1
                timer?.close()
            }
            timer?.set(loop.now + .milliseconds(5))
        }
    }

    @Test func `a signal is seen`() throws {
        try withLoop { loop, done in
            var watcher: SignalWatcher?
            watcher = try SignalWatcher(loop: loop, signal: SIGUSR2) {
                watcher?.close()
                done()
            }
            kill(getpid(), SIGUSR2)
        }
    }
}

@Suite struct `A log writer` {
    private func write(_ texts: [String], to path: String) throws -> LoopError? {
        var failure: LoopError?
        try withLoop { loop, done in
            let writer = LogWriter(loop: loop, path: path)
            writer.onError = { failure = $0 }
            texts.forEach(writer.append)
            writer.finish(then: done)
        }
        return failure
    }

    @Test func `it appends in order`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/log"
            let texts = (0..<5000).map { "line \($0)\n" }
            let failure = try write(texts, to: path)
            #expect(failure == nil)
            let written = try String(contentsOfFile: path, encoding: .utf8)
            #expect(written == texts.joined())
        }
    }

    @Test func `it separates a torn line from what follows`() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/log"
            _ = try write(["torn"], to: path)
            _ = try write(["whole\n"], to: path)
            _ = try write(["next\n"], to: path)
            let written = try String(contentsOfFile: path, encoding: .utf8)
            #expect(written == "torn\nwhole\nnext\n")
        }
    }

    @Test func `a full disk is told once and what is lost is counted`() throws {
        try withLoop { loop, done in
            var failures: [LoopError] = []
            let writer = LogWriter(loop: loop, path: "/dev/full")
            writer.onError = { failures.append($0) }
            writer.append("lost")
            writer.finish {
                #expect(failures.map(\.errno) == [ENOSPC])
                #expect(failures.first?.description.contains("/dev/full") == true)
                #expect(writer.lostBytes == 4)
                done()
            }
        }
    }

    @Test func `with patience it waits for the disk until it is told not to`() throws {
        try withLoop { loop, done in
            var (waits, failures): ([Int32?], [LoopError]) = ([], [])
            let writer = LogWriter(loop: loop, path: "/dev/full")
            writer.patience = .seconds(900)
            writer.onError = { failures.append($0) }
            writer.onWaiting = { [unowned writer] error in
                waits.append(error?.errno)
                #expect(error == nil || failures.isEmpty && writer.lostBytes == 0)
                if waits.count == 2 { writer.giveUp() }
            }
            writer.append("lost")
            writer.finish {
                #expect(waits == [ENOSPC, ENOSPC, nil])
                #expect(failures.map(\.errno) == [ENOSPC])
                #expect(writer.lostBytes == 4)
                done()
            }
        }
    }

    @Test func `it asks its owner to stop and to go on`() throws {
        try withTemporaryDirectory { directory in
            var presses: [Bool] = []
            try withLoop { loop, done in
                let writer = LogWriter(loop: loop, path: directory + "/log")
                writer.onPressure = { presses.append($0) }
                let piece = String(repeating: "x", count: 64 * 1024)
                for _ in 0..<40 { writer.append(piece) }
                #expect(presses == [true])
                writer.finish(then: done)
            }
            #expect(presses == [true, false])
        }
    }

    /// Makes a pipe with a name, for the time of a test.
    private func withPipe(_ body: (_ path: String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            #expect(mkfifo(directory + "/log", 0o600) == 0)
            try body(directory + "/log")
        }
    }

    @Test func `logs that nobody reads hold up neither other logs nor starts`() throws {
        try withPipe { path in
            var events: [String] = []
            try withLoop { loop, done in
                let stuck = (0..<2 * Loop.workerThreads).map { _ in
                    LogWriter(loop: loop, path: path)
                }
                var left = 2 + stuck.count
                func end(_ what: String) {
                    events.append(what)
                    left -= 1
                    if left == stuck.count { stuck.forEach { $0.giveUp() } }
                    if left == 0 { done() }
                }
                for writer in stuck {
                    writer.append(String(repeating: "x", count: 100_000))
                    writer.finish { end("given up") }
                }
                // Queued only when a worker could long have been held.
                loop.perform {
                    usleep(50_000)
                } then: {
                    let healthy = LogWriter(loop: loop, path: path + ".healthy")
                    healthy.append("whole\n")
                    healthy.finish { end("written") }
                    let callbacks = ChildProcess.Callbacks(
                        started: { _ in },
                        output: { _ in },
                        ended: { _ in end("started") }
                    )
                    _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                        shell("exit 0")
                    }
                }
            }
            #expect(Set(events.prefix(2)) == ["written", "started"])
            #expect(events.dropFirst(2).allSatisfy { $0 == "given up" })
        }
    }

    @Test func `a reader that comes late gets everything, in order`() throws {
        try withPipe { path in
            let text = (0..<100_000).map { "line \($0)\n" }.joined()
            var read = Finished()
            try withLoop { loop, done in
                let writer = LogWriter(loop: loop, path: path)
                writer.append(text)
                let callbacks = ChildProcess.Callbacks(
                    started: { _ in },
                    output: { for place in $0.indices { read.output.append($0[place]) } },
                    ended: { _ in
                        #expect(writer.lostBytes == 0)
                        done()
                    }
                )
                loop.perform {
                    usleep(50_000)
                } then: {
                    _ = ChildProcess(loop: loop, leakLimit: .seconds(900), callbacks: callbacks) {
                        shell("exec cat '\(path)'")
                    }
                    // Its end closes the pipe, which ends the reader.
                    writer.finish {}
                }
            }
            #expect(read.text == text)
        }
    }

    @Test func `a log that nobody reads pauses its own session and no other`() throws {
        try withPipe { path in
            var order: [String] = []
            try withLoop { loop, done in
                var children: [String: ChildProcess] = [:]
                let logs = [
                    "slow": LogWriter(loop: loop, path: path),
                    "healthy": LogWriter(loop: loop, path: path + ".healthy"),
                ]
                for (name, log) in logs {
                    log.onPressure = {
                        $0 ? children[name]?.pauseOutput() : children[name]?.resumeOutput()
                    }
                    let callbacks = ChildProcess.Callbacks(
                        started: { _ in },
                        output: { children[name]?.passOn($0, to: log) },
                        ended: { _ in
                            order.append(name)
                            if name == "healthy" {
                                children["slow"]?.kill()
                                logs["slow"]?.giveUp()
                            }
                            log.finish { if order.count == 2, name == "slow" { done() } }
                        }
                    )
                    children[name] = ChildProcess(
                        loop: loop,
                        leakLimit: .seconds(900),
                        callbacks: callbacks
                    ) { shell("seq 1 1000000") }
                }
            }
            #expect(order == ["healthy", "slow"])
            let healthy = try String(contentsOfFile: path + ".healthy", encoding: .utf8)
            #expect(healthy == (1...1_000_000).map { "\($0)\n" }.joined())
        }
    }
}
