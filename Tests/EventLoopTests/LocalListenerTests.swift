import Foundation
import Glibc
import Testing

@testable import EventLoop

/// A listener that answers each line with "yes, " and the line, and says what happened.
private final class Echo {
    let loop: Loop
    let path: String
    private(set) var heard: [String] = []
    private var listener: LocalListener?
    private var connections: [LocalConnection] = []
    private var clients: MailboxReceiver<Bool>?

    init(lineLimit: Int = 1000) throws {
        let directory = NSTemporaryDirectory() + "/quire-socket-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        path = directory + "/s"
        loop = try Loop()
        listener = try LocalListener(loop: loop, descriptor: try LocalListener.listen(at: path)) {
            [unowned self] in accept($0, lineLimit)
        }
    }

    private func accept(_ connection: LocalConnection, _ lineLimit: Int) {
        connections.append(connection)
        connection.begin(lineLimit: lineLimit) { [unowned self, unowned connection] event in
            switch event {
            case .line(let bytes):
                let text = String(decoding: bytes, as: UTF8.self)
                heard.append(text)
                connection.send(Array("yes, \(text.prefix(20))".utf8))
                connection.resume()
            case .tooLong:
                heard.append("too long")
                connection.send(Array("too long".utf8))
                connection.close()
            case .end: heard.append("end")
            }
        }
    }

    /// Runs a client on another thread, and the loop until it is done.
    func serve<Value: Sendable>(
        _ client: @escaping @Sendable (String) throws -> Value
    ) throws -> Value {
        var result: Result<Value, any Error>?
        loop.perform { [path] in
            Result { try client(path) }
        } then: { [loop] value in
            result = value
            loop.stop()
        }
        loop.run()
        guard let result else { throw LoopError("waiting for a client", EINTR) }
        return try result.get()
    }

    func close() {
        listener?.close()
        for connection in connections { connection.close() }
        loop.close()
        try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent)
    }
}

private func text(_ line: [UInt8]?) -> String? { line.map { String(decoding: $0, as: UTF8.self) } }

@Suite struct `A socket of this machine` {
    private static let patience = Duration.seconds(60)

    @Test func `takes lines and answers them in order, one at a time`() throws {
        let echo = try Echo()
        defer { echo.close() }
        let answers = try echo.serve { path in
            var client = try LocalClient(path: path)
            // Three requests, and half of one, in one piece.
            try client.send(Array("a\nb\nc\nd".utf8), patience: Self.patience)
            try client.send(Array("e".utf8), patience: Self.patience)
            var answers: [String?] = []
            for _ in 0..<5 {
                answers.append(text(try client.line(limit: 1000, patience: Self.patience)))
            }
            return answers
        }
        #expect(answers == ["yes, a", "yes, b", "yes, c", "yes, d", "yes, e"])
    }

    @Test func `tells who is at the other end, and lets nobody else connect`() throws {
        let echo = try Echo()
        defer { echo.close() }
        let peer = try echo.serve { path in try LocalClient(path: path).peer }
        #expect(peer == LocalPeer(user: geteuid(), process: getpid()))
        var status = stat()
        #expect(lstat(echo.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func `ends with a client that sends too long a line, or half of one`() throws {
        let echo = try Echo(lineLimit: 10)
        defer { echo.close() }
        let ends = try echo.serve { path in
            var long = try LocalClient(path: path)
            try long.send(Array(repeating: UInt8(ascii: "x"), count: 20), patience: Self.patience)
            var ends = [text(try long.line(limit: 1000, patience: Self.patience))]
            ends.append(text(try long.line(limit: 1000, patience: Self.patience)))
            return ends
        }
        #expect(ends == ["too long", nil])
        try echo.serve { path in
            let client = try LocalClient(path: path)
            try client.send(Array("half\nof".utf8), patience: Self.patience)
        }
        try echo.serve { path in _ = try LocalClient(path: path) }
        #expect(echo.heard.first == "too long")
    }

    @Test func `drops a client that reads nothing`() throws {
        let echo = try Echo(lineLimit: 1 << 20)
        defer { echo.close() }
        // Until the other end drops it, which it does when a mebibyte waits.
        let isDropped = try echo.serve { path in
            let client = try LocalClient(path: path)
            let lines = Array(repeating: UInt8(ascii: "\n"), count: 8000)
            for _ in 0..<10_000 {
                do {
                    try client.send(lines, patience: Self.patience)
                } catch {
                    return true
                }
            }
            return false
        }
        #expect(isDropped)
    }

    @Test func `is made in place of nothing, not even of a link that leads nowhere`() throws {
        let directory = NSTemporaryDirectory() + "/quire-socket-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for name in ["file", "link", "directory"] {
            let path = "\(directory)/\(name)"
            switch name {
            case "file": try Data().write(to: URL(fileURLWithPath: path))
            case "link": symlink("\(directory)/nowhere", path)
            default: mkdir(path, 0o700)
            }
            let error = #expect(throws: LoopError.self) { _ = try LocalListener.listen(at: path) }
            #expect(error?.errno == EADDRINUSE, "\(name)")
        }
        #expect(access("\(directory)/nowhere", F_OK) != 0)
        let long = directory + "/" + String(repeating: "x", count: 108)
        let error = #expect(throws: LoopError.self) { _ = try LocalListener.listen(at: long) }
        #expect(error?.errno == ENAMETOOLONG)
    }

    @Test func `refuses those who come once it is closed`() throws {
        let echo = try Echo()
        let path = echo.path
        let kept = try echo.serve { path in
            _ = try LocalClient(path: path)
            return link(path, path + "2") == 0
        }
        echo.close()
        #expect(kept)
        let error = #expect(throws: LoopError.self) { _ = try LocalClient(path: path) }
        #expect(error?.errno == ENOENT || error?.errno == ECONNREFUSED)
    }
}
