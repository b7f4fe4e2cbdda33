import Autonomous
import FileAccess
import Foundation
import Orchestration
import Synchronization
import TestSupport
import Testing

private typealias Progress = Orchestration.Progress

/// A workspace of its own for a test, removed afterwards.
private func withWorkspace(_ body: (Workspace) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "quire-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(Workspace(root: path))
}

private func put(_ text: String, _ path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

private func contents(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
}

/// A task with a list, and the look at it with which a session begins.
private func withTask(_ body: (TaskDirectory, ChecklistLook) throws -> Void) throws {
    try withWorkspace { workspace in
        let task = try workspace.task("a")
        try task.create()
        try put(good, task.taskListPath)
        try body(task, task.inspectBeforeSession(after: task.inspectAndKeep()).look)
    }
}

extension Workspace {
    fileprivate func task(_ name: String) throws -> TaskDirectory {
        taskDirectory(try TaskName(given: name))
    }
}

private let good = "## Tasks\n- [x] Task 1: one\n- [ ] Task 2: two\n"

@Suite struct `A task directory` {
    @Test func `a directory in no repository is its own workspace`() {
        // Nobody's repository lies around a directory at the root that does not exist.
        #expect(Workspace.containing("/quire-nowhere/a").root == "/quire-nowhere/a")
    }

    @Test func `one begun by hand in the original's format is understood`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("existing")
            try task.create()
            #expect(task.inspectAndKeep().state == .missing)
            try put(good, task.taskListPath)
            try put("# Progress Log\n", task.progressPath)
            try put("550e8400-e29b-41d4-a716-446655440000\n", task.path + "/session.id")
            #expect(task.inspectAndKeep().state == .good(Progress(ticked: 1, total: 2)))
            #expect(try task.hasNotes())
            #expect(try task.savedThread() == "550e8400-e29b-41d4-a716-446655440000")
        }
    }

    @Test(arguments: [
        ("## Tasks\n- [x] Task 1: one\n", "entry 2 is gone"), ("", "no entries"),
        ("## Tasks\n- [x] Task 1: one\n- [ ] Task 2: deux\n", "entry 2 was reworded"),
    ])
    func `a list that a session damaged is told, then put back and the other one kept`(
        text: String,
        words: String
    ) throws {
        try withTask { task, before in
            for isCopyGone in [false, true] {
                // What the session began with is known, whatever it did to the copy.
                if isCopyGone { try FileManager.default.removeItem(atPath: task.goodListPath) }
                try put(text, task.taskListPath)
                let compared = task.compare(since: before, most: nil)
                guard case .damaged(let found) = compared.state else {
                    Issue.record("the damage was accepted")
                    return
                }
                #expect(found.contains("invalid task_list.md") && found.contains(words))
                #expect(found.contains("cp '\(task.goodListPath)' '\(task.taskListPath)'"))
                let restored = task.restore(since: before, compared: compared, most: nil)
                #expect(restored.state == .good(Progress(ticked: 1, total: 2)))
                #expect(restored.incident?.words.contains(words) == true)
                #expect(restored.incident?.isTampering == true)
                #expect(restored.incident?.place.map(contents) == text)
                #expect(contents(task.taskListPath) == good && contents(task.goodListPath) == good)
                #expect(task.inspectAndKeep(after: restored.settled).incident == nil)
            }
        }
    }

    @Test(arguments: [
        "rm task_list.md", "rm task_list.md && mkfifo task_list.md",
        "mv task_list.md ../list && ln -s ../list task_list.md",
    ])
    func `a list that a session replaced by something else is put back`(change: String) throws {
        try withTask { task, before in
            let outcome = try Program("/bin/sh", ["-c", change], in: task.path).run()
            #expect(outcome.status == 0, "\(outcome.error)")
            let compared = task.compare(since: before, most: nil)
            #expect(compared.isTampered)
            let restored = task.restore(since: before, compared: compared, most: nil)
            #expect(restored.state == before.state && restored.incident?.isTampering == true)
            #expect(contents(task.taskListPath) == good)
        }
    }

    @Test func `a list that a directory has taken the place of is damage`() throws {
        try withTask { task, before in
            try FileManager.default.removeItem(atPath: task.taskListPath)
            try FileManager.default.createDirectory(
                atPath: task.taskListPath,
                withIntermediateDirectories: false
            )
            let compared = task.compare(since: before, most: nil)
            guard
                case .damaged(let words) = task.restore(
                    since: before,
                    compared: compared,
                    most: nil
                )
                .state
            else {
                Issue.record("a directory was accepted")
                return
            }
            #expect(words.contains(task.taskListPath))
            #expect(contents(task.goodListPath) == good)
        }
    }

    @Test func `what changes after a session's list was compared is found, and put back`() throws {
        try withTask { task, before in
            let ticked = good.replacing("[ ]", with: "[x]")
            try put(ticked, task.taskListPath)
            let compared = task.compare(since: before, most: nil)
            #expect(compared.state == .good(Progress(ticked: 2, total: 2)))
            #expect(task.restore(since: before, compared: compared, most: nil) == compared)
            try put("## Tasks\n- [x] Task 2: two\n", task.taskListPath)
            let restored = task.restore(since: before, compared: compared, most: nil)
            #expect(restored.state == compared.state && restored.incident != nil)
            #expect(contents(task.taskListPath) == ticked)
        }
    }

    @Test func `the session of a dead Quire is held to the copy`() throws {
        try withTask { task, _ in
            try put("## Tasks\n- [x] Task 2: two\n", task.taskListPath)
            let later = task.workspace.taskDirectory(task.name)
            let restored = later.restore(since: nil, most: nil)
            #expect(restored.state == .good(Progress(ticked: 2, total: 2)))
            #expect(restored.incident?.words == "entry 1 is gone: entry 2 stands in its place")
            #expect(contents(task.taskListPath) == good.replacing("[ ]", with: "[x]"))
            #expect(later.restore(since: nil, most: nil).incident == nil)
        }
    }

    @Test func `what a person changes between sessions counts, while work is left`() throws {
        try withTask { task, before in
            let other = "## Tasks\n- [x] Task 2: zwei\n- [ ] Task 7: seven\n"
            try put(other, task.taskListPath)
            let (look, news) = task.inspectBeforeSession(after: before.settled)
            #expect(look.state == .good(Progress(ticked: 1, total: 2)))
            #expect(news == "entry 1 is gone: entry 2 stands in its place")
            #expect(contents(task.goodListPath) == other)
            // Afterwards it is what the session is held to.
            try put(good, task.taskListPath)
            let restored = task.restore(since: look, most: nil)
            #expect(restored.state == look.state && contents(task.taskListPath) == other)
            // Half of a list, as an editor may leave it for a moment, is none.
            try put("## Tas", task.taskListPath)
            let third = task.inspectBeforeSession(after: restored.settled)
            #expect(third.look == restored.settled && third.news == nil)
            #expect(task.restore(since: third.look, most: nil).state == look.state)
            #expect(contents(task.taskListPath) == other)
        }
    }

    @Test func `an initializer's list is accepted as it is, and kept`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            let before = task.inspectBeforeSession(after: task.inspectAndKeep()).look
            #expect(before.state == .missing)
            try put(good, task.taskListPath)
            let compared = task.compare(since: before, most: 1)
            let restored = task.restore(since: before, compared: compared, most: 1)
            #expect(
                restored.state == .good(Progress(ticked: 1, total: 2)) && restored.incident == nil
            )
            #expect(contents(task.goodListPath) == good)
        }
    }

    @Test func `a look after another finds what changed in between`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            try put(good, task.taskListPath)
            let first = task.inspectAndKeep()
            #expect(task.inspectAndKeep(after: first) == first)
            try put(good.replacingOccurrences(of: "[ ]", with: "[x]"), task.taskListPath)
            let second = task.inspectAndKeep(after: first)
            #expect(second.state == .good(Progress(ticked: 2, total: 2)))
            try put("## Tasks\n- [x] Task 1: one\n", task.taskListPath)
            let third = task.inspectAndKeep(after: second)
            guard case .damaged = third.state else {
                Issue.record("the damage was not seen")
                return
            }
            #expect(task.inspectAndKeep(after: third).state == third.state)
            try FileManager.default.removeItem(atPath: task.taskListPath)
            guard case .damaged = task.inspectAndKeep(after: second).state else {
                Issue.record("the loss was not seen")
                return
            }
        }
    }

    @Test func `a list that is changed in place and gets its old times is read anew`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            try put(good, task.taskListPath)
            var status = stat()
            // Until its file is old enough to vouch for what it holds.
            let isOld = eventually {
                lstat(task.taskListPath, &status) == 0 && FileStamp(status) != nil
            }
            #expect(isOld)
            let first = task.inspectAndKeep()
            #expect(task.inspectAndKeep(after: first) == first)
            let file = open(task.taskListPath, O_WRONLY)
            defer { close(file) }
            let ticked = Array(good.replacingOccurrences(of: "[ ]", with: "[x]").utf8)
            #expect(pwrite(file, ticked, ticked.count, 0) == good.utf8.count)
            #expect(futimens(file, [status.st_atim, status.st_mtim]) == 0)
            let second = task.inspectAndKeep(after: first)
            #expect(second.state == .good(Progress(ticked: 2, total: 2)))
        }
    }

    @Test func `a list that is gone after there was one is damage`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            try put(good, task.taskListPath)
            _ = task.inspectAndKeep()
            try FileManager.default.removeItem(atPath: task.taskListPath)
            guard case .damaged(let words) = task.inspectAndKeep().state else {
                Issue.record("the damage was accepted")
                return
            }
            #expect(words.contains("it is gone"))
        }
    }

    @Test func `a list that is a link or a directory is damage`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            try put(good, workspace.root + "/elsewhere.md")
            try FileManager.default.createSymbolicLink(
                atPath: task.taskListPath,
                withDestinationPath: workspace.root + "/elsewhere.md"
            )
            guard case .damaged(let words) = task.inspectAndKeep().state else {
                Issue.record("a link was accepted")
                return
            }
            #expect(words.contains("is a link to") && words.contains(task.taskListPath))
        }
    }

    @Test func `a thread's id is replaced whole and nothing is left beside it`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            try task.saveThread("first")
            try task.saveThread("second")
            #expect(
                try String(contentsOfFile: task.path + "/session.id", encoding: .utf8) == "second\n"
            )
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: task.path) == ["session.id"]
            )
        }
    }

    @Test(arguments: ["", "--last", "../other", "two words", "a\nb"])
    func `what is no thread's id is not saved`(id: String) throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            let error = #expect(throws: FileError.self) { try task.saveThread(id) }
            #expect(error?.description.contains("is no thread's id") == true)
            #expect(try task.savedThread() == nil)
        }
    }

    @Test(arguments: ["", "\n", "two words\n", "--flag\n", "a\u{1B}[31m\n", "a/b\n"])
    func `an id that can't be one is none`(text: String) throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            try put(text, task.path + "/session.id")
            #expect(try task.savedThread() == nil)
            if text.contains(where: { !$0.isWhitespace }) {
                guard case .other(let words) = try task.thread() else {
                    Issue.record("it is not told")
                    return
                }
                #expect(
                    words.contains(task.path + "/session.id")
                        && words.utf8.allSatisfy { $0 >= 0x20 }
                )
            }
        }
    }

    @Test func `a file in the directory's place is refused`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try FileManager.default.createDirectory(
                atPath: workspace.autonomousDirectory,
                withIntermediateDirectories: true
            )
            try put("x", task.path)
            let error = #expect(throws: FileError.self) { try task.create() }
            #expect(error?.description.contains("is a file, not a directory; move it away") == true)
        }
    }

    @Test(arguments: ["/usr", "kept", "nowhere"])
    func `a link in the directory's place is refused, wherever it leads`(target: String) throws {
        try withWorkspace { workspace in
            for path in [workspace.autonomousDirectory, workspace.root + "/kept"] {
                try FileManager.default.createDirectory(
                    atPath: path,
                    withIntermediateDirectories: true
                )
            }
            let task = try workspace.task("a")
            try FileManager.default.createSymbolicLink(
                atPath: task.path,
                withDestinationPath: target.hasPrefix("/") ? target : "\(workspace.root)/\(target)"
            )
            let error = #expect(throws: FileError.self) { try task.create() }
            #expect(error?.description.contains("\"\(task.path)\" is a link to") == true)
        }
    }

    @Test func `tasks are listed, the most recent one is found, files are ignored`() throws {
        try withWorkspace { workspace in
            for (name, age) in [("a", 30.0), ("b", 60), ("no-list", 0)] {
                let task = try workspace.task(name)
                try task.create()
                if name != "no-list" { try put(good, task.taskListPath) }
                for path in [task.taskListPath, task.path]
                where FileManager.default.fileExists(atPath: path) {
                    try FileManager.default.setAttributes(
                        [.modificationDate: Date(timeIntervalSinceNow: -age)],
                        ofItemAtPath: path
                    )
                }
            }
            try put("", workspace.autonomousDirectory + "/zzz-file")
            #expect(try workspace.tasks().map(\.name.description) == ["a", "b", "no-list"])
            #expect(try workspace.mostRecentTask()?.name.description == "a")
        }
    }
}

