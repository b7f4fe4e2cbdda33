import Foundation
import TestSupport
import Testing

/// Where the file's text says something, as often as it does.
private func count(_ words: String, in file: String) -> Int {
    text(file).components(separatedBy: words).count - 1
}

@Suite struct `Reports for CI` {
    @Test func `are written before the failing exit, also where failures end the run`() throws {
        try withRun { run in
            try run.write([("good", "entries=1"), ("bad", "fail=refuse"), ("late", "entries=1")])
            let files = ["--junit", "out/junit.xml", "--markdown", "out/report.md"]
            let outcome = try run.quire(["run", "m.yaml"] + files)
            #expect(outcome.status == 100, "\(outcome.error)")
            #expect(count("<testcase ", in: run.root + "/out/junit.xml") == 3)
            #expect(count("<failure ", in: run.root + "/out/junit.xml") == 1)
            #expect(text(run.root + "/out/report.md").contains("| ❌ failed | bad |"))
            #expect(!outcome.output.contains("::error"))
        }
    }

    @Test func `are written when the run is interrupted`() throws {
        try withRun { run in
            try run.write([("t", "entries=3 duration=600s")])
            let outcome = try run.quire(
                ["run", "m.yaml", "--drain-timeout", "0s", "--junit", "junit.xml"],
                watching: signal(SIGTERM, at: "session 1 starts")
            )
            #expect(outcome.status == 143, "\(outcome.error)")
            let junit = run.root + "/junit.xml"
            #expect(count("<skipped ", in: junit) == 1, "\(text(junit))")
            #expect(count("value=\"terminated\"", in: junit) == 1)
        }
    }

    @Test func `tell of earlier legs, and of retries as flaky`() throws {
        try withRun { run in
            try run.write([("t", "entries=2 fail=stream-cut fail-on=2"), ("u", "fail=refuse")])
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            let again = try run.quire(["run", "m.yaml", "--junit", "junit.xml"])
            #expect(again.status == 100)
            let junit = run.root + "/junit.xml"
            #expect(count("<flakyFailure ", in: junit) == 1 && count("<testcase ", in: junit) == 2)
        }
    }

    @Test func `count the sessions of all legs, as the table does, and say what is of one`() throws
    {
        try withRun { run in
            try run.write([("u", "fail=refuse")], defaults: "{same_failure: 1}")
            let first = try run.quire(["run", "m.yaml"])
            #expect(first.status == 100 && first.output.contains(": 1 failed · 1 session · "))
            #expect(!first.output.contains("in this leg"), "\(first.output)")
            let again = try run.quire(
                ["run", "m.yaml", "--retry-failed", "--markdown", "report.md"]
            )
            #expect(again.output.contains(#/✗ failed +u +- +2 /#), "\(again.output)")
            let legs =
                #/1 failed · 1 session · 0 tokens · .+ in this leg; 2 sessions · 0 tokens in all\n/#
            #expect(again.output.contains(legs), "\(again.output)")
            let report = text(run.root + "/report.md")
            #expect(report.contains("1 failed · 2 sessions · "), "\(report)")
            #expect(report.contains("· newest leg "), "\(report)")
        }
    }

    @Test(arguments: ["m.yaml", "link", "twin", "below/t/task_list.md", ".autonomous/t/new"])
    func `are added to no manifest and no file of the state, also through links`(
        summary: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let links = "ln -s m.yaml link; ln m.yaml twin; ln -s .autonomous below"
            #expect(try shell(links, in: run.root).status == 0)
            let path = run.root + "/" + summary
            let before = FileManager.default.contents(atPath: path)
            let outcome = try run.quire(
                ["run", "m.yaml"],
                environment: ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": path]
            )
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.error.contains("warning: the step summary: "), "\(outcome.error)")
            #expect(FileManager.default.contents(atPath: path) == before)
        }
    }

    @Test func `add annotations and a summary where GitHub Actions runs`() throws {
        try withRun { run in
            try run.write([("good", "entries=1"), ("bad", "fail=refuse")])
            try put("before\n", run.root + "/summary.md")
            let environment = [
                "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": run.root + "/summary.md",
            ]
            let outcome = try run.quire(["run", "m.yaml"], environment: environment)
            let lines = outcome.output.components(separatedBy: "\n")
            let stop = try #require(lines.firstIndex { $0.hasPrefix("::stop-commands::") })
            let token = lines[stop].dropFirst("::stop-commands::".count)
            let go = try #require(lines.firstIndex(of: "::\(token)::"))
            let error = try #require(lines.firstIndex { $0.hasPrefix("::error title=bad") })
            #expect(stop < go && go < error)
            let summary = text(run.root + "/summary.md")
            #expect(summary.hasPrefix("before\n") && summary.contains("| ❌ failed | bad |"))
            let plain = try run.quire(
                ["run", "m.yaml", "--format", "text"],
                environment: environment
            )
            #expect(!plain.output.contains("::"))
        }
    }

    @Test func `that can't be written are refused before anything starts`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            try put("", run.root + "/file")
            for option in ["--junit", "--markdown"] {
                for path in ["file/below.xml", ".", "/proc/none/x.xml"] {
                    let outcome = try run.quire(["run", "m.yaml", option, path])
                    #expect(outcome.status == 69 && outcome.error.contains("\(option): "))
                    #expect(outcome.error.contains("can't be written"), "\(outcome.error)")
                }
            }
            #expect(!FileManager.default.fileExists(atPath: run.task("t") + "/task_list.md"))
        }
    }
}

