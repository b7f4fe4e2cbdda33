import Foundation
import Orchestration
import TestSupport
import Testing

@testable import Autonomous
@testable import FileAccess

private typealias Progress = Orchestration.Progress

@Suite struct `A list that is known` {
    private static let text = "## Tasks\n- [x] Task 1: one\n- [ ] Task 2: two\n"
    /// No list's true progress, so that it shows when the list was not read.
    private static let known = Progress(ticked: 5, total: 9)

    /// A workspace with the task "a", which is removed afterwards, and what is known of its list.
    private func withTask(_ body: (_ root: String, KnownLists) throws -> Void) throws {
        let root = NSTemporaryDirectory() + "quire-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let task = try task("a", in: root)
        try task.create()
        try Self.text.write(toFile: task.taskListPath, atomically: false, encoding: .utf8)
        var known = KnownLists()
        known.add("a", stamp: try #require(task.fileStamp()), Self.known)
        try body(root, known)
    }

    /// A task's directory as another process opens it.
    private func task(_ name: String, in root: String) throws -> TaskDirectory {
        Workspace(root: root).taskDirectory(try TaskName(given: name))
    }

    @Test func `is not read while its file is the same`() throws {
        try withTask { root, known in
            for _ in 0..<2 {
                let found = try task("a", in: root).checklistAsItLies(knowing: known)
                #expect(found == .good(Self.known))
            }
            let listed = try Workspace(root: root).tasks(knowing: known)
            #expect(listed.map(\.checklist) == [.good(Self.known)])
            let unknown = try task("a", in: root).checklistAsItLies()
            #expect(unknown == .good(Progress(ticked: 1, total: 2)))
        }
    }

    @Test(arguments: [
        "echo '- [ ] Task 3: more' >> task_list.md",
        "sed -i 's/x. Task 1/ ] Task 1/' task_list.md",
        "cp -p task_list.md new && mv new task_list.md",
        "touch -d 2001-01-01 task_list.md",
        "touch -r task_list.md then && printf '## Tasks\n- [ ] Task 1: one\n' > task_list.md "
            + "&& touch -r then task_list.md",
        "chmod 600 task_list.md",
        "mv task_list.md ../list && ln -s ../list task_list.md",
        "mv ../a ../b && ln -s b ../a",
        "mkdir ../b && cp -p task_list.md ../b && mv ../a ../c && mv ../b ../a",
        "rm task_list.md",
        "rm task_list.md && mkdir task_list.md",
        "rm -r ../a",
    ])
    func `is read as soon as anything changed`(change: String) throws {
        try withTask { root, known in
            let directory = root + "/.autonomous/a"
            let outcome = try Program("/bin/sh", ["-c", change], in: directory).run()
            #expect(outcome.status == 0, "\(outcome.error)")
            let found = try task("a", in: root).checklistAsItLies(knowing: known)
            #expect(found != .good(Self.known))
            #expect(found == (try task("a", in: root).checklistAsItLies()))
        }
    }

    @Test func `is not another task's that has its file`() throws {
        try withTask { root, known in
            let (old, new) = (root + "/.autonomous/a", root + "/.autonomous/b")
            try FileManager.default.moveItem(atPath: old, toPath: new)
            let found = try task("b", in: root).checklistAsItLies(knowing: known)
            #expect(found == .good(Progress(ticked: 1, total: 2)))
        }
    }

    @Test func `has a stamp once its file is old enough to prove anything`() throws {
        try withTask { root, _ in
            let task = try task("a", in: root)
            var look = task.inspectAndKeep()
            let hasStamp = eventually {
                if look.listFile == nil { look = task.inspectAndKeep(after: look) }
                return look.listFile != nil
            }
            #expect(hasStamp)
            #expect(look.listFile == task.fileStamp())
            try FileManager.default.removeItem(atPath: task.taskListPath)
            #expect(task.inspectAndKeep(after: look).listFile == nil)
        }
    }

    @Test func `is not proved by a time that may come again`() {
        func stamp(_ age: Int, _ nanoseconds: Int = 5, isLocal: Bool) -> FileStamp? {
            var status = stat()
            status.st_ctim = timespec(tv_sec: time(nil) - age, tv_nsec: nanoseconds)
            return FileStamp(status, isLocal: isLocal)
        }
        for isLocal in [true, false] {
            #expect(stamp(-1000, isLocal: isLocal) == nil)
            #expect(stamp(1000, isLocal: isLocal) != nil && stamp(1000, 0, isLocal: isLocal) != nil)
        }
        #expect(stamp(2, isLocal: true) != nil)
        var changed = stat()
        (changed.st_ctim.tv_sec, changed.st_mtim.tv_sec) = (1, time(nil) + 1000)
        #expect(FileStamp(changed) == nil)
    }

    /// Returns the stamp of the list's file that the end of a task tells.
    private func listFile(of stamp: String) -> String? {
        TaskEnded(task: "a", outcome: .complete, reason: "", sessions: 1, list: stamp).listFile
    }

    @Test func `is the first file of a complete list's stamp`() throws {
        try withTask { root, _ in
            let task = try task("a", in: root)
            let stamp = try #require(task.listStamp())
            #expect(listFile(of: stamp) == task.fileStamp())
            try task.save(prompt: "p")
            #expect(listFile(of: try #require(task.listStamp())) == task.fileStamp())
        }
    }

    @Test(arguments: [
        ("1 2 3.4 5.6 without prompt ab", "1 2 3.4 5.6"),
        ("1 2 3.0 5.60 7 8 9.1 2.3", "1 2 3.0 5.60"),
        ("1 2 3.4 5.0 without prompt", nil), ("1 2 3.4", nil), ("1 2 3.4 word", nil), ("", nil),
    ])
    func `is proved by times that are exact alone`(stamp: String, first: String?) {
        #expect(listFile(of: stamp) == first)
    }
}

@Test(
    arguments: [
        (0xFE00, "ext4"), (0x15, "proc"), (0x103, "nfs4"), (0x10_0303, nil), (7, nil),
        (1 << 32 | 0x103, nil),
    ] as [(UInt64, String?)]
)
func `a directory's file system is found by its number`(device: UInt64, type: String?) {
    let mounts = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
        28 1 1:3 / /a\\040- rw - nfs4 host:/ rw
        29 1 3:259 / /b rw -
        30 1
        """
    #expect(Directory.fileSystem(of: device, in: mounts) == type)
}

@Test func `directories of this machine are told from the kernel's`() throws {
    #expect(try !Directory(following: "/proc").isLocal)
    #expect(try Directory(following: NSTemporaryDirectory()).isLocal)
}