@Suite struct `A task's lock` {
    @Test func `a living owner is named, and its lock is its own to give up`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            #expect(try task.acquireLock() == .fresh)
            let error = #expect(throws: LockError.self) { try task.acquireLock() }
            #expect(
                error?.description.contains("'a' is already running (pid: \(getpid()))") == true
            )
            task.releaseLock()
            #expect(try task.acquireLock() == .fresh)
            task.releaseLock()
            #expect(try FileManager.default.contentsOfDirectory(atPath: task.path) == [])
        }
    }

    // No Linux has processes with numbers above 4194304.
    @Test(
        arguments: [("4194305\n", nil), ("garbage", nil), ("1\n", "12345678901")]
            as [(String, String?)]
    )
    func `a dead owner's lock is taken over`(pid: String, start: String?) throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            let lock = task.path + "/.runner.lock"
            try FileManager.default.createDirectory(atPath: lock, withIntermediateDirectories: true)
            try put(pid, lock + "/pid")
            if let start {
                let host = ProcessInfo.processInfo.hostName
                try put("-\n\(pid)\(start)\n\(host)\n2026-01-01 00:00:00\na\n", lock + "/owner")
            }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -60)],
                ofItemAtPath: lock
            )
            let owner = Int32(pid.trimmingCharacters(in: .newlines))
            #expect(try task.acquireLock() == .tookOver(owner: owner))
            #expect(try String(contentsOfFile: lock + "/pid", encoding: .utf8) == "\(getpid())\n")
        }
    }

    @Test func `an owner is as alive as the file that it holds locked`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            func takeWhileHeld() throws {
                let held = try OwnerLock(
                    "held",
                    in: Directory(following: workspace.root),
                    work: "w"
                )
                #expect(try task.acquireLock(as: held.mark) == .fresh)
                let error = #expect(throws: LockError.self) { try task.acquireLock() }
                #expect(error?.description.contains(" since 20") == true)
            }
            try takeWhileHeld()
            // Its process lives; that it let the file go says that it is not the owner any more.
            #expect(try task.acquireLock() == .tookOver(owner: getpid()))
            task.releaseLock()
        }
    }

    @Test func `a locked file that was removed, or replaced, leaves its owner alive`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            let path = workspace.root + "/held"
            let held = try OwnerLock("held", in: Directory(following: workspace.root), work: "w")
            #expect(try task.acquireLock(as: held.mark) == .fresh)
            unlink(path)
            #expect(throws: LockError.self) { try task.acquireLock() }
            do {
                let other = try OwnerLock(
                    "held",
                    in: Directory(following: workspace.root),
                    work: "other"
                )
                #expect(throws: LockError.self) { try task.acquireLock(as: other.mark) }
            }
            #expect(throws: LockError.self) { try task.acquireLock() }
        }
    }

    @Test func `a locked file that no longer says who its owner is has a living one`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try task.create()
            let path = workspace.root + "/held"
            let held = try OwnerLock("held", in: Directory(following: workspace.root), work: "w")
            #expect(try task.acquireLock(as: held.mark) == .fresh)
            for words in ["", "12:00:00 t: session 1 starts\n"] {
                try put(words, path)
                #expect(throws: LockError.self) { try task.acquireLock() }
            }
        }
    }

    @Test func `a lock of another machine is respected, however old`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            let lock = task.path + "/.runner.lock"
            try FileManager.default.createDirectory(atPath: lock, withIntermediateDirectories: true)
            try put("4194305\n", lock + "/pid")
            try put("-\n4194305\n7\nelsewhere\n2020-01-01 00:00:00\na\n", lock + "/owner")
            let error = #expect(throws: LockError.self) { try task.acquireLock() }
            #expect(error?.description.contains("on elsewhere since 2020") == true)
        }
    }

    @Test func `of many that try at once one gets it`() throws {
        try withWorkspace { workspace in
            let task = try workspace.task("a")
            try FileManager.default.createDirectory(
                atPath: task.path + "/.runner.lock",
                withIntermediateDirectories: true
            )
            try put("4194305\n", task.path + "/.runner.lock/pid")
            let winners = Winners()
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                if (try? task.acquireLock()) != nil { winners.add() }
            }
            #expect(winners.count == 1)
        }
    }
}

