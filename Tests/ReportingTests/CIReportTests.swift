import Foundation
import Orchestration
import Testing

@testable import Reporting

#if canImport(FoundationXML)
import FoundationXML
#endif

/// Text that is markup or a command wherever it is not escaped.
private let nasty =
    "<b>&amp;</b> ]]> \"it's\" \u{1B}[31m\u{0}|@all #1 `x` 100%\n::error::no\r\n\tend"

private func session(
    _ number: Int,
    _ verdict: Verdict?,
    failure: String? = nil,
    charge: Charge = .session,
    message: String? = nil
) -> RunReport.Session {
    RunReport.Session(
        number: number,
        role: number == 1 ? "initializer" : "executor",
        verdict: verdict,
        charge: charge,
        failure: failure,
        message: message,
        seconds: 61.5,
        tokens: 1_200,
        thread: "th-\(number)"
    )
}

/// Two shards of three, with a task of every kind.
private func report() -> RunReport {
    let start = WallTime(millisecondsSinceEpoch: 1_790_000_000_000)
    func task(
        _ name: String,
        _ outcome: Outcome?,
        shard: Int,
        _ sessions: [RunReport.Session] = []
    )
        -> RunReport.Task
    {
        RunReport.Task(
            name: name,
            group: shard == 1 ? "first" : nil,
            shard: Shard(number: shard, count: 3),
            outcome: outcome,
            reason: outcome == .failed ? nasty : outcome.map { "it is \($0.rawValue)" },
            progress: Progress(ticked: 1, total: 2),
            tokens: 1_200 * Int64(sessions.count),
            seconds: 61.5 * Double(sessions.count),
            sessions: sessions
        )
    }
    let broken = session(2, .failed, failure: "server", charge: .retry, message: "stream closed")
    let limited = session(1, .lost, failure: "usageLimit", charge: .free, message: "limit")
    return RunReport(
        name: "port <modules> & more",
        parts: [1, 2].map { number in
            RunReport.Part(
                shard: Shard(number: number, count: 3),
                directory: "/ci/\(number)",
                ending: number == 1 ? .finished : .terminated,
                began: start,
                ended: start + .seconds(100 * number)
            )
        },
        missing: [Shard(number: 3, count: 3)].compactMap(\.self),
        missingTasks: 4,
        tasks: [
            task("smooth", .complete, shard: 1, [session(1, .initialized), session(2, .ticked)]),
            task(
                "flaky",
                .complete,
                shard: 1,
                [session(1, .initialized), broken, session(3, .ticked)]
            ),
            task("limited", .complete, shard: 1, [limited, session(2, .ticked)]),
            task("failed", .failed, shard: 2, [session(1, .initialized), broken, broken]),
            task("stalled", .stalled, shard: 2),
            task("blocked", .blocked, shard: 2),
            task("capped", .capped, shard: 2),
            task("open", nil, shard: 2, [session(1, nil)]),
        ]
    )
}

/// Reads XML, and says where it is not what Jenkins's schema for JUnit files allows.
private final class JUnitReader: NSObject, XMLParserDelegate {
    private static let rerun: Set = ["message", "type"]
    private static let attributes: [String: (needed: Set<String>, others: Set<String>)] = [
        "testsuites": ([], ["name", "time", "tests", "failures", "errors"]),
        "testsuite": (
            ["name", "tests", "failures", "errors"],
            ["time", "skipped", "timestamp", "hostname", "id"]
        ),
        "properties": ([], []), "property": (["name", "value"], []),
        "testcase": (["name"], ["time", "classname", "group"]),
        "failure": ([], rerun), "error": ([], rerun), "skipped": ([], rerun),
        "flakyFailure": (["type"], ["message"]), "rerunFailure": (["type"], ["message"]),
        "system-out": ([], []),
    ]
    private static let parents: [String: String] = [
        "testsuites": "", "testsuite": "testsuites", "properties": "testsuite",
        "property": "properties", "testcase": "testsuite", "failure": "testcase",
        "error": "testcase", "skipped": "testcase", "flakyFailure": "testcase",
        "rerunFailure": "testcase", "system-out": "testcase",
    ]

    private(set) var problems: [String] = []
    private(set) var elements: [(name: String, attributes: [String: String])] = []
    private var open: [String] = []

