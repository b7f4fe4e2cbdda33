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

private let start = WallTime(millisecondsSinceEpoch: 1_790_000_000_000)

private func session(
    _ number: Int,
    _ verdict: Verdict?,
    failure: FailureClass? = nil,
    charge: Charge = .session,
    message: String? = nil
) -> SessionRecord {
    let role = number == 1 ? Role.initializer : .executor
    let fact = SessionStarted(task: "", session: number, slot: 0, role: role)
    var session = SessionRecord(fact, at: start)
    session.thread = "th-\(number)"
    guard let verdict else { return session }
    var end = SessionRecord.End(at: start, seconds: 61.5, verdict, charge)
    (end.failure, end.message) = (failure, message)
    end.usage = TokenUsage(input: 1_200)
    session.end = end
    return session
}

private func task(
    _ name: String,
    _ outcome: Outcome?,
    group: String? = nil,
    _ history: [SessionRecord] = []
) -> TaskRecord {
    var task = TaskRecord(name: name, group: group)
    task.outcome = outcome
    task.reason = outcome == .failed ? nasty : outcome.map { "it is \($0.rawValue)" }
    task.progress = Progress(ticked: 1, total: 2)
    task.tokens = 1_200 * Int64(history.count)
    task.seconds = 61.5 * Double(history.count)
    task.history = history
    return task
}

private func part(_ number: Int, _ tasks: [TaskRecord]) throws -> RunReport.Part {
    var leg = LegRecord(run: "r", name: "port <modules> & more", began: start)
    leg.end(
        RunEnded(ending: number == 1 ? .finished : .terminated, outcomes: [:], unfinished: 0),
        at: start + .seconds(100 * number)
    )
    let shard = try #require(Shard(number: number, count: 3))
    let whole = RunPart(shard: shard, tasks: 12, manifest: "")
    return try #require(
        RunReport.Part(RunRecord(leg, part: whole, tasks: tasks), in: "/ci/\(number)")
    )
}

private let broken = session(
    2,
    .failed,
    failure: .overload,
    charge: .retry,
    message: "stream closed"
)

/// Two shards of three, with a task of every kind.
private func report() throws -> RunReport {
    let limited = session(1, .lost, failure: .usageLimit, charge: .free, message: "limit")
    let flaky = [session(1, .initialized), broken, session(3, .ticked)]
    return RunReport([
        try part(
            1,
            [
                task(
                    "smooth",
                    .complete,
                    group: "first",
                    [session(1, .initialized), session(2, .ticked)]
                ),
                task("flaky", .complete, group: "first", flaky),
                task("limited", .complete, group: "first", [limited, session(2, .ticked)]),
            ]
        ),
        try part(
            2,
            [
                task("failed", .failed, [session(1, .initialized), broken, broken]),
                task("stalled", .stalled), task("blocked", .blocked), task("capped", .capped),
                task("open", nil, [session(1, nil)]),
            ]
        ),
    ])
}

/// The same shards with nothing but tasks that failed.
private func report(failing count: Int) throws -> RunReport {
    let tasks = (0..<count).map { task("t\($0)", .failed, [broken, broken]) }
    return RunReport([try part(1, []), try part(2, tasks)])
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
        let text = JUnitReport.render(try report())
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
        let reader = JUnitReader.read(JUnitReport.render(try report()))
        let failure = try #require(reader.named("failure").first?["message"])
        let expected = nasty.replacing("\u{1B}", with: "\u{FFFD}").replacing(
            "\u{0}",
            with: "\u{FFFD}"
        )
        #expect(Array(failure.unicodeScalars) == Array(expected.unicodeScalars))
        for value in (UInt32(0)...0xFFFF) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            guard value < 0x200 || value > 0xFFF0 || value.isMultiple(of: 97) else { continue }
            let leg = LegRecord(run: "r", name: "a\(Character(scalar))b", began: start)
            let odd = try #require(RunReport.Part(RunRecord(leg, tasks: []), in: "/ci"))
            let read = JUnitReader.read(JUnitReport.render(RunReport([odd])))
            #expect(read.problems.isEmpty, "U+\(String(value, radix: 16))")
        }
    }

    @Test func `Markdown shows what is in trouble first, and nothing in it is markup`() throws {
        let text = MarkdownReport.render(try report())
        #expect(!text.contains("<b>") && !text.contains("@all") && !text.contains("\u{1B}"))
        try expectGolden(text, "report.md")
    }

    @Test func `Markdown keeps to the size that it may have`() throws {
        let text = MarkdownReport.render(try report(failing: 2_000), limit: 20_000)
        #expect(text.utf8.count <= 20_000 && text.utf8.count > 15_000)
        #expect(text.contains(#/… and \d+ tasks more/#))
    }

    @Test func `annotations are GitHub's commands, and no text of an agent is one`() throws {
        let text = GitHubReport.annotations(try report()).text
        try expectGolden(text, "github.txt")
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.starts(with: #/::(error|warning|notice) title=[^:,]*::/#) })
        let shown = GitHubReport.annotations(try report(failing: 25)).text.split(separator: "\n")
        #expect(shown.count == 10)
        #expect(shown.last?.contains("17 more") ?? false)
    }
}