private final class Winners: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func add() { value.withLock { $0 += 1 } }
}

@Suite struct `Prompts` {
    @Test(arguments: ["initializer", "executor"])
    func `the embedded templates are those of config`(name: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appending(path: "config/prompts/\(name).md"),
            encoding: .utf8
        )
        let embedded = PromptTemplates.embedded
        #expect((name == "executor" ? embedded.executor : embedded.initializer) == text)
    }

    @Test func `an initializer's prompt says what the task is`() {
        let brief = SessionBrief(
            role: .initializer,
            description: "Port it.",
            name: "port",
            directory: "/w/.autonomous/port",
            progress: nil
        )
        let prompt = PromptTemplates.embedded.prompt(for: brief)
        #expect(
            prompt.hasPrefix(
                "Task: Port it.\nTask Name: port\nTask Directory: /w/.autonomous/port\n\n"
                    + "You are the Initializer Agent.\n"
            )
        )
        #expect(prompt.contains("/w/.autonomous/port/task_list.md"))
        #expect(!prompt.contains("{task_dir}"))
    }

    @Test(arguments: [
        (Company.none, ""), (.ownTree, "You work alone in this tree"),
        (.others, "Other agents work in this tree now"),
    ])
    func `a prompt says in which company an agent works, unless it is alone`(
        company: Company,
        words: String
    ) {
        let brief = SessionBrief(
            role: .executor,
            description: "",
            name: "port",
            directory: "/d",
            progress: nil,
            company: company
        )
        let prompt = PromptTemplates(initializer: "", executor: "{task_name}").prompt(for: brief)
        let start = "Task Name: port\nTask Directory: /d\n\nYou are the Executor Agent.\n\n"
        #expect(prompt.hasPrefix(start + words) && prompt.hasSuffix("\n\nport"))
        #expect((prompt == start + "port") == (company == .none))
    }

    @Test func `an executor's prompt says how far the task has come`() {
        let brief = SessionBrief(
            role: .executor,
            description: "",
            name: "port",
            directory: "/d",
            progress: Progress(ticked: 3, total: 25)
        )
        let prompt = PromptTemplates(initializer: "", executor: "{x} {task_name}").prompt(
            for: brief
        )
        #expect(
            prompt == "Task Name: port\nTask Directory: /d\nCurrent Progress: 3/25\n\n"
                + "You are the Executor Agent.\n\n{x} port"
        )
    }
}
