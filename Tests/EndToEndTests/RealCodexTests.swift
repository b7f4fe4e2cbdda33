import Foundation
import TestSupport
import Testing

/// The path of the real Codex CLI, installed once for all tests, or why it can't be had.
private let codex: Result<String, Missing> = {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
    var install = Program(
        here.appending(path: "install-codex").path,
        [root.appending(path: ".build/codex").path],
        in: root.path
    )
    install.deadline = .seconds(600)
    do {
        let outcome = try install.run()
        if outcome.status == 0 {
            return .success(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return .failure(Missing(reason: outcome.error))
    } catch {
        return .failure(Missing(reason: "\(error)"))
    }
}()

private struct Missing: Error {
    var reason: String
}

/// Why the suite is skipped; `nil` where it is not.
private var hindrance: Comment? {
    if case .failure(let missing) = codex { return Comment(rawValue: missing.reason) }
    return nil
}

/// A workspace with the real Codex at a scripted model.
private struct Stage {
    let root: String
    let agent: String
    private let model: Process
    private let leash = Pipe()

    /// Starts the model, and writes Codex's configuration and an agent that notes its own stdout.
    init(_ root: String) throws {
        self.root = root
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        model = Process()
        model.executableURL = URL(filePath: "/usr/bin/env")
        model.arguments = ["python3", here.appending(path: "scripted_model.py").path]
        let output = Pipe()
        model.standardOutput = output
        model.standardInput = leash
        try model.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        try put(
            """
            model = "gpt-5.2-codex"
            model_provider = "scripted"
            [model_providers.scripted]
            name = "scripted"
            base_url = "http://127.0.0.1:\(port)/v1"
            wire_api = "responses"
            request_max_retries = 2
            stream_max_retries = 2
            [sandbox_workspace_write]
            exclude_slash_tmp = true
            exclude_tmpdir_env_var = true

            """,
            root + "/home/config.toml"
        )
        agent = root + "/agent"
        try put(
            """
            #!/bin/bash
            set -o pipefail
            '\(try codex.get())' "$@" | tee -a '\(root)'/"$QUIRE_TASK".stdout
            """,
            agent
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: agent)
    }

    /// Ends the model: by its standard input, since it may have been born with signals blocked.
    func end() {
        leash.fileHandleForWriting.closeFile()
        model.waitUntilExit()
    }

    func quire(_ arguments: [String], deadline: Duration = .seconds(300)) throws -> Outcome {
        var program = Program(Program.built("quire"), arguments, in: root)
        // A home of its own, so that no profile of the user's is run by the agents' shells.
        program.environment = ["CODEX_HOME": root + "/home", "HOME": root + "/home"]
        program.deadline = deadline
        return try program.run()
    }

    /// Ids of the threads that Codex itself has on record.
    var threads: Set<String> {
        let files =
            FileManager.default.enumerator(atPath: root + "/home/sessions")?
            .compactMap { $0 as? String } ?? []
        return Set(
            files.filter { $0.hasSuffix(".jsonl") }.map { name in
                String((name as NSString).deletingPathExtension.suffix(36))
            }
        )
    }
}

private struct StatusJSON: Decodable {
    struct Task: Decodable {
        var name: String
        var outcome: String?
        var ticked: Int?
        var total: Int?
        var sessions: Int
        var thread: String?
    }

    var status: String
    var tasks: [Task]
}

@Suite(.disabled(if: hindrance != nil, hindrance), .serialized)
struct `The real Codex CLI` {
    @Test func `24 tasks of 4 sessions, 8 at once, all complete`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try put(
                """
                version: 1
                run: {name: real, concurrency: 8, agent: {command: [\(stage.agent)]}}
                tasks:
                  - name: t-{n}
                    matrix: {n: [\((1...24).map { "\($0)" }.joined(separator: ", "))]}
                    prompt: "model: entries=3 and piece {n}"
                """,
                root + "/m.yaml"
            )
            let run = try stage.quire(["run", "m.yaml"])
            #expect(run.status == 0, "\(run.output.suffix(3000)) \(run.error)")

            let threads = stage.threads
            for number in 1...24 {
                let task = root + "/.autonomous/t-\(number)"
                let list = text(task + "/task_list.md")
                #expect(list.components(separatedBy: "- [x] Task ").count == 4)
                #expect(!list.contains("- [ ]"))
                let thread = text(task + "/session.id").trimmingCharacters(in: .newlines)
                #expect(threads.contains(thread), "\(thread) is no thread of Codex's")
                let log = text(task + "/session.log")
                #expect(log.components(separatedBy: "\"turn.completed\"").count == 5)
                #expect(log == text(root + "/t-\(number).stdout"))
                #expect(!FileManager.default.fileExists(atPath: task + "/.runner.lock"))
            }
            let status = try stage.quire(["status", "--json"])
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let json = try decoder.decode(StatusJSON.self, from: Data(status.output.utf8))
            #expect(json.status == "finished" && json.tasks.count == 24)
            for task in json.tasks {
                #expect(task.outcome == "complete" && task.sessions == 4)
                #expect(task.ticked == 3 && task.total == 3)
                let id = text(root + "/.autonomous/\(task.name)/session.id")
                #expect(id == (task.thread ?? "") + "\n")
            }
            #expect(processes(mentioning: root + "/home").isEmpty)
        }
    }

    @Test func `a task begun by hand is continued, and its thread resumed`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let task = root + "/.autonomous/by-hand"
            try put(
                "# Task List\n\n## Tasks\n\n- [x] Task 1: a\n- [ ] Task 2: b\n- [ ] Task 3: c\n",
                task + "/task_list.md"
            )
            try put("# Progress Log\n", task + "/progress.md")
            let first = try stage.quire([
                "task", "--continue", "--no-auto-continue", "--agent", stage.agent,
            ])
            #expect(first.status == 0, "\(first.output) \(first.error)")
            #expect(first.output.contains("Continuing most recent task: by-hand"))
            #expect(first.output.contains("Progress: 2/3"))
            let thread = text(task + "/session.id")
            let second = try stage.quire([
                "task", "-n", "by-hand", "--resume-last", "--agent", stage.agent,
            ])
            #expect(second.status == 0, "\(second.output) \(second.error)")
            #expect(second.output.contains("ALL TASKS COMPLETED!"))
            #expect(text(task + "/session.id") == thread)
        }
    }

    @Test func `an unknown thread is followed by a fresh one`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let task = root + "/.autonomous/stale"
            try put("## Tasks\n- [ ] Task 1: a\n", task + "/task_list.md")
            try put("", task + "/progress.md")
            try put("00000000-0000-0000-0000-000000000000\n", task + "/session.id")
            let run = try stage.quire([
                "task", "-n", "stale", "--resume-last", "--agent", stage.agent,
            ])
            #expect(run.status == 0, "\(run.output) \(run.error)")
            #expect(run.output.contains("Resume failed"))
            #expect(run.output.contains("ALL TASKS COMPLETED!"))
        }
    }
}
