import Autonomous
import FileAccess
import Foundation
import Orchestration
import Testing

private typealias Progress = Orchestration.Progress

private func put(_ text: String, _ path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

private func list(_ boxes: String) -> String {
    "## Tasks\n"
        + boxes.enumerated().map { "- [\($1)] Task \($0 + 1): entry \($0 + 1)\n" }.joined()
}

@Suite struct `A checklist and its prompt` {
    @Test(
        arguments: [
            ("Port it.", "Port it.", TaskDirectory.PromptMatch.same),
            ("Port it.", "Port it.\n\n", .same), ("Port it.\n", "  Port it.", .same),
            ("Port it.", "Port them.", .other), ("Port it.", "Port it. Please.", .other),
            ("Port it. Please.", "Port it.", .other), ("é", "e\u{301}", .other),
            (String(repeating: "x", count: 20_000), String(repeating: "x", count: 10_000), .other),
        ]
    )
    func `belong together as long as the words are the same`(
        saved: String,
        prompt: String,
        match: TaskDirectory.PromptMatch
    ) throws {
        try withTask { task in
            #expect(try task.match(prompt: prompt) == .absent)
            try task.save(prompt: saved)
            #expect(try task.match(prompt: prompt) == match)
        }
    }

    @Test func `a prompt that is no plain file is told of`() throws {
        try withTask { task in
            try FileManager.default.createSymbolicLink(
                atPath: task.promptPath,
                withDestinationPath: "/etc/hostname"
            )
            #expect(throws: FileError.self) { try task.match(prompt: "p") }
        }
    }
}

@Suite struct `A list that was complete` {
    @Test(
        arguments: [
            (list("xx"), list("xx"), nil), (list("xx"), list("xX"), nil),
            (list("xx"), list("x "), "entry 2 was unticked"),
            (list("xx"), list("  "), "entries 1, 2 were unticked"),
            (list("xx"), list("xx "), "entry 3 was appended"),
            (list("xx"), list("x x "), "entry 2 was unticked, entry 4 was appended"),
            (list("x "), list("  "), nil), (list("xx"), list("x"), nil),
            (list("xx"), list("x ").replacing("entry 1", with: "another"), nil),
        ] as [(String, String, String?)]
    )
    func `is given more to do by a person who unticks or appends`(
        good: String,
        found: String,
        words: String?
    ) throws {
        let good = try Checklist(bytes: Array(good.utf8))
        #expect(try Checklist(bytes: Array(found.utf8)).reopening(of: good) == words)
    }

    @Test func `is accepted so between sessions, and at no other time`() throws {
        try withTask { task in
            try put(list("xx"), task.taskListPath)
            let before = task.inspectAndKeep()
            #expect(before.state == .good(Progress(ticked: 2, total: 2)))
            try put(list("x "), task.taskListPath)
            guard case .damaged = task.compare(since: before, most: nil).state else {
                Issue.record("an agent may untick boxes")
                return
            }
            let look = task.inspectAndKeep()
            #expect(look.state == .good(Progress(ticked: 1, total: 2)))
            #expect(look.news == "entry 2 was unticked")
            #expect(task.inspectAndKeep().state == .good(Progress(ticked: 1, total: 2)))
            try put(list("xx").replacing("entry 1", with: "another"), task.taskListPath)
            guard case .damaged = task.inspectAndKeep().state else {
                Issue.record("a reworded list may be complete")
                return
            }
        }
    }

    @Test func `has a stamp that changes with it`() throws {
        try withTask { task in
            try put(list("x "), task.taskListPath)
            #expect(task.inspectAndKeep().stamp == nil)
            try put(list("xx"), task.taskListPath)
            let stamp = try #require(task.inspectAndKeep().stamp)
            #expect(task.listStamp() == stamp)
            try put(list("xxx"), task.taskListPath)
            #expect(task.listStamp() != stamp)
            try FileManager.default.removeItem(atPath: task.taskListPath)
            #expect(task.listStamp() == nil)
        }
    }
}

@Suite struct `A task that begins anew` {
    @Test func `has its directory and its last good copy put away`() throws {
        try withTask { task in
            #expect(try task.archive(stamp: "s") != nil)
            #expect(try !task.exists())
            #expect(try task.archive(stamp: "s") == nil)
            try task.create()
            try put(list("x "), task.taskListPath)
            try put("notes", task.progressPath)
            _ = task.inspectAndKeep()
            let place = try #require(try task.archive(stamp: "s"))
            #expect(place.hasSuffix("/archive/a-s-2"))
            #expect(try String(contentsOfFile: place + "/progress.md", encoding: .utf8) == "notes")
            let copy = try String(
                contentsOfFile: place + "/last_good_task_list.md",
                encoding: .utf8
            )
            #expect(copy == list("x "))
            try task.create()
            #expect(task.inspectAndKeep().state == .missing)
        }
    }

    @Test func `keeps what is left of it where only its directory is gone`() throws {
        try withTask { task in
            try put(list("x "), task.taskListPath)
            _ = task.inspectAndKeep()
            try FileManager.default.removeItem(atPath: task.path)
            // A later look knows nothing of the directory that was.
            let later = task.workspace.taskDirectory(task.name)
            let place = try #require(try later.archive(stamp: "s"))
            #expect(FileManager.default.fileExists(atPath: place + "/last_good_task_list.md"))
            #expect(!FileManager.default.fileExists(atPath: task.goodListPath))
        }
    }
}
