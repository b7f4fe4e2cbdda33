import Foundation
import TestSupport
import Testing

@Suite struct `A manifest that is no plain file` {
    private static let manifest =
        "version: 1\nrun: {agent: simulated, admission: {min_free_memory: 0, min_free_disk: 0}}\ntasks: [{name: t, prompt: \"sim: entries=1\"}]\n"

    /// How a shell can hand a manifest over.
    static let ways = [
        "cat m.yaml | QUIRE COMMAND -", "QUIRE COMMAND - < m.yaml",
        "QUIRE COMMAND /dev/stdin < m.yaml",
        "QUIRE COMMAND <(cat m.yaml)", "mkfifo p; cat m.yaml > p & QUIRE COMMAND p",
    ]

    @Test(arguments: ways)
    func `is read to its end`(way: String) throws {
        try withRun { run in
            try put(Self.manifest, run.root + "/m.yaml")
            let command = way.replacing("QUIRE", with: "\"$0\"")
            for word in ["plan", "run"] {
                let outcome = try Program(
                    "/bin/bash",
                    [
                        "-c", "rm -f p; " + command.replacing("COMMAND", with: word),
                        Program.built("quire"),
                    ],
                    in: run.root
                ).run()
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            }
            #expect(FileManager.default.fileExists(atPath: run.task("t") + "/task_list.md"))
        }
    }

    @Test func `is one run of its directory, which goes on`() throws {
        try withRun { run in
            try put(Self.manifest, run.root + "/m.yaml")
            for way in Self.ways.dropLast() {
                let command = way.replacing("QUIRE", with: "\"$0\"").replacing(
                    "COMMAND",
                    with: "run"
                )
                let program = Program(
                    "/bin/bash",
                    ["-c", command, Program.built("quire")],
                    in: run.root
                )
                #expect(try program.run().status == 0)
            }
            let status = try run.quire(["status", "-"])
            #expect(status.output.contains("(\(run.root)/-, "), "\(status.output)\(status.error)")
            #expect(status.output.contains("leg 4"))
        }
    }

    @Test(.enabled(if: access("/dev/shm", W_OK) == 0))
    func `is not one that is a file beside devices`() throws {
        let directory = "/dev/shm/quire-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: false
        )
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try put(Self.manifest, directory + "/m.yaml")
        try withRun { run in
            let outcome = try run.quire(["run", directory + "/m.yaml", "--progress", "none"])
            #expect(outcome.status == 0, "\(outcome.error)")
            let list = directory + "/.autonomous/t/task_list.md"
            #expect(FileManager.default.fileExists(atPath: list))
        }
    }

    @Test func `is found from a working directory however long`() throws {
        try withRun { run in
            // Made step by step: 1,100 bytes are more than some functions of the system's take.
            let step = String(repeating: "d", count: 200)
            let script = "for i in 1 2 3 4 5 6; do mkdir \(step); cd \(step); done; "
            let manifest = "printf '%s' '\(Self.manifest)' > m.yaml; "
            let outcome = try Program(
                "/bin/bash",
                [
                    "-c",
                    script + manifest
                        + "\"$0\" run m.yaml --progress none",
                    Program.built("quire"),
                ],
                in: run.root
            ).run()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(FileManager.default.fileExists(atPath: run.task("t") + "/task_list.md"))
        }
    }

    @Test(arguments: ["prompt_file", "executor"], ["pipe", "directory", "none", "Latin-1"])
    func `names no text but that of a plain file`(key: String, kind: String) throws {
        try withRun { run in
            let place = run.root + "/place"
            switch kind {
            case "pipe": #expect(mkfifo(place, 0o600) == 0)
            case "directory": #expect(mkdir(place, 0o700) == 0)
            case "Latin-1": try Data([0x65, 0xE9, 0x0A]).write(to: URL(filePath: place))
            default: break
            }
            let prompts = key == "executor" ? "run: {prompts: {executor: place}}\n" : ""
            let prompt = key == "executor" ? "prompt: x" : "prompt_file: place"
            try put("version: 1\n\(prompts)tasks: [{name: t, \(prompt)}]\n", run.root + "/m.yaml")
            let outcome = try run.quire(["plan", "m.yaml"])
            let words = [
                "pipe": "it is a pipe; name a file", "directory": "it is a directory; name a file",
                "none": "there is no such file",
                "Latin-1": "it is not text in UTF-8: a byte is 0xE9",
            ]
            #expect(outcome.status == 64, "\(outcome.error)")
            #expect(outcome.error.contains("\(place)\" can't be used: \(words[kind] ?? "")"))
        }
    }

    @Test func `and can't be read is told as what it is`() throws {
        try withRun { run in
            func message(_ path: String) throws -> String {
                let outcome = try run.quire(["plan", path])
                #expect(outcome.status == 64)
                return outcome.error
            }
            #expect(try message(".").contains("it is a directory; name the manifest file in it"))
            #expect(try message("none").contains("there is no such file"))
            try put("", run.root + "/empty")
            #expect(try message("empty").contains("it is empty"))
            #expect(try message("/dev/null").contains("it is empty"))
        }
    }
}
