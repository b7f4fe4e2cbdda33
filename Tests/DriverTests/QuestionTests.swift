import Autonomous
import Foundation
import Orchestration
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

    private func withTask(_ body: (TaskDirectory) throws -> Void) throws {
        let root = NSTemporaryDirectory() + "quire-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let task = Workspace(root: root).taskDirectory(try TaskName(given: "t"))
        try task.create()
        try body(task)
    }

    private func put(_ text: String, _ name: String, of task: TaskDirectory) throws {
        try text.write(toFile: task.path + "/" + name, atomically: false, encoding: .utf8)
    }

    @Test func `is answered by a person alone, whenever the session ended`() throws {
        try withTask { task in
            let words = GivenWords(in: task)
            try put("By hand.", "answer.md", of: task)
            #expect(words.take().isEmpty && words.text.contains("> By hand."))
            try put("Which?", "question.md", of: task)
            try put("My own.", "answer.md", of: task)
            let settled = words.settle(isCompleted: true)
            #expect(settled.question == "Which?" && settled.warnings.count == 1)
            // By a person, after the session.
            try put("By hand.", "answer.md", of: task)
            #expect(GivenWords(in: task).settle(isCompleted: false).question == nil)
            let next = GivenWords(in: task)
            #expect(next.take().isEmpty && next.text.contains("> Which?\n\nA person answers:"))
        }
    }

    @Test(arguments: [true, false])
    func `has no answer of a session that nobody saw end`(isLost: Bool) throws {
        try withTask { task in
            try put("Which?", "question.md", of: task)
            try put("This.", "answer.md", of: task)
            var opening = TaskOpening(workspace: task.workspace)
            if isLost { opening.interrupted = ["t": nil] }
            guard case .opened(let open, let inspected, let warnings)? = opening.open(["t"]).first
            else {
                Issue.record("not opened")
                return
            }
            #expect((inspected.question == "Which?") == isLost && warnings.isEmpty != isLost)
            opening.release([open])
            // In the same leg a person's is heard.
            try put("This.", "answer.md", of: task)
            guard case .opened(let again, let answered, _)? = opening.openAgain(["t"]).first else {
                Issue.record("not opened again")
                return
            }
            #expect(answered.question == nil && task.hasAnswer)
            opening.release([again])
        }
    }

    @Test func `keeps its directory where it began anew in the leg`() throws {
        try withTask { task in
            let opening = TaskOpening(workspace: task.workspace, anew: ["t"], stamp: "x")
            for isAgain in [false, true] {
                let results = isAgain ? opening.openAgain(["t"]) : opening.open(["t"])
                let open = try #require(results.first?.openTask)
                #expect(FileManager.default.fileExists(atPath: task.path + "/notes") == isAgain)
                try put("", "notes", of: open.directory)
                opening.release([open])
            }
        }
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
