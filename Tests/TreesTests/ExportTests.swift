import FileAccess
import Foundation
import Orchestration
import TestSupport
import Testing

@testable import Trees

@Suite struct `Patches of tasks` {
    private func place(_ fixture: GitFixture) throws -> Directory {
        try #require(try Directory.open(fixture.root + "/.autonomous/out", made: true))
    }

    private func export(
        _ fixture: GitFixture,
        _ task: String,
        isSingle: Bool = false
    ) throws -> ExportResult {
        let record = try #require(try fixture.trees().record(of: task))
        let repository = try Repository.around(fixture.root, fixture.git)
        let export = PatchExport(into: try place(fixture), isSingle: isSingle, fixture.git)
        let result = try export.write(record, of: repository)
        #expect(try export.writeSeries([task]) == nil)
        return result
    }

    /// Makes a tree and two commits, of what is hard to say in a patch.
    private func work(_ fixture: GitFixture) throws -> TaskTree {
        let trees = try fixture.trees()
        let tree = try trees.tree(for: fixture.request("port"))
        try fixture.write("a\r\nb\r\n", "crlf", in: tree.directory)
        try fixture.write("no newline", "end", in: tree.directory)
        try Data([0, 1, 2, 255, 10, 0]).write(to: URL(filePath: tree.directory + "/binary"))
        try Data([0x63, 0xE9, 10]).write(to: URL(filePath: tree.directory + "/latin"))
        _ = try trees.checkpoint(
            "port",
            CheckpointRequest(subject: "port: 1", body: ["Session: 1"])
        )
        try fixture.write("a\r\nc\r\n", "crlf", in: tree.directory)
        try fixture.write("x", "nämé with \"quotes\"\nand more", in: tree.directory)
        try FileManager.default.removeItem(atPath: tree.directory + "/inner/b.txt")
        try FileManager.default.createSymbolicLink(
            atPath: tree.directory + "/link",
            withDestinationPath: "crlf"
        )
        chmod(tree.directory + "/a.txt", 0o755)
        _ = try trees.checkpoint(
            "port",
            CheckpointRequest(subject: "port: 2", body: ["Session: 2"])
        )
        return tree
    }

    /// Applies the patches in a clone, and returns the tree that they lead to.
    private func applied(_ fixture: GitFixture, _ task: String) throws -> String {
        let clone = fixture.root + "/.autonomous/clone"
        try? FileManager.default.removeItem(atPath: clone)
        try fixture.run("clone", "--quiet", "--branch", "main", ".", clone)
        let patches = try place(fixture).directory(task)?.names().filter { $0.hasSuffix(".patch") }
        for patch in patches ?? [] {
            try fixture.run(
                in: clone,
                "am",
                "--quiet",
                "--3way",
                "--keep-cr",
                try place(fixture).path + "/\(task)/\(patch)"
            )
        }
        return try fixture.run(in: clone, "rev-parse", "HEAD^{tree}")
    }

    /// Settings of a person that change what git writes.
    private static let settings = [
        ["diff.noprefix", "true"], ["diff.renames", "copies"], ["format.attach", "x"],
        ["format.signature", "me"], ["format.coverLetter", "true"], ["format.numbered", "true"],
        ["diff.submodule", "log"], ["core.quotePath", "false"], ["color.ui", "always"],
        ["format.useAutoBase", "true"], ["format.headers", "X-Mine: 1\n"], ["diff.context", "0"],
        ["format.suffix", ".txt"], ["core.autocrlf", "false"],
    ]

