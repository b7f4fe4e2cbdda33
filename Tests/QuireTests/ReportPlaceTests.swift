import Foundation
import TestSupport
import Testing

@Suite struct `A file that a report goes to` {
    @Test(arguments: ["--junit", "--markdown", "--events"])
    func `is a new one, an empty one, or an earlier report`(option: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let path = run.root + "/out/report"
            for _ in 0..<2 {
                let outcome = try run.quire(["run", "m.yaml", option, path])
                #expect(outcome.status == 0, "\(outcome.error)")
                #expect(!text(path).isEmpty)
            }
            try put("", path)
            #expect(try run.quire(["run", "m.yaml", option, path]).status == 0)
            #expect(!text(path).isEmpty)
        }
    }

    @Test(arguments: ["--junit", "--markdown", "--events"])
    func `is never a manifest, a file of the state, or anything of others'`(
        option: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            try put("<html>mine</html>", run.root + "/mine")
            try put("{\"mine\":1}\n", run.root + "/mine.json")
            try put("# Mine\n", run.root + "/mine.md")
            #expect(try shell("ln -s m.yaml link", in: run.root).status == 0)
            let files = [
                "m.yaml", "link", "mine", "mine.json", "mine.md", ".autonomous/t/task_list.md",
                ".autonomous/t/session.log", ".autonomous/t/new", ".autonomous/.quire/quire.db",
                ".autonomous/.quire/quire.db-wal", ".autonomous/.quire/new",
                ".autonomous/.quire/lists/t.md", ".autonomous/.gitignore",
            ]
            for file in files {
                let path = run.root + "/" + file
                let before = FileManager.default.contents(atPath: path)
                let outcome = try run.quire(["run", "m.yaml", option, file])
                #expect(outcome.status == 69, "\(file): \(outcome.error)")
                #expect(outcome.error.contains("\(option): \(run.root)/"), "\(outcome.error)")
                #expect(FileManager.default.contents(atPath: path) == before, "\(file)")
            }
        }
    }

    @Test func `has no name that is too long, and the state's place is no way out`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let name = String(repeating: "n", count: 300)
            let outcome = try run.quire(["run", "m.yaml", "--junit", name])
            #expect(outcome.status == 69, "\(outcome.error)")
            #expect(outcome.error.contains("its name is too long; name another file"))
            #expect(!outcome.error.contains("--state-dir"), "\(outcome.error)")
        }
    }

    @Test(arguments: ["--junit", "--markdown", "--events"])
    func `may be a descriptor, a device or a pipe that was named on purpose`(
        option: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let quire = "\(Program.built("quire")) run m.yaml --progress none \(option)"
            for words in ["-", "/dev/stdout", "/dev/fd/1"] {
                let outcome = try shell("\(quire) \(words) > out; cat out", in: run.root)
                #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(words)")
            }
            #expect(try shell("\(quire) /dev/null", in: run.root).status == 0)
            #expect(
                try shell("\(quire) /dev/full", in: run.root).status != 0 || option == "--events"
            )
            let read = try shell(
                "rm -rf .autonomous; mkfifo p; cat p > out & \(quire) p && wait && cat out",
                in: run.root
            )
            #expect(read.status == 0 && !read.output.isEmpty, "\(read.error)")
        }
    }

    @Test(arguments: [
        ["--junit", "r", "--markdown", "./r"], ["--junit", "j", "--events", "./j"],
        ["--markdown", "d/../m", "--events", "m"], ["--junit", "link", "--markdown", "r"],
        ["--junit", "-", "--markdown", "-"], ["--events", "-", "--junit", "/dev/stdout"],
        ["--junit", "/dev/fd/1", "--events", "-"], ["--junit", "pipe", "--events", "./pipe"],
    ])
    func `is not another report's, too, and that is told at the start`(options: [String]) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try shell("mkdir d; ln -s r link; mkfifo pipe", in: run.root).status == 0)
            let outcome = try run.quire(["run", "m.yaml"] + options)
            #expect(outcome.status == 64, "\(outcome.error)")
            #expect(outcome.error.contains("name the same file"), "\(outcome.error)")
            #expect(!FileManager.default.fileExists(atPath: run.task("t")))
        }
    }

    @Test(arguments: ["--junit", "--markdown", "--events"])
    func `has standard output for itself where it goes there, and a reader that leaves is told`(
        option: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let outcome = try run.quire(["run", "m.yaml", option, "-"])
            let first = ["--junit": "<?xml ", "--markdown": "### ", "--events": "{"]
            #expect(outcome.output.hasPrefix(first[option] ?? "?"), "\(outcome.output)")
            #expect(!outcome.output.contains("session 1 starts"))
            #expect(outcome.error.contains("t: session 1 starts"), "\(outcome.error)")
            #expect(outcome.error.contains("1 task: 1 complete"))
            // The pipe's only reader has gone before anything is written.
            let left = try shell(
                """
                rm -rf .autonomous; mkfifo p; exec 3<> p 4> p 3>&-
                '\(Program.built("quire"))' run m.yaml \(option) - >&4 2> err; echo $?
                """,
                in: run.root
            )
            #expect(left.output == "0\n", "\(left.error)")
            #expect(text(run.root + "/err").contains("has closed it"), "\(text(run.root + "/err"))")
        }
    }

    @Test func `is not where an answer for programs goes`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let outcome = try run.quire(["merge-runs", ".", "--json", "--junit", "-"])
            #expect(outcome.status == 64 && outcome.output.isEmpty)
            let merged = try run.quire(["merge-runs", ".", "--junit", "-"])
            #expect(merged.output.hasPrefix("<?xml ") && merged.error.contains("1 complete"))
        }
    }

    @Test func `is not what an agent put in its place`() throws {
        try withRun { run in
            try run.write([("t", "entries=1 duration=1s")])
            try put("MY KEY\n", run.root + "/victim")
            var isSwapped = false
            let outcome = try run.quire(["run", "m.yaml", "--junit", "out/r.xml"]) { output, _ in
                guard !isSwapped, output.contains("session 1 starts") else { return }
                isSwapped = true
                _ = try? shell("ln -sf ../victim out/r.xml", in: run.root)
            }
            #expect(isSwapped)
            #expect(text(run.root + "/victim") == "MY KEY\n")
            #expect(outcome.status == 69 && outcome.error.contains("r.xml\" is a link to"))
        }
    }
}
