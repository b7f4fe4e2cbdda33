import Foundation
import TestSupport
import Testing

private let here = URL(filePath: #filePath).deletingLastPathComponent()
private let repository = here.deletingLastPathComponent().deletingLastPathComponent()

/// The directory of the validators, installed once for all tests, or why they can't be had.
private let validators: Result<String, Missing> = {
    let path = repository.appending(path: ".build/validators").path
    var install = Program(here.appending(path: "install-validators").path, [path], in: "/")
    install.inheritsEnvironment = true
    do {
        let outcome = try install.run()
        return outcome.status == 0 ? .success(path) : .failure(Missing(reason: outcome.error))
    } catch {
        return .failure(Missing(reason: "\(error)"))
    }
}()

private var lack: Comment? {
    if case .failure(let missing) = validators { return Comment(rawValue: missing.reason) }
    return nil
}

extension Stage {
    /// Runs a program as a person would beside Codex, with its home and with Quire and Codex in `PATH`.
    fileprivate func call(
        _ words: [String],
        in directory: String? = nil,
        variables: [String: String] = [:]
    ) throws -> Outcome {
        let bin = root + "/bin"
        let programs = try [Program.built("quire"), codex.get()].map { path in
            URL(filePath: path).deletingLastPathComponent().path
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        var program = Program("/usr/bin/env", words, in: directory ?? root)
        program.environment = variables.merging(
            [
                "CODEX_HOME": root + "/home", "HOME": root + "/home", "TMPDIR": root + "/home",
                "PATH": ([bin] + programs + [path]).joined(separator: ":"),
            ]
        ) { own, _ in own }
        return try program.run()
    }

    /// Succeeds, and returns what the program said.
    @discardableResult
    fileprivate func said(_ words: [String], in directory: String? = nil) throws -> String {
        let outcome = try call(words, in: directory)
        #expect(outcome.status == 0, "\(words): \(outcome.output) \(outcome.error)")
        return outcome.output
    }

    /// The lines about skills in what a session of Codex would be told.
    fileprivate func skills(in directory: String? = nil) throws -> [Substring] {
        try said(["codex", "debug", "prompt-input"], in: directory)
            .replacing("\\n", with: "\n").split(separator: "\n").filter { $0.contains("SKILL.md)") }
    }
}

private func withStage(_ body: (Stage) throws -> Void) throws {
    try withWorkspace { root in
        let stage = try Stage(root)
        defer { stage.end() }
        try body(stage)
    }
}

@Suite(.disabled(if: hindrance != nil, hindrance), .serialized)
struct `The skills, in the real Codex CLI` {
    @Test(arguments: ["--user", "--project"])
    func `are found where they are installed`(scope: String) throws {
        try withStage { stage in
            let below = stage.root + "/a/b"
            try FileManager.default.createDirectory(
                atPath: below,
                withIntermediateDirectories: true
            )
            let names = ["- quire: ", "- autonomous-skill: "]
            let before = try stage.skills(in: below)
            for name in names { #expect(!before.contains { $0.hasPrefix(name) }) }
            try stage.said(["quire", "skill", "install", scope], in: below)
            let after = try stage.skills(in: below)
            for name in names {
                #expect(after.count { $0.hasPrefix(name) } == 1, "\(name): \(after)")
            }
        }
    }

    @Test func `are found when the plugin is installed from the repository`() throws {
        try withStage { stage in
            try stage.said(["codex", "plugin", "marketplace", "add", repository.path])
            try stage.said(["codex", "plugin", "add", "quire@quire"])
            let skills = try stage.skills()
            for name in ["- quire:quire: ", "- quire:autonomous-skill: "] {
                #expect(skills.contains { $0.hasPrefix(name) }, "\(name): \(skills)")
            }
            let script = try stage.said(
                ["sh", "-c", "find \"$CODEX_HOME/plugins\" -name run-session.sh -perm -100"]
            )
            #expect(script.hasSuffix("/skills/autonomous-skill/scripts/run-session.sh\n"))
        }
    }

    @Test func `carry out a task by the original's script`() throws {
        try withStage { stage in
            try stage.said(["quire", "skill", "install"])
            let script = stage.root + "/home/skills/autonomous-skill/scripts/run-session.sh"
            let first = try stage.call([
                "bash", script, "model: entries=2", "--task-name", "demo", "--no-auto-continue",
            ])
            #expect(first.status == 0, "\(first.output) \(first.error)")
            #expect(first.output.contains("INITIALIZER SESSION"))
            #expect(first.output.contains("Progress: 0/2"))
            let second = try stage.call(["bash", script, "--continue"])
            #expect(second.status == 0, "\(second.output) \(second.error)")
            #expect(second.output.contains("Continuing most recent task: demo"))
            #expect(second.output.contains("ALL TASKS COMPLETED!"))
            let list = try stage.call(["bash", script, "--list"])
            #expect(list.output.contains("✓ demo (2/2 - 100% complete) [session: "))
        }
    }

    @Test(.enabled(if: lack == nil, lack))
    func `pass the validators, Codex's own too`() throws {
        let tools = try validators.get()
        try withStage { stage in
            try stage.said(["quire", "skill", "install"])
            _ = try stage.skills()
            let variables = ["PYTHONPATH": tools]
            let own = stage.root + "/home/skills/.system/skill-creator/scripts/quick_validate.py"
            try #require(FileManager.default.fileExists(atPath: own), "Codex has no validator")
            for name in ["quire", "autonomous-skill"] {
                let skill = stage.root + "/home/skills/" + name
                for words in [
                    ["python3", "-m", "skills_ref.cli", "validate", skill],
                    ["python3", own, skill], [tools + "/bin/agnix", "--strict", skill],
                ] {
                    let outcome = try stage.call(words, variables: variables)
                    #expect(outcome.status == 0, "\(words): \(outcome.output) \(outcome.error)")
                }
            }
            for path in ["Sources/quire/Plugin", ".agents", ".claude-plugin"] {
                let outcome = try stage.call(
                    [tools + "/bin/agnix", "--strict", repository.appending(path: path).path],
                    variables: variables
                )
                #expect(outcome.status == 0, "\(path): \(outcome.output) \(outcome.error)")
            }
        }
    }
}
