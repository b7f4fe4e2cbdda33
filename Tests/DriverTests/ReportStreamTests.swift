import Driver
import EventLoop
import Foundation
import Reporting
import Testing

@Suite struct `A stream of a report` {
    private func withPipe(_ body: (Loop, String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "/quire-pipe-" + UUID().uuidString
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let loop = try Loop()
        try body(loop, path)
        loop.close()
    }

    /// A stream into a pipe that may have no reader yet.
    private func stream(_ loop: Loop, _ path: String) throws -> ReportStream {
        try ReportStream(loop: loop, path: path, name: "the pipe") { () throws(LoopError) in
            let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw LoopError("opening \"\(path)\"", errno) }
            return descriptor
        }
    }

    @Test func `holds back so much for a reader that does not read, and tells what it left out`()
        throws
    {
        try withPipe { loop, path in
            let stream = try stream(loop, path)
            var warnings: [SafeText] = []
            stream.onTrouble = {
                warnings.append($0)
                return true
            }
            let line: SafeText = "\(String(repeating: "x", count: 65_535))\n"
            for _ in 0..<1_000 { stream.write(line) }
            #expect(warnings.count == 1)
            #expect(stream.leftOut >= 1_000 * 65_536 - 8 * 1024 * 1024)
            stream.finish { loop.stop() }
            stream.giveUp()
            loop.run()
            #expect(warnings.count == 1)
            #expect(stream.untold?.description.contains("nobody read 65536000 bytes") == true)
        }
    }

    @Test func `waits for its reader, and tells once that it has left`() throws {
        try withPipe { loop, path in
            let stream = try stream(loop, path)
            var warnings: [SafeText] = []
            stream.onTrouble = {
                warnings.append($0)
                loop.stop()
                return true
            }
            stream.write("first\n")
            let reader = open(path, O_RDONLY | O_NONBLOCK)
            var bytes = [UInt8](repeating: 0, count: 100)
            let timer = try EventLoop.Timer(loop: loop) { loop.stop() }
            var count = 0
            while count <= 0 {
                timer.set(loop.now + .milliseconds(5))
                loop.run()
                count = read(reader, &bytes, 100)
            }
            #expect(String(decoding: bytes[..<count], as: UTF8.self) == "first\n")
            close(reader)
            timer.close()
            stream.write("second\n")
            loop.run()
            stream.write("third\n")
            stream.finish { loop.stop() }
            loop.run()
            #expect(warnings.map(\.description.isEmpty) == [false])
            #expect(stream.failure == .closed && stream.untold == nil)
        }
    }
}
