import Agent
import CodexAgent
import CodexEvents
import Foundation
import Orchestration
import Testing

/// A recording of the real Codex CLI.
struct Recording: CustomTestStringConvertible {
    static let names = [
        "commands", "context-window", "file-change", "interrupted-sigint", "large-output",
        "network-down", "rate-limited", "resume-unknown", "resumed", "server-error",
        "silent-hang-sigterm", "stream-cut", "success", "terminated-sigterm", "unauthorized",
        "unknown-flag", "untrusted-directory", "usage-limit",
    ]

    let name: String
    let output: [UInt8]
    let standardError: [UInt8]
    let status: Int32

    init(_ name: String) throws {
        self.name = name
        let directory = try #require(Bundle.module.resourceURL)
            .appendingPathComponent("Fixtures/codex-0.163.0/\(name)")
        output = [UInt8](try Data(contentsOf: directory.appendingPathComponent("stdout.jsonl")))
        standardError = [UInt8](
            try Data(contentsOf: directory.appendingPathComponent("stderr.txt"))
        )
        let exit = try String(contentsOf: directory.appendingPathComponent("exit"), encoding: .utf8)
        status = try #require(Int32(exit.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    var testDescription: String { name }

    func result(resuming: ThreadReport? = nil) -> SessionResult {
        var transcript = SessionTranscript(resuming: resuming)
        for event in decode([output[...]]) { transcript.observe(event) }
        let ending = SessionEnding(
            termination: .exited(status),
            standardError: standardError,
            outputBytes: Int64(output.count),
            outputLeaked: false
        )
        let now = WallTime(millisecondsSinceEpoch: 1_795_426_000_000)
        return transcript.result(ending, now: now, offset: { _ in 0 })
    }
}

/// The events of an output that arrives in these pieces.
func decode(_ pieces: [ArraySlice<UInt8>]) -> [CodexEvent] {
    var decoder = EventDecoder()
    var events: [CodexEvent] = []
    for piece in pieces {
        let bytes = Array(piece)
        decoder.decode(bytes.span) { events.append($0) }
    }
    decoder.finish { events.append($0) }
    return events
}

func decode(_ text: String) -> [CodexEvent] { decode([Array(text.utf8)[...]]) }
