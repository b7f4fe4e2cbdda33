import Foundation
import TestSupport
import Testing

/// The path of the real Codex CLI in its newest version, installed once for all tests, or why it can't be had.
let codex = installed()

/// Returns the path of the real Codex CLI, in its newest version unless told otherwise, or why it can't be had.
func installed(_ version: String? = nil) -> Result<String, Missing> {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
    var install = Program(
        here.appending(path: "install-codex").path,
        [root.appending(path: ".build/codex").path] + [version].compactMap(\.self),
        in: root.path
    )
    install.inheritsEnvironment = true
    do {
        let outcome = try install.run()
        if outcome.status == 0 {
            return .success(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return .failure(Missing(reason: outcome.error))
    } catch {
        return .failure(Missing(reason: "\(error)"))
    }
}

struct Missing: Error {
    var reason: String
}

/// Why the suite is skipped; `nil` where it is not.
var hindrance: Comment? {
    if case .failure(let missing) = codex { return Comment(rawValue: missing.reason) }
    return nil
}

/// A workspace with the real Codex at a scripted model.
struct Stage {
    let root: String
    let agent: String
    /// Where the model listens.
    let port: Int
    private let model: Process
    private let leash = Pipe()

    /// Starts the model, and writes Codex's configuration and an agent that notes its own stdout.
    ///
    /// `binary` is the Codex behind it; the newest one unless told otherwise. `window` is what the model's
    /// accounts have, as its arguments say it.
    init(_ root: String, codex binary: String? = nil, window: String? = nil) throws {
        self.root = root
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        model = Process()
        model.executableURL = URL(filePath: "/usr/bin/env")
        model.arguments =
            [
                "python3", here.appending(path: "scripted_model.py").path, "--limit",
                root + "/limit", "--served", root + "/served",
            ] + (window.map { ["--window", $0] } ?? [])
        let output = Pipe()
        model.standardOutput = output
        model.standardInput = leash
        try model.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        try put(Self.configuration(port, "/v1"), root + "/home/config.toml")
        agent = root + "/agent"
        try put(
            """
            #!/bin/bash
            set -o pipefail
            '\(try binary ?? codex.get())' "$@" | tee -a '\(root)'/"$QUIRE_TASK".stdout
            """,
            agent
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: agent)
    }

    private static func configuration(_ port: Int, _ path: String) -> String {
        """
        model = "gpt-5.2-codex"
        model_provider = "scripted"
        [model_providers.scripted]
        name = "scripted"
        base_url = "http://127.0.0.1:\(port)\(path)"
        wire_api = "responses"
        request_max_retries = 2
        stream_max_retries = 2
        [sandbox_workspace_write]
        exclude_slash_tmp = true
        exclude_tmpdir_env_var = true

        """
    }

    /// Writes the home of another account, which the model knows by its name.
    func addAccount(_ name: String) throws {
        try put(Self.configuration(port, "/\(name)/v1"), root + "/\(name)/config.toml")
    }

    /// The author and committer of commits.
    private var identity: [String: String] {
        [
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
        ]
    }

    /// Ends the model: by its standard input, since it may have been born with signals blocked.
    func end() {
        leash.fileHandleForWriting.closeFile()
        model.waitUntilExit()
    }

    func quire(
        _ arguments: [String],
        in directory: String? = nil,
        killAfter: Duration? = nil,
        deadline: Duration = .seconds(900),
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        var program = Program(Program.built("quire"), arguments, in: directory ?? root)
        // A home of its own, so that no profile of the user's is run by the agents' shells, and what
        // Codex leaves among the temporary files goes with it.
        program.environment = identity.merging(
            ["CODEX_HOME": root + "/home", "HOME": root + "/home", "TMPDIR": root + "/home"]
        ) { $1 }
        program.deadline = deadline
        program.killAfter = killAfter
        return try program.run(watching: watching)
    }

    /// Runs git in the workspace, as Ada.
    func git(_ command: String) throws -> Outcome {
        var program = Program("/bin/sh", ["-c", "git " + command], in: root)
        program.environment = identity
        return try program.run()
    }

    /// Ids of the threads that Codex itself has on record.
    var threads: Set<String> {
        Set(records.map { String(($0 as NSString).deletingPathExtension.suffix(36)) })
    }

    /// What all threads have used, as Codex itself has it on record.
    var tokensOnRecord: Int {
        records.reduce(0) { sum, name in
            let counts = text(root + "/home/sessions/" + name).split(separator: "\n")
                .filter { $0.contains("\"token_count\"") }
                .compactMap { try? decoded(Count.self, $0) }
            let total = counts.compactMap(\.payload.info?.totalTokenUsage).last
            return sum + (total?.inputTokens ?? 0) + (total?.outputTokens ?? 0)
        }
    }

    /// What the model has served, by its own count.
    var tokensServed: Int {
        text(root + "/served").split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
    }

    /// What each turn went by, as Codex itself has it on record.
    var turnContexts: [String] {
        records.flatMap { name in
            text(root + "/home/sessions/" + name).split(separator: "\n")
                .filter { $0.contains("\"type\":\"turn_context\"") }.map(String.init)
        }
    }

    private struct Count: Decodable {
        struct Payload: Decodable {
            var info: Info?
        }

        struct Info: Decodable {
            var totalTokenUsage: Total?
        }

        struct Total: Decodable {
            var inputTokens: Int
            var outputTokens: Int
        }

        var payload: Payload
    }

    private var records: [String] {
        let files = FileManager.default.enumerator(atPath: root + "/home/sessions")
        return files?.compactMap { $0 as? String }.filter { $0.hasSuffix(".jsonl") } ?? []
    }
}
