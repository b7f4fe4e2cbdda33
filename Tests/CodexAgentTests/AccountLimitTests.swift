import Agent
import CodexAgent
import Foundation
import Orchestration
import Testing

/// A home of Codex with one rollout of now.
private final class Home {
    let root = FileManager.default.temporaryDirectory.appending(path: "quire-\(UUID())").path
    let thread: String

    init() throws {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let digits = String(now, radix: 16)
        let time = String(repeating: "0", count: 12 - digits.count) + digits
        thread = "\(time.prefix(8))-\(time.suffix(4))-7000-8000-000000000000"
        let parts = Calendar.current.dateComponents([.year, .month, .day], from: Date())
        let day = [parts.year ?? 0, parts.month ?? 0, parts.day ?? 0]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }
        directory = "\(root)/sessions/" + day.joined(separator: "/")
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private let directory: String

    func path(_ ending: String) -> String { "\(directory)/rollout-x-\(thread).\(ending)" }

    func write(_ text: String, ending: String = "jsonl") throws {
        try Data(text.utf8).write(to: URL(filePath: path(ending)))
    }

    var limits: [LimitRead] {
        Codex.cli.records { $0 == "CODEX_HOME" ? self.root : nil }
            .limits(of: thread, with: [:], in: "/")
    }

    static func count(_ percent: Double) -> String {
        #"{"type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":"#
            + #"{"limit_id":"codex","primary":{"used_percent":\#(percent)},"secondary":null}}}"#
            + "\n"
    }
}

@Suite struct `The limits in an account's files` {
    @Test func `are those of the last line of a thread`() throws {
        let home = try Home()
        #expect(home.limits == [])
        try home.write(Home.count(10) + Home.count(30))
        #expect(home.limits.flatMap(\.windows).map(\.used) == [30])
    }

    @Test func `are read from the end of a record of a gigabyte`() throws {
        let home = try Home()
        try home.write("")
        let file = try #require(FileHandle(forWritingAtPath: home.path("jsonl")))
        // A hole: it takes no room.
        try file.truncate(atOffset: 1 << 30)
        try file.seekToEnd()
        try file.write(contentsOf: Data(("\n" + Home.count(40)).utf8))
        try file.close()
        #expect(home.limits.flatMap(\.windows).map(\.used) == [40])
    }

    @Test func `are none where a record is cut off, compressed, or of another version`() throws {
        let home = try Home()
        try home.write(String(Home.count(50).dropLast(20)))
        #expect(home.limits == [])
        try home.write(#"{"kind":"limits","used":50}"# + "\n\u{0}\u{1}")
        #expect(home.limits == [])
        try FileManager.default.removeItem(atPath: home.path("jsonl"))
        try home.write(Home.count(50), ending: "jsonl.zst")
        #expect(home.limits == [])
    }

    @Test func `two homes are one account by their place or their login`() throws {
        let (one, two) = (try Home(), try Home())
        let records = Codex.cli.records { _ in nil }
        #expect(records.haveOneLogin(one.root, one.root))
        #expect(!records.haveOneLogin(one.root, two.root))
        for home in [one, two] {
            try Data("a".utf8).write(to: URL(filePath: home.root + "/auth.json"))
        }
        #expect(records.haveOneLogin(one.root, two.root))
        try Data("b".utf8).write(to: URL(filePath: two.root + "/auth.json"))
        #expect(!records.haveOneLogin(one.root, two.root))
        #expect(records.variables(of: "/x") == ["CODEX_HOME": "/x"])
    }
}
