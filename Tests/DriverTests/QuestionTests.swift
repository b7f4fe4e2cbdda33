import Autonomous
import Foundation
import Testing

@testable import Driver

@Suite struct `A task that asked` {
    @Test func `is looked at while it waits, and opened once it is answered`() throws {
        let leg = try FakeLeg(["a", "b"])
        try leg.run {
            leg.begin()
            leg.loop.advance(.seconds(60))
            #expect(!leg.calls().contains { $0.hasPrefix("look") })
            leg.sessions.end("a", question: "Which?")
            #expect(
                leg.calls() == [
                    "clear a 1", "journal sessionEnded taskEnded", "report sessionEnded taskEnded",
                    "release a",
                ]
            )
            leg.loop.advance(.seconds(2))
            #expect(leg.calls() == ["look a"])
            leg.directories.answer("a")
            leg.loop.advance(.seconds(2))
            #expect(
                leg.calls() == [
                    "look a", "open a", "journal taskReopened taskInspected sessionStarted",
                    "report taskReopened taskInspected sessionStarted", "start a 2",
                ]
            )
            leg.loop.advance(.seconds(10))
            #expect(leg.calls() == [])
        }
    }

    @Test func `tells long questions apart, in one line each`() throws {
        let root = NSTemporaryDirectory() + "quire-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let task = Workspace(root: root).taskDirectory(try TaskName(given: "t"))
        try task.create()
        let lines = try ["a", "b"].map { end in
            let text = String(repeating: "x\n", count: 2000) + end
            try text.write(toFile: task.questionPath, atomically: false, encoding: .utf8)
            return try #require(task.shortQuestion.question)
        }
        #expect(lines[0] != lines[1])
        #expect(lines.allSatisfy { $0.count < 1100 && !$0.contains("\n") })
    }

    @Test func `is left alone once the leg has ended`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            leg.sessions.end("a", question: "Which?")
            #expect(leg.calls().contains("finish"))
            leg.directories.answer("a")
            leg.loop.advance(.seconds(10))
            #expect(!leg.calls().contains { $0.hasPrefix("look") })
        }
    }
}
