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
}
