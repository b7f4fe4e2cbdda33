import Agent
import CodexAgent
import Foundation
import Orchestration
import Testing

@Suite struct `The statement that a session ends with` {
    /// Reads a session that says these texts, one message after the other, and completes its turn.
    private func result(_ texts: [String], isExpected: Bool = true) -> SessionResult {
        var reader = Codex.cli.reader(resuming: nil)
        if isExpected { reader.expectStatement() }
        var lines = [
            #"{"type":"thread.started","thread_id":"0196f9a5-0000-7000-8000-000000000001"}"#,
            #"{"type":"item.completed","item":{"id":"0","type":"command_execution","exit_code":0}}"#,
        ]
        for text in texts {
            let quoted = try? JSONSerialization.data(withJSONObject: [text])
            let words = String(decoding: quoted ?? Data(), as: UTF8.self).dropFirst().dropLast()
            lines.append(
                #"{"type":"item.completed","item":{"id":"1","type":"agent_message","text":\#(words)}}"#
            )
        }
        lines.append(#"{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}"#)
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        reader.read(bytes.span) { _ in }
        reader.finish { _ in }
        let ending = SessionEnding(
            termination: .exited(0),
            standardError: [],
            outputBytes: Int64(bytes.count),
            outputLeaked: false
        )
        return reader.result(ending, now: WallTime(millisecondsSinceEpoch: 0))
    }

    private static let blocked =
        #"{"status":"blocked","question":"Which\nbase?","evidence":null}"#

    @Test func `is the last message of the turn, in the form of the schema`() {
        let found = result(["I begin.", Self.blocked])
        #expect(found.statement == SessionStatement(.blocked, question: "Which\nbase?"))
        #expect(found.statementTrouble == nil && found.failure == nil)
        let done = result([
            Self.blocked, #"{"status":"done","question":null,"evidence":"it passes"}"#,
        ])
        #expect(done.statement == SessionStatement(.done, evidence: "it passes"))
        #expect(result([Self.blocked], isExpected: false).statement == nil)
    }

    /// Last messages that are no statement.
    @Test(arguments: [
        "", "Done.", "null", "[]", "{}", "{", #"{"status":"done"} and more"#,
        #"{"status":"finished","question":null,"evidence":null}"#,
        #"{"status":1,"question":null,"evidence":null}"#,
        #"{"status":"done","question":[],"evidence":null}"#,
        #"{"status":"done","question":null,"evidence":{"a":1}}"#,
        #"{"status":"done","question":null,"evidence":null,"outcome":"complete"}"#,
        #"{"status":"done","status":"blocked","question":null,"evidence":null}"#,
        "```json\n{\"status\":\"done\",\"question\":null,\"evidence\":null}\n```",
        "{\"status\":\"done\",\"question\":null,\"evidence\":\""
            + String(repeating: "x", count: 9000) + "\"}",
        String(repeating: "[", count: 5000), String(repeating: "y", count: 300_000),
        "\u{1B}]0;title\u{7} \u{202E}{}",
    ])
    func `is none in any other form, which is told and changes nothing`(text: String) {
        let found = result([text])
        #expect(found.statement == nil && found.failure == nil)
        let words = found.statementTrouble ?? ""
        #expect(words.hasPrefix("its last message"), "\(words)")
        #expect(words.count < 200 && !words.contains { $0.isNewline })
    }

    @Test func `is missed where the turn ends without a message`() {
        #expect(result([]).statementTrouble == "it ended its turn without a message")
    }

    @Test func `has a schema that is strict`() throws {
        let text = try #require(Codex.cli.statementSchema)
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        )
        let properties = try #require(schema["properties"] as? [String: Any])
        #expect(schema["additionalProperties"] as? Bool == false)
        #expect(Set(schema["required"] as? [String] ?? []) == Set(properties.keys))
        let status = properties["status"] as? [String: Any]
        #expect(status?["enum"] as? [String] == ["done", "progress", "blocked"])
    }

    @Test func `is asked for before a resume, by the path of its schema`() {
        var session = AgentSession(resumes: "0196f9a5-0000-7000-8000-000000000001")
        #expect(!Codex.cli.arguments(for: session).contains("--output-schema"))
        session.statementSchema = "/w/schema.json"
        let words = Codex.cli.arguments(for: session)
        let place = words.firstIndex(of: "--output-schema") ?? 0
        #expect(words[place + 1] == "/w/schema.json")
        #expect(place < words.firstIndex(of: "resume") ?? 0)
    }

    @Test(arguments: [
        ("  --json\n  --output-schema <FILE>\n", true), ("  --json\n", false), ("", false),
    ])
    func `is asked for where the program's options have it`(help: String, states: Bool) {
        let answer = help.isEmpty ? ProgramAnswer.failed("no") : .said(help)
        #expect(AnsweringProgram(help: answer).checkUp().abilities.states == states)
    }
}