    static func read(_ text: String) -> JUnitReader {
        let reader = JUnitReader()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = reader
        if !parser.parse() { reader.problems.append("\(parser.parserError as Any)") }
        return reader
    }

    func named(_ name: String) -> [[String: String]] {
        elements.filter { $0.name == name }.map(\.attributes)
    }

    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        if let (needed, others) = Self.attributes[name] {
            let given = Set(attributes.keys)
            if !given.isSuperset(of: needed) || !given.isSubset(of: needed.union(others)) {
                problems.append("\(name) with \(given)")
            }
        }
        if Self.parents[name] != open.last ?? "" { problems.append("\(name) in \(open)") }
        if let time = attributes["time"], time.wholeMatch(of: /\d+\.\d{3}/) == nil {
            problems.append("time \(time)")
        }
        open.append(name)
        elements.append((name, attributes))
    }

    func parser(
        _ parser: XMLParser,
        didEndElement name: String,
        namespaceURI: String?,
        qualifiedName: String?
    ) {
        open.removeLast()
    }
}

@Suite struct `What CI reads of a run` {
    @Test func `JUnit XML keeps to the schema and holds a case for each task`() throws {
        let text = JUnitReport.render(report())
        let reader = JUnitReader.read(text)
        #expect(reader.problems.isEmpty)
        let cases = reader.named("testcase")
        #expect(cases.count == 9 && Set(cases.compactMap { $0["name"] }).count == 9)
        #expect(reader.named("failure").count == 2)
        #expect(reader.named("skipped").count == 3)
        #expect(reader.named("error").count == 1)
        #expect(reader.named("flakyFailure").count == 1)
        #expect(reader.named("rerunFailure").count == 1)
        #expect(reader.named("testsuites").first?["tests"] == "9")
        let sessions = reader.named("property").compactMap { $0["name"] }
            .filter { $0.contains(" session ") }
        #expect(sessions.count == 11)
        try expectGolden(text, "junit.xml")
    }

    @Test func `words that XML can't hold are made harmless, and others come through`() throws {
        let reader = JUnitReader.read(JUnitReport.render(report()))
        let failure = try #require(reader.named("failure").first?["message"])
        let expected = nasty.replacing("\u{1B}", with: "\u{FFFD}").replacing(
            "\u{0}",
            with: "\u{FFFD}"
        )
        #expect(Array(failure.unicodeScalars) == Array(expected.unicodeScalars))
        for value in (UInt32(0)...0xFFFF) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            guard value < 0x200 || value > 0xFFF0 || value.isMultiple(of: 97) else { continue }
            var odd = RunReport(name: "a\(Character(scalar))b", parts: report().parts, tasks: [])
            odd.parts.removeLast()
            let read = JUnitReader.read(JUnitReport.render(odd))
            #expect(read.problems.isEmpty, "U+\(String(value, radix: 16))")
        }
    }

    @Test func `Markdown shows what is in trouble first, and nothing in it is markup`() throws {
        let text = MarkdownReport.render(report())
        #expect(!text.contains("<b>") && !text.contains("@all") && !text.contains("\u{1B}"))
        try expectGolden(text, "report.md")
    }

    @Test func `Markdown keeps to the size that it may have`() {
        var large = report()
        let template = large.tasks[3]
        large.tasks = (0..<2_000).map { number in
            var task = template
            task.name = "task \(number)"
            return task
        }
        let text = MarkdownReport.render(large, limit: 20_000)
        #expect(text.utf8.count <= 20_000 && text.utf8.count > 15_000)
        #expect(text.contains(#/… and \d+ tasks more/#))
    }

    @Test func `annotations are GitHub's commands, and no text of an agent is one`() throws {
        var many = report()
        let text = GitHubReport.annotations(many).text
        try expectGolden(text, "github.txt")
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.starts(with: #/::(error|warning|notice) title=[^:,]*::/#) })
        let template = many.tasks[3]
        many.tasks = (0..<25).map { number in
            var task = template
            task.name = "t\(number)"
            return task
        }
        let shown = GitHubReport.annotations(many).text.split(separator: "\n")
        #expect(shown.count == 10)
        #expect(shown.last?.contains("17 more") ?? false)
    }
}
