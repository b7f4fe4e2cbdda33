import Foundation
import Orchestration
import TestSupport
import Testing

@Suite struct `Numbers before nouns` {
    @Test(
        arguments: [
            ("task", "0 tasks", "1 task", "2 tasks"),
            ("entry", "0 entries", "1 entry", "2 entries"),
            ("retry", "0 retries", "1 retry", "2 retries"), ("key", "0 keys", "1 key", "2 keys"),
            ("process", "0 processes", "1 process", "2 processes"),
        ]
    )
    func `agree with them`(_ noun: String, _ none: String, _ one: String, _ several: String) {
        #expect([0, 1, 2].map { Format.count($0, noun) } == [none, one, several])
        #expect(Format.count(Int64(1), noun) == one)
        #expect(Format.count(1, of: 1, noun) == "1/" + one)
        #expect(Format.count(1, of: 2, noun) == "1/" + several)
    }

    @Test func `agree with tokens and bytes`() {
        #expect(
            [0, 1, 2, 12_300].map { Format.tokenCount($0) }
                == ["0 tokens", "1 token", "2 tokens", "12.3k tokens"]
        )
        #expect([Int64(0), 1, 2].map(\.bytesForPeople) == ["0 bytes", "1 byte", "2 bytes"])
    }

    /// Words that end like a plural and are none.
    private static let others: Set<String> = [
        "as", "asks", "builds", "changes", "does", "exists", "fails", "has", "hides", "holds", "is",
        "knows",
        "limits", "looks",
        "makes", "needs",
        "stands", "starts",
        "was", "works",
    ]

    /// A value that is put into a text, and the noun in the plural that follows it, if one does.
    private static func plurals(in line: String) -> [String] {
        var found: [String] = []
        var rest = line[...]
        while let start = rest.range(of: "\\(") {
            var (depth, end) = (1, start.upperBound)
            while end < rest.endIndex, depth > 0 {
                depth += rest[end] == "(" ? 1 : rest[end] == ")" ? -1 : 0
                end = rest.index(after: end)
            }
            let value = rest[start.lowerBound..<end]
            if let match = rest[end...].prefixMatch(of: #/ (?:more |other )?([a-z]+s)\b/#),
                !others.contains(String(match.1)),
                !["Format.duration(", "Format.decimal("].contains(where: value.contains)
            {
                found.append("\(value) \(match.1)")
            }
            rest = rest[start.upperBound...]
        }
        return found
    }

    @Test(
        arguments: [
            (#""\(count) tasks wait""#, 1), (#""\(a(b)) more sessions""#, 1),
            (#""\(Format.count(count, "task")) wait""#, 0), (#""\(name) holds it""#, 0),
            (#""held \(f(" \(count) times"))""#, 1),
        ]
    )
    func `are found where they stand without the word's function`(_ line: String, _ count: Int) {
        #expect(Self.plurals(in: line).count == count)
    }

    @Test func `come from one function, wherever people read them`() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let files = try #require(
            FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        )
        // The stand-in for Codex speaks as Codex does; checkers speak to programmers.
        let spared = ["/CodexSim/", "/Checker.swift"]
        // A session's number is no count of it, and time is no thing that is counted.
        let allowed = [#"Session \(number) runs in slot"#, #"\(time) of sessions"#]
        for case let file as URL in files
        where file.pathExtension == "swift" && !spared.contains(where: file.path.contains) {
            // Texts that are put together over lines are one.
            let source = text(file.path).replacingOccurrences(
                of: #""\s*\+ ""#,
                with: "",
                options: .regularExpression
            )
            for line in source.split(separator: "\n")
            where line.range(of: #"\) [a-z ]*s\b"#, options: .regularExpression) != nil
                && !line.contains("//") && !allowed.contains(where: line.contains)
            {
                #expect(Self.plurals(in: String(line)) == [], "\(file.lastPathComponent): \(line)")
            }
        }
    }
}
