import Dates
import Orchestration

/// A run as JUnit XML: a suite for each part, a case for each task.
///
/// The file keeps to what Jenkins's schema (`junit-10.xsd` of its xUnit plugin) and those of Ant and Surefire
/// have in common. Sessions are properties of the suite, since Jenkins refuses a file whose cases have
/// properties. A complete task with a failed session is "flaky" in Surefire's words, a failed task was
/// "rerun", and a task with work left is skipped.
package enum JUnitReport {
    /// Returns the whole file.
    package static func render(_ report: RunReport) -> String {
        let suites = suites(of: report)
        var xml = XMLText()
        xml.open(
            "testsuites",
            [
                ("name", report.name), ("time", time(report.seconds)),
                ("tests", "\(suites.reduce(0) { $0 + $1.tests })"),
                ("failures", "\(suites.reduce(0) { $0 + $1.failures })"),
                ("errors", "\(suites.reduce(0) { $0 + $1.errors })"),
            ]
        )
        for suite in suites { suite.write(to: &xml) }
        xml.close("testsuites")
        return xml.text
    }

    private static func suites(of report: RunReport) -> [Suite] {
        let there = report.parts.map { part in
            Suite(
                name: report.name + (part.shard.map { " shard \($0)" } ?? ""),
                run: report.name,
                part: part,
                tasks: part.tasks
            )
        }
        let missing = report.missing.map { shard in
            Suite(name: "\(report.name) shard \(shard)", run: report.name, missing: shard)
        }
        return there + missing
    }

    /// Formats seconds as the schemas require: with three decimals.
    fileprivate static func time(_ seconds: Double) -> String {
        let milliseconds = Int64(clamping: (max(0, seconds) * 1000).rounded())
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(fraction)"
    }
}

private struct Suite {
    var name: String
    var run: String
    var part: RunReport.Part?
    var tasks: [TaskRecord] = []
    var missing: Shard?

    var tests: Int { missing == nil ? tasks.count : 1 }
    var failures: Int { tasks.count(where: \.isFailed) }
    var errors: Int { missing == nil ? 0 : 1 }

    func write(to xml: inout XMLText) {
        let skipped = tasks.count { !$0.isFailed && $0.outcome != .complete }
        var attributes = [
            ("name", name), ("tests", "\(tests)"), ("failures", "\(failures)"),
            ("errors", "\(errors)"), ("skipped", "\(skipped)"),
            ("time", JUnitReport.time((part?.leg.duration ?? .zero).inSeconds)),
        ]
        if let part {
            // ISO 8601 without fraction and zone, as in Ant's schema.
            attributes.append(("timestamp", String(part.leg.began.timestamp.prefix(19))))
        }
        xml.open("testsuite", attributes)
        writeProperties(to: &xml)
        for task in tasks { write(task, to: &xml) }
        if let missing { writeMissing(missing, to: &xml) }
        xml.close("testsuite")
    }

    private func writeProperties(to xml: inout XMLText) {
        guard let part else { return }
        xml.open("properties")
        func property(_ name: String, _ value: String) {
            xml.element("property", [("name", name), ("value", value)])
        }
        property("ending", part.leg.ending?.rawValue ?? "none: it was killed, or still runs")
        for task in tasks {
            for session in task.history {
                let thread = session.thread.map { ", thread \($0)" } ?? ""
                let commit = session.commit.map { ", commit \($0)" } ?? ""
                property(
                    "\(task.name) session \(session.key.number)",
                    session.words + thread + commit
                )
            }
            if let changes = task.work?.changes {
                property("\(task.name) changes", changes.words)
            }
        }
        xml.close("properties")
    }

    private func write(_ task: TaskRecord, to xml: inout XMLText) {
        xml.open(
            "testcase",
            [
                ("name", task.name), ("classname", task.group.map { "\(run).\($0)" } ?? run),
                ("time", JUnitReport.time(task.seconds)),
            ]
        )
        switch task.outcome {
        case .complete: writeReruns(task.troubles, as: "flakyFailure", to: &xml)
        case .failed? where !task.isLeftOut, .stalled? where !task.isLeftOut,
            .damaged? where !task.isLeftOut:
            let outcome = task.outcome?.rawValue ?? ""
            xml.element("failure", [("type", outcome), ("message", task.words)], task.details)
            writeReruns(task.troubles.dropLast(), as: "rerunFailure", to: &xml)
        case .failed, .stalled, .damaged, .capped, .blocked, .unchecked, .needsYou, .cancelled, nil:
            let type = task.outcome?.rawValue ?? "unfinished"
            xml.element("skipped", [("type", type), ("message", task.wordsAndAdvice)])
        }
        if !task.history.isEmpty { xml.element("system-out", [], task.story) }
        xml.close("testcase")
    }

    private func writeReruns(
        _ sessions: some Sequence<SessionRecord>,
        as name: String,
        to xml: inout XMLText
    ) {
        for session in sessions {
            let type = session.end?.failure?.rawValue ?? session.end?.verdict.rawValue ?? "unknown"
            let message = "session \(session.key.number): \(session.end?.message ?? session.words)"
            xml.element(name, [("type", type), ("message", message)])
        }
    }

    private func writeMissing(_ shard: Shard, to xml: inout XMLText) {
        xml.open("testcase", [("name", "shard \(shard)"), ("classname", run), ("time", "0.000")])
        let words = "the run of this shard is not there, so nothing is known of its tasks"
        xml.element("error", [("type", "missing"), ("message", words)])
        xml.close("testcase")
    }
}

extension TaskRecord {
    fileprivate var details: String {
        let sessions = Format.count(history.count, "session")
        let entries = progress.map { Format.count($0.ticked, of: $0.total, "entry") }
        return "\(words)\n\(entries ?? "no checklist"), \(sessions)"
    }

    fileprivate var story: String {
        let sessions =
            history.map { "session \($0.key.number): \($0.words)" } + [note].compactMap(\.self)
        let changes = work?.changes.map { ["changes: \($0.words)"] } ?? []
        return (sessions + changes + (work?.uncommitted ?? [])).joined(separator: "\n")
    }
}

private struct XMLText {
    private var bytes: [UInt8] = Array(#"<?xml version="1.0" encoding="UTF-8"?>"#.utf8) + [10]
    private var depth = 0

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func open(_ name: String, _ attributes: [(String, String)] = []) {
        begin(name, attributes)
        add(">\n")
        depth += 1
    }

    mutating func close(_ name: String) {
        depth -= 1
        indent()
        add("</\(name)>\n")
    }

    /// Writes an element without child elements.
    mutating func element(
        _ name: String,
        _ attributes: [(String, String)],
        _ content: String? = nil
    ) {
        begin(name, attributes)
        guard let content else { return add("/>\n") }
        add(">")
        add(content.markupEscaped())
        add("</\(name)>\n")
    }

    private mutating func begin(_ name: String, _ attributes: [(String, String)]) {
        indent()
        add("<\(name)")
        for (key, value) in attributes {
            add(" \(key)=\"")
            add(value.markupEscaped(isAttribute: true))
            add("\"")
        }
    }

    private mutating func indent() { bytes += Array(repeating: 32, count: depth * 2) }

    private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
