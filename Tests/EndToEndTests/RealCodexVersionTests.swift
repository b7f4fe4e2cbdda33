import Foundation
import TestSupport
import Testing

/// A fact of a run, as `--events` told it.
private struct Fact: Decodable {
    struct Statement: Decodable { var status: String }

    var event: String
    var gate: String?
    var resumes: String?
    var statement: Statement?
}

/// The versions that are tested, in order: the oldest, one between and the newest.
private let versions: [String] = {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "codex-versions"
    )
    return text(path.path).split(separator: "\n").map(String.init)
}()

private let oldest = installed(versions.first)
private let middle = installed(versions.dropFirst().first)

private func hindrance(of codex: Result<String, Missing>) -> Comment? {
    if case .failure(let missing) = codex { return Comment(rawValue: missing.reason) }
    return nil
}

@Suite(.serialized) struct `Each version of the real Codex CLI` {
    @Test(.disabled(if: hindrance(of: oldest) != nil, hindrance(of: oldest)))
    func `that is the oldest known to work runs tasks`() throws { try smoke(oldest, versions[0]) }

    @Test(.disabled(if: hindrance(of: middle) != nil, hindrance(of: middle)))
    func `that lies between runs tasks`() throws { try smoke(middle, versions[1]) }

    @Test(.disabled(if: hindrance(of: codex) != nil, hindrance(of: codex)))
    func `that is the newest runs tasks`() throws { try smoke(codex, versions[2]) }

    /// Runs an initializer and two executors, of which one meets a usage limit.
    private func smoke(_ codex: Result<String, Missing>, _ version: String) throws {
        let binary = try codex.get()
        try withWorkspace { root in
            let stage = try Stage(root, codex: binary)
            defer { stage.end() }
            try put(
                "#!/bin/sh\necho \"$*\" >> '\(root)/calls'\nexec '\(binary)' \"$@\"\n",
                root + "/bin/codex"
            )
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755],
                ofItemAtPath: root + "/bin/codex"
            )
            let provider =
                text(root + "/home/config.toml").split(separator: "\n")
                .first { $0.hasPrefix("base_url") }.map { $0.dropFirst("base_url = ".count) } ?? ""
            try put(
                """
                version: 1
                run: {agent: {command: [./bin/codex]}}
                defaults:
                  hermetic: true
                  resume: true
                  verdict: true
                  codex_args: [-c, 'model="gpt-5.2-codex"', -c, 'model_provider="own"', -c, 'model_providers.own={name="own",base_url=\(provider),wire_api="responses"}']
                tasks: [{name: one, prompt: "model: entries=2"}]
                """,
                root + "/m.yaml"
            )
            let doctor = try stage.quire(["doctor", "m.yaml"])
            #expect(doctor.status == 0, "\(doctor.output)\(doctor.error)")
            #expect(doctor.output.contains("codex-cli \(version) (Quire is tested with Codex "))
            let limit = root + "/limit"
            let outcome = try stage.quire(["run", "m.yaml", "--events", "e.jsonl"]) { output, _ in
                guard output.contains("session 2 starts"),
                    !FileManager.default.fileExists(atPath: limit)
                else { return }
                try? put("3\n", limit)
            }
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("one: COMPLETE (2/2, "), "\(outcome.output)")
            let facts: [Fact] = try decodedLines(of: root + "/e.jsonl")
            #expect(facts.contains { $0.event == "gate_closed" && $0.gate == "usage_limit" })
            // Each completed session ends with a statement, a resumed one, too.
            #expect(facts.contains { $0.event == "session_started" && $0.resumes != nil })
            let statements = facts.filter { $0.event == "session_ended" }.compactMap(\.statement)
            #expect(statements.count == 3 && statements.allSatisfy { $0.status == "progress" })
            #expect(!outcome.output.contains("was asked for a verdict"))
            try checkCalls(of: stage, binary)
        }
    }

    /// Checks that sessions name the features alone that the version has.
    private func checkCalls(of stage: Stage, _ binary: String) throws {
        var list = Program(binary, ["features", "list"], in: stage.root)
        list.environment = ["CODEX_HOME": stage.root + "/home", "HOME": stage.root + "/home"]
        let known = try list.run().output.split(separator: "\n").compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
        let calls = text(stage.root + "/calls").split(separator: "\n")
        let sessions = calls.filter { $0.hasPrefix("exec -c ") }
        #expect(sessions.count >= 3 && known.count > 3)
        for call in sessions {
            #expect(call.contains("--ignore-user-config") && call.contains("--output-schema"))
            let named = call.matches(of: /features\.([a-z_]+)=/).map { String($0.1) }
            #expect(named.contains("multi_agent") && Set(named).isSubset(of: known), "\(call)")
        }
        #expect(calls.contains { $0.hasPrefix("sandbox ") })
    }
}
