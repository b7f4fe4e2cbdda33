import Foundation
import TestSupport
import Testing

/// A fact of a run, as `--events` told it.
private struct Fact: Decodable {
    var event: String
    var gate: String?
    var charge: String?
    var failure: Failure?
    var usage: Usage?

    struct Failure: Decodable { var kind: String }
    struct Usage: Decodable {
        var input: Int
        var output: Int
    }
}

@Suite(.disabled(if: hindrance != nil, hindrance), .serialized)
struct `The real Codex CLI, checked and bounded` {
    /// Writes a manifest, and an agent that is called as Codex is and runs it behind these words where the
    /// pattern of the shell matches its first argument.
    private func write(
        _ stage: Stage,
        behind words: String = "",
        where pattern: String = "*",
        prompt: String = "model: entries=1",
        defaults: String = "{}"
    ) throws {
        let codex = try codex.get()
        let path = stage.root + "/bin/codex"
        try put(
            "#!/bin/sh\necho \"$*\" >> '\(stage.root)/calls'\n"
                + "case $1 in \(pattern)) exec \(words) '\(codex)' \"$@\" ;; esac\nexec '\(codex)' \"$@\"\n",
            path
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        try put(
            """
            version: 1
            run: {concurrency: 2, agent: {command: [./bin/codex]}}
            defaults: \(defaults)
            tasks:
              - {name: one, prompt: "\(prompt)"}
            """,
            stage.root + "/m.yaml"
        )
    }

    private static let denied =
        "python3 '"
        + URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "without_namespaces.py").path + "'"

    private func sessions(_ stage: Stage) -> Int {
        text(stage.root + "/calls").split(separator: "\n").count {
            $0.hasPrefix("exec ") && $0 != "exec --help"
        }
    }

    @Test func `runs without what no session needs, and hermetic where that is asked for`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let provider =
                text(root + "/home/config.toml").split(separator: "\n")
                .first { $0.hasPrefix("base_url") }.map { $0.dropFirst("base_url = ".count) } ?? ""
            let own =
                "[-c, 'model_provider=\"own\"', -c, "
                + "'model_providers.own={name=\"own\",base_url=\(provider),wire_api=\"responses\"}']"
            for defaults in ["{}", "{resume: true, hermetic: true, codex_args: \(own)}"] {
                try write(stage, prompt: "model: entries=2", defaults: defaults)
                let outcome = try stage.quire(["run", "m.yaml", "--redo", "*"])
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            }
            let calls = text(root + "/calls").split(separator: "\n")
            #expect(calls.contains { $0.contains("features.multi_agent=false") })
            #expect(calls.contains { $0.contains("--ignore-user-config") && $0.contains("resume") })
        }
    }

    @Test func `is refused without user namespaces before a token is spent`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try write(stage, behind: Self.denied)
            for words in [["doctor", "m.yaml"], ["run", "m.yaml"]] {
                let outcome = try stage.quire(words)
                #expect(outcome.status == 69, "\(outcome.output)\(outcome.error)")
                #expect((outcome.output + outcome.error).contains("bwrap: "))
            }
            #expect(sessions(stage) == 0 && stage.threads.isEmpty)
            try write(stage, behind: Self.denied, defaults: "{sandbox: danger-full-access}")
            #expect(try stage.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test func `whose sandbox is lost in the run costs two sessions and no task`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            // The check-up goes well: only sessions are without namespaces.
            try write(stage, behind: Self.denied, where: "exec")
            let outcome = try stage.quire(["run", "m.yaml", "--events", "e.jsonl"])
            #expect(outcome.status == 69, "\(outcome.output)\(outcome.error)")
            #expect(sessions(stage) == 2)
            let facts: [Fact] = try decodedLines(of: root + "/e.jsonl")
            let ends = facts.filter { $0.event == "session_ended" }
            #expect(ends.map(\.failure?.kind) == ["no_sandbox", "no_sandbox"])
            #expect(ends.allSatisfy { $0.charge == "free" })
            #expect(facts.contains { $0.event == "gate_closed" && $0.gate == "sandbox" })
        }
    }

    @Test func `fails soon where nothing listens, and the run waits with empty slots`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let configuration = text(root + "/home/config.toml")
                .replacing(/127\.0\.0\.1:\d+/, with: "127.0.0.1:1")
                .replacing("stream_max_retries = 2", with: "stream_max_retries = 1")
            try put(configuration, root + "/home/config.toml")
            try write(stage)
            let path = root + "/e.jsonl"
            let outcome = try stage.quire(["run", "m.yaml", "--events", "e.jsonl"]) { _, pid in
                if text(path).contains("\"session_ended\"") { kill(pid, SIGTERM) }
            }
            #expect(outcome.status == 143, "\(outcome.output)\(outcome.error)")
            let facts: [Fact] = try decodedLines(of: path)
            let end = try #require(facts.first { $0.event == "session_ended" })
            #expect(end.failure?.kind == "no_network" && end.charge == "free")
            #expect(facts.contains { $0.event == "gate_closed" && $0.gate == "network" })
        }
    }

    @Test func `starts sub-agents where they are asked for, and their tokens are counted`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try write(
                stage,
                prompt: "model: entries=1 spawn",
                defaults: "{codex_features: [multi_agent]}"
            )
            let outcome = try stage.quire(["run", "m.yaml", "--events", "e.jsonl"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let facts: [Fact] = try decodedLines(of: root + "/e.jsonl")
            let told = facts.filter { $0.event == "session_ended" }.compactMap(\.usage)
                .reduce(0) { $0 + $1.input + $1.output }
            #expect(stage.threads.count == 4)
            #expect(told == stage.tokensOnRecord)
            let served = stage.tokensServed
            #expect(served > 0 && abs(told - served) * 100 <= served, "\(told) of \(served)")
        }
    }

    @Test func `keeps to a budget with the tokens of its sub-agents`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try write(
                stage,
                prompt: "model: entries=9 spawn",
                defaults: "{codex_features: [multi_agent], budget: {tokens: 20k}}"
            )
            let outcome = try stage.quire(["run", "m.yaml", "--events", "e.jsonl"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let facts: [Fact] = try decodedLines(of: root + "/e.jsonl")
            let told = facts.filter { $0.event == "session_ended" }.compactMap(\.usage)
                .map { $0.input + $0.output }
            let (sum, served) = (told.reduce(0, +), stage.tokensServed)
            #expect(abs(sum - served) * 100 <= served, "\(sum) of \(served)")
            // Without the sub-agents' a session more would have been started.
            #expect(served <= 20_000 + (told.max() ?? 0) && served > 10_000, "\(served)")
        }
    }
}