    @Test(arguments: [false, true])
    func `bring every byte, whatever the person's settings are`(isSingle: Bool) throws {
        try GitFixture.with { fixture in
            for setting in Self.settings { try fixture.run("config", setting[0], setting[1]) }
            let tree = try work(fixture)
            #expect(
                try export(fixture, "port", isSingle: isSingle)
                    == .written(isSingle ? 1 : 2, note: nil)
            )
            let names = try #require(try place(fixture).directory("port")?.names())
            #expect(names.count == (isSingle ? 2 : 3))
            for name in names { #expect(name.allSatisfy { $0.isASCII && $0 != " " }, "\(name)") }
            for setting in Self.settings { try fixture.run("config", "--unset", setting[0]) }
            #expect(
                try applied(fixture, "port")
                    == fixture.run(in: tree.directory, "rev-parse", "HEAD^{tree}")
            )
            let series = text(try place(fixture).path + "/series").split(separator: "\n")
            #expect(series.allSatisfy { $0.hasPrefix("port/000") && $0.hasSuffix(".patch") })
            #expect(series.count == names.count - 1)
            // Nothing is left beside, and nothing of the person's has changed.
            #expect(try place(fixture).names() == [".quire-export", "port", "series"])
            #expect(try fixture.run("status", "--porcelain") == "")
        }
    }

    @Test func `are one where the commits are no plain series`() throws {
        try GitFixture.with { fixture in
            let tree = try work(fixture)
            try fixture.write("two\n", "main.txt")
            try fixture.commitAll("main goes on")
            try fixture.run(in: tree.directory, "merge", "--quiet", "--no-edit", "main")
            try fixture.write("after\n", "after.txt", in: tree.directory)
            _ = try fixture.trees().checkpoint("port", CheckpointRequest(subject: "port: 3"))
            guard case .written(1, note: let note?) = try export(fixture, "port") else {
                return #expect(Bool(false))
            }
            #expect(note.contains("merges"))
        }
    }

    @Test func `replace what an earlier export wrote, and nothing else`() throws {
        try GitFixture.with { fixture in
            let tree = try work(fixture)
            let path = try place(fixture).path
            try put("mine", path + "/port")
            guard case .leftOut(let words) = try export(fixture, "port") else {
                return #expect(Bool(false))
            }
            #expect(words.contains("not Quire's"))
            #expect(text(path + "/port") == "mine")
            try FileManager.default.removeItem(atPath: path + "/port")
            // What a killed export has left is in nobody's way.
            try put("half", path + "/.quire-port.new/0001-half.patch")
            _ = try export(fixture, "port")
            try fixture.write("three", "c.txt", in: tree.directory)
            _ = try fixture.trees().checkpoint("port", CheckpointRequest(subject: "port: 3"))
            #expect(try export(fixture, "port") == .written(3, note: nil))
            try put("my notes", path + "/port/notes.txt")
            guard case .leftOut(let notes) = try export(fixture, "port") else {
                return #expect(Bool(false))
            }
            #expect(notes.contains("notes.txt"))
            try FileManager.default.removeItem(atPath: path + "/port/notes.txt")
            try put("edited", path + "/port/0003-port-3.patch")
            guard case .leftOut = try export(fixture, "port") else { return #expect(Bool(false)) }
            #expect(text(path + "/port/0003-port-3.patch") == "edited")
        }
    }

    @Test func `are none of a task that has changed nothing`() throws {
        try GitFixture.with { fixture in
            _ = try fixture.trees().tree(for: fixture.request("port"))
            #expect(try export(fixture, "port") == .unchanged)
        }
    }

    @Test func `tell which others a task builds on, unless they are there or have none`() throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let needs = ["base": [], "idle": ["base"], "top": ["idle"]]
            for task in ["base", "idle", "top"] {
                let tree = try trees.tree(for: fixture.request(task, needs: needs[task] ?? []))
                guard task != "idle" else { continue }
                try fixture.write(task, "\(task).txt", in: tree.directory)
                _ = try trees.checkpoint(task, CheckpointRequest(subject: "\(task): 1"))
            }
            let all = try trees.records.all()
            let top = try #require(all.first { $0.task == "top" })
            let export = PatchExport(into: try place(fixture), isSingle: false, fixture.git)
            let repository = try Repository.around(fixture.root, fixture.git)
            _ = try export.write(top, of: repository)
            #expect(try export.missing(for: top, among: all) == ["base"])
            let base = try #require(all.first { $0.task == "base" })
            _ = try export.write(base, of: repository)
            #expect(try export.missing(for: top, among: all) == [])
        }
    }

    @Test(arguments: [(0o666, 0o644), (0o600, 0o600), (0o777, 0o644)] as [(mode_t, mode_t)])
    func `are writable by their owner alone`(made: mode_t, left: mode_t) throws {
        try GitFixture.with { fixture in
            let place = try place(fixture)
            try put("patch", place.path + "/x.patch")
            try #require(chmod(place.path + "/x.patch", made) == 0)
            try place.restrict("x.patch", to: 0o644)
            #expect(place.status(of: "x.patch").map { $0.st_mode & 0o7777 } == left)
        }
    }

    // MARK: - What one session changed

    @Test func `of one session are those of its checkpoint, and of its agent's own commits`() throws
    {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port"))
            func session(_ number: Int) throws -> String {
                try fixture.write("\(number)", "\(number).txt", in: tree.directory)
                return try #require(
                    try trees.checkpoint(
                        "port",
                        CheckpointRequest(subject: "any words", body: ["Session: \(number)"])
                    ).commit
                )
            }
            let first = try session(1)
            try fixture.write("own", "own.txt", in: tree.directory)
            try fixture.commitAll("the agent's own", in: tree.directory)
            let second = try session(2)
            let record = try #require(try trees.record(of: "port"))
            let commits = try SessionCommits(of: record, fixture.git)
            #expect(commits.sessions == [1, 2])
            #expect(commits.range(of: 1) == "\(record.base)..\(first)")
            #expect(commits.range(of: 2) == "\(first)..\(second)")
            #expect(commits.range(of: 3) == nil)
        }
    }

    /// Whoever commits last leaves nothing for a checkpoint; and a person commits between two sessions.
    @Test func `of one session are what its agent committed last, and not what a person did`()
        throws
    {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            func session(_ number: Int, _ work: (String) throws -> Void) throws -> Checkpoint {
                let tree = try trees.tree(for: fixture.request("port"))
                try work(tree.directory)
                var request = CheckpointRequest(
                    subject: "any words",
                    body: ["\(SessionCommits.label)\(number)"]
                )
                request.session = number
                return try trees.checkpoint("port", request)
            }
            func own(_ name: String, in directory: String) throws {
                try fixture.write(name, name, in: directory)
                try fixture.commitAll(name, in: directory)
            }
            let first = try session(1) { directory in
                try own("one.txt", in: directory)
                try own("two.txt", in: directory)
            }
            #expect(first.commit == nil && first.changes?.files == 2)
            _ = try session(2) { try fixture.write("3", "three.txt", in: $0) }
            try own("person.txt", in: fixture.path("port"))
            _ = try session(3) { try own("four.txt", in: $0) }
            #expect(try session(4) { _ in }.commit == nil)

            let record = try #require(try trees.record(of: "port"))
            let commits = try SessionCommits(of: record, fixture.git)
            #expect(commits.sessions == [1, 2, 3])
            for (number, files) in [(1, "one.txt\ntwo.txt"), (2, "three.txt"), (3, "four.txt")] {
                let range = try #require(commits.range(of: number))
                #expect(try fixture.run("diff", "--name-only", range) == files, "\(number)")
            }
        }
    }
}
