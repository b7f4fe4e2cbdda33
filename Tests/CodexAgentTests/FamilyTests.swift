import Agent
import CodexAgent
import Foundation
import Orchestration
import Testing

/// A home of Codex with rollouts of one day.
private struct Home {
    let root = FileManager.default.temporaryDirectory.appending(path: "quire-\(UUID())").path

    /// The time of all threads, a minute ago.
    private static let begun = Int64(Date().timeIntervalSince1970 * 1000) - 60_000

    /// A thread that was created then; the number makes it another one.
    static func thread(_ number: Int) -> String {
        let digits = String(begun + Int64(number), radix: 16)
        let time = String(repeating: "0", count: 12 - digits.count) + digits
        return "\(time.prefix(8))-\(time.suffix(4))-7000-8000-00000000000\(number)"
    }

    static func count(_ input: Int) -> String {
        #"{"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":"#
            + #"{"input_tokens":\#(input),"output_tokens":0}}}}"#
    }

    var directory: String {
        let parts = Calendar.current.dateComponents(
            [.year, .month, .day],
            from: Date(timeIntervalSince1970: Double(Self.begun) / 1000)
        )
        let day = [parts.year ?? 0, parts.month ?? 0, parts.day ?? 0]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(root)/sessions/" + day.joined(separator: "/")
    }

    func write(_ thread: Int, parent: Int? = nil, _ lines: String, ending: String = "jsonl") throws
    {
        let name = parent.map { "\"\(Self.thread($0))\"" } ?? "null"
        let head =
            #"{"type":"session_meta","payload":{"id":"\#(Self.thread(thread))","parent_thread_id":\#(name)}}"#
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        try Data("\(head)\n\(lines)\n".utf8).write(to: URL(filePath: path(thread, ending)))
    }

    func path(_ thread: Int, _ ending: String = "jsonl") -> String {
        "\(directory)/rollout-x-\(Self.thread(thread)).\(ending)"
    }

    var records: any AgentRecords {
        Codex.cli.records { $0 == "CODEX_HOME" ? root : nil }
    }

    func usage(_ thread: Int, _ records: (any AgentRecords)? = nil) -> RecordedUsage {
        (records ?? self.records).usage(of: Self.thread(thread), with: [:], in: "/")
    }
}

@Suite struct `The usage of threads that a thread started` {
    private func withHome(_ body: (Home) throws -> Void) throws {
        let home = Home()
        defer { try? FileManager.default.removeItem(atPath: home.root) }
        try body(home)
    }

    @Test func `is its own, through all generations, and no stranger's`() throws {
        try withHome { home in
            try home.write(1, Home.count(1000))
            try home.write(2, parent: 1, Home.count(100))
            try home.write(3, parent: 2, Home.count(10))
            try home.write(4, Home.count(9999))
            try home.write(5, parent: 4, Home.count(9999))
            #expect(home.usage(1) == .total(TokenUsage(input: 1110)))
            #expect(home.usage(2) == .total(TokenUsage(input: 110)))
            #expect(
                home.records.usageOfDescendants(of: Home.thread(1), with: [:], in: "/").input == 110
            )
        }
    }

    @Test func `is counted anew each time, also of children that come later`() throws {
        try withHome { home in
            let records = home.records
            try home.write(1, Home.count(1000))
            #expect(home.usage(1, records) == .total(TokenUsage(input: 1000)))
            try home.write(2, parent: 1, Home.count(100))
            #expect(home.usage(1, records) == .total(TokenUsage(input: 1100)))
            try home.write(2, parent: 1, Home.count(300))
            #expect(home.usage(1, records) == .total(TokenUsage(input: 1300)))
        }
    }

    @Test func `ends where threads are their own ancestors`() throws {
        try withHome { home in
            try home.write(1, parent: 2, Home.count(1))
            try home.write(2, parent: 1, Home.count(10))
            #expect(home.usage(1) == .total(TokenUsage(input: 11)))
        }
    }

    @Test func `is read from the end of a record of a gigabyte`() throws {
        try withHome { home in
            try home.write(1, Home.count(1))
            let file = try #require(FileHandle(forWritingAtPath: home.path(1)))
            // A sparse file: what is between is never written.
            try file.truncate(atOffset: 1 << 30)
            try file.seekToEnd()
            try file.write(contentsOf: Data("\n\(Home.count(77))\n{\"type\":\"cut".utf8))
            try file.close()
            #expect(home.usage(1) == .total(TokenUsage(input: 77)))
        }
    }

    @Test func `is not known of what another version wrote, or compressed, or is no file`() throws {
        try withHome { home in
            try home.write(1, "", ending: "jsonl.zst")
            #expect(home.usage(1) == .compressed(home.path(1, "jsonl.zst")))
            try home.write(2, #"{"type":"tokens_of_a_later_version","payload":[1]}"#)
            #expect(home.usage(2) == .none)
            #expect(mkfifo(home.path(3), 0o600) == 0)
            #expect(home.usage(3) == .unknown)
            #expect(home.usage(4) == .unknown)
        }
    }
}