@Suite struct `Runs of shards` {
    /// Runs shards of ten tasks, each with a state directory of its own.
    private func shard(
        _ run: QuireRun,
        _ numbers: [Int],
        of total: Int = 3,
        _ options: String...
    ) throws {
        for number in numbers {
            let outcome = try run.quire(
                ["run", "m.yaml", "--shard", "\(number)/\(total)", "--state-dir", "s\(number)"]
                    + options
            )
            #expect([0, 100].contains(outcome.status), "\(outcome.error)")
        }
    }

    private let tasks = (1...10).map { ("t\($0)", $0 == 4 ? "fail=refuse" : "entries=1") }

    @Test func `join to one report`() throws {
        try withRun { run in
            try run.write(tasks)
            try shard(run, [1, 2, 3])
            let merged = try run.quire(["merge-runs", "s3", "s1", "s2", "--junit", "junit.xml"])
            #expect(merged.status == 100 && merged.error.isEmpty, "\(merged.error)")
            #expect(merged.output.contains("10 tasks: 9 complete, 1 failed"))
            #expect(count("<testcase ", in: run.root + "/junit.xml") == 10)
            #expect(count("<testsuite ", in: run.root + "/junit.xml") == 3)
            let json = try run.quire(["merge-runs", "s1", "s2", "s3", "--json"])
            let object =
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            let names = (object?["tasks"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
            #expect(Set(names ?? []) == Set(tasks.map(\.0)) && names?.count == 10)
        }
    }

    @Test func `one of which is missing are said to be incomplete`() throws {
        try withRun { run in
            try run.write((1...10).map { ("t\($0)", "entries=1") })
            try shard(run, [1, 3])
            let merged = try run.quire(["merge-runs", "s1", "s3", "--junit", "junit.xml"])
            #expect(merged.status == 101)
            #expect(merged.error.contains("shard 2/3 is missing"), "\(merged.error)")
            #expect(count("<error type=\"missing\"", in: run.root + "/junit.xml") == 1)
        }
    }

    @Test func `that don't belong together are refused`() throws {
        try withRun { run in
            try run.write(tasks)
            try shard(run, [1, 2])
            let twice = try run.quire(["merge-runs", "s1", "s2", "s1"])
            #expect(twice.status == 64 && twice.error.contains("is there twice"))
            try run.write(tasks.map { ($0.0, "entries=2") })
            try shard(run, [3], "--keep-lists")
            let changed = try run.quire(["merge-runs", "s1", "s2", "s3"])
            #expect(changed.status == 64 && changed.error.contains("different manifests"))
            let whole = try run.quire(
                ["run", "m.yaml", "--state-dir", "whole", "--keep-lists"]
            )
            #expect(whole.status == 0 || whole.status == 100)
            let odd = try run.quire(["merge-runs", "s1", "whole"])
            #expect(odd.status == 64 && odd.error.contains("is no shard"), "\(odd.error)")
            let none = try run.quire(["merge-runs", "nowhere"])
            #expect(none.status == 69 && none.error.contains("no run is recorded in"))
            #expect(try run.quire(["merge-runs"]).status == 64)
            #expect(try run.quire(["merge-runs", "whole"]).output.contains("10 tasks"))
        }
    }
}
