import Foundation
import TestSupport
import Testing

/// A fact of a run, as `--events` told it.
private struct Fact: Decodable {
    var event: String
    var time: String
    var task: String?
    var session: Int?
    var until: Int64?
    var resumes: String?
    var thread: String?
    var isProbe: Bool?
    var charge: String?
    var usage: Usage?

    struct Usage: Decodable {
        var input: Int
        var output: Int
    }

    /// When it happened, since 1970.
    var milliseconds: Int64? {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.date(from: time).map { Int64($0.timeIntervalSince1970 * 1000) }
    }

    static func all(_ path: String) throws -> [Fact] { try decodedLines(of: path) }
}

/// Watches a run, and lets every request hit the account's usage limit once the first checklist is
/// written.
private func limit(_ path: String, for seconds: Int) -> (String, Int32) -> Void {
    { output, _ in
        guard output.contains("session 2 starts"), !FileManager.default.fileExists(atPath: path)
        else { return }
        try? "\(seconds)\n".write(toFile: path, atomically: true, encoding: .utf8)
    }
}

private struct StatusJSON: Decodable {
    struct Task: Decodable {
        var name: String
        var outcome: String?
        var ticked: Int?
        var total: Int?
        var sessions: Int
        var thread: String?
    }

    struct Spent: Decodable {
        struct Held: Decodable {
            var gate: String
            var times: Int
            var seconds: Double
        }

        var held: [Held]
    }

    var status: String
    var tasks: [Task]
    var spent: Spent
}

/// The seconds of each usage limit of a real evening; `nil` where nobody asked for one.
private let evening = ProcessInfo.processInfo.environment["QUIRE_EVENING"].flatMap { Int($0) }

@Suite(.disabled(if: hindrance != nil, hindrance), .serialized)
struct `The real Codex CLI` {
    @Test func `24 tasks of 4 sessions, 8 at once, all complete`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try put(
                """
                version: 1
                run: {name: real, concurrency: 8, agent: {command: [\(stage.agent)]}}
                tasks:
                  - name: t-{n}
                    matrix: {n: [\((1...24).map { "\($0)" }.joined(separator: ", "))]}
                    prompt: "model: entries=3 and piece {n}"
                """,
                root + "/m.yaml"
            )
            let run = try stage.quire(["run", "m.yaml"])
            #expect(run.status == 0, "\(run.output.suffix(3000)) \(run.error)")

            let threads = stage.threads
            for number in 1...24 {
                let task = root + "/.autonomous/t-\(number)"
                let list = text(task + "/task_list.md")
                #expect(list.components(separatedBy: "- [x] Task ").count == 4)
                #expect(!list.contains("- [ ]"))
                let thread = text(task + "/session.id").trimmingCharacters(in: .newlines)
                #expect(threads.contains(thread), "\(thread) is no thread of Codex's")
                let log = text(task + "/session.log")
                #expect(log.components(separatedBy: "\"turn.completed\"").count == 5)
                #expect(log == text(root + "/t-\(number).stdout"))
                #expect(!FileManager.default.fileExists(atPath: task + "/.runner.lock"))
            }
            let status = try stage.quire(["status", "--json"])
            let json = try decoded(StatusJSON.self, status.output)
            #expect(json.status == "finished" && json.tasks.count == 24)
            for task in json.tasks {
                #expect(task.outcome == "complete" && task.sessions == 4)
                #expect(task.ticked == 3 && task.total == 3)
                let id = text(root + "/.autonomous/\(task.name)/session.id")
                #expect(id == (task.thread ?? "") + "\n")
            }
            #expect(processes(mentioning: root + "/home").isEmpty)
        }
    }

    @Test func `12 tasks in trees of their own leave branches that one command merges`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            func git(_ command: String) throws -> String {
                let outcome = try stage.git(command)
                try #require(outcome.status == 0, "git \(command): \(outcome.error)")
                return outcome.output
            }
            _ = try git("init --quiet --initial-branch=main")
            try put("one\n", root + "/a.txt")
            _ = try git("add a.txt && git commit --quiet -m begin")
            try put(
                """
                version: 1
                run: {name: trees, concurrency: 8, agent: {command: [\(stage.agent)]}}
                defaults: {isolation: worktree}
                tasks:
                  - {name: "t-{n}", matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9]}, prompt: "model: entries=2, {n}"}
                  - {name: u-1, prompt: "model: entries=2", needs: [t-1, t-2]}
                  - {name: u-2, prompt: "model: entries=2", needs: [t-3]}
                  - {name: u-3, prompt: "model: entries=2", needs: [u-1]}
                """,
                root + "/m.yaml"
            )
            let run = try stage.quire(["run", "m.yaml"])
            #expect(run.status == 0, "\(run.output.suffix(3000)) \(run.error)")
            let names = (1...9).map { "t-\($0)" } + ["u-1", "u-2", "u-3"]
            for name in names {
                #expect(try git("show quire/trees/\(name):\(name).txt") == "a piece\na piece\n")
            }
            // Codex itself can't commit: its sandbox lets it not write .git.
            let own = try git("log --format=%s main..quire/trees/t-1")
            #expect(own == "t-1: 2 of 2 entries\nt-1: 1 of 2 entries\n")
            #expect(try git("show quire/trees/u-3:t-2.txt") == "a piece\na piece\n")
            #expect(try git("log --format=%s main") == "begin\n")
            let merge = try stage.quire(["merge", "--check", "test $(cat *.txt | wc -l) -gt 1"])
            #expect(merge.status == 0, "\(merge.output) \(merge.error)")
            for name in names { #expect(text(root + "/\(name).txt") == "a piece\na piece\n") }
            #expect(try git("status --porcelain --untracked-files=no") == "")
        }
    }

    @Test func `8 tasks that hit the usage limit wait for its end and lose nothing`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try put(
                """
                version: 1
                run: {name: limited, concurrency: 8, agent: {command: [\(stage.agent)]}}
                tasks:
                  - name: t-{n}
                    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
                    prompt: "model: entries=2 and piece {n}"
                """,
                root + "/m.yaml"
            )
            let run = try stage.quire(
                ["run", "m.yaml", "--progress", "plain", "--events", "events"],
                watching: limit(root + "/limit", for: 3)
            )
            #expect(run.status == 0, "\(run.output.suffix(3000)) \(run.error)")
            let facts = try Fact.all(root + "/events")
            let limited = facts.filter { $0.charge == "free" }
            #expect((1...8).contains(limited.count), "\(run.output)")
            #expect(facts.allSatisfy { $0.charge != "retry" })
            let closed = try #require(facts.firstIndex { $0.event == "gate_closed" })
            let opened = try #require(facts.firstIndex { $0.event == "gate_opened" })
            let probes = facts[closed..<opened].filter { $0.event == "session_started" }
            #expect(probes.count == 1 && probes.first?.isProbe == true)
            // Milliseconds since 1970; the minute is told, and its end is waited for. How soon the probe
            // starts then is the machine's business.
            let until = try #require(facts[closed].until)
            #expect(until % 60_000 == 0)
            let probed = try #require(probes.first?.milliseconds)
            #expect(probed >= until)
            for session in limited {
                let next = facts.first {
                    $0.event == "session_started" && $0.task == session.task
                        && $0.session == (session.session ?? 0) + 1
                }
                #expect(next?.resumes == session.thread)
            }
            // Each thread is counted once, however many sessions it took.
            var booked = 0
            for fact in facts where fact.event == "session_ended" {
                booked += (fact.usage?.input ?? 0) + (fact.usage?.output ?? 0)
            }
            #expect(booked > 0)
            #expect(booked == stage.tokensOnRecord)
        }
    }

    /// A limit of `QUIRE_EVENING` seconds, twice; 60 is the limit of an evening.
    @Test(.enabled(if: evening != nil, "takes minutes; QUIRE_EVENING=60 asks for it"))
    func `8 tasks meet the usage limit twice in an evening, and all complete`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try put(
                """
                version: 1
                run: {name: evening, concurrency: 8, agent: {command: [\(stage.agent)]}}
                tasks:
                  - name: t-{n}
                    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
                    prompt: "model: entries=4 and piece {n}"
                """,
                root + "/m.yaml"
            )
            var limits = 0
            let run = try stage.quire(
                ["run", "m.yaml", "--progress", "plain", "--events", "events"],
                deadline: .seconds(2 * (evening ?? 60) + 1800)
            ) { output, _ in
                // The first when the first list is written, the second when a task has come on
                // since.
                let over = output.components(separatedBy: "starts go on: a usage limit").count - 1
                let isTime =
                    limits == 0
                    ? output.contains("session 2 starts")
                    : limits == 1 && over == 1
                        && output.components(separatedBy: "starts go on: a usage limit").last?
                            .contains(" made progress") == true
                guard isTime else { return }
                limits += 1
                // The number makes it another limit.
                let words = "\(limits) \(evening ?? 60)\n"
                try? words.write(toFile: root + "/limit", atomically: true, encoding: .utf8)
            }
            #expect(run.status == 0, "\(run.output.suffix(3000)) \(run.error)")
            #expect(limits == 2)
            #expect(run.output.contains("8 tasks: 8 complete"))
            #expect(run.output.contains("held by a usage limit"), "\(run.output.suffix(1000))")
            let facts = try Fact.all(root + "/events")
            #expect(facts.allSatisfy { $0.charge != "retry" })
            let limited = facts.filter { $0.charge == "free" }
            #expect((2...16).contains(limited.count))
            for session in limited {
                let next = facts.first {
                    $0.event == "session_started" && $0.task == session.task
                        && $0.session == (session.session ?? 0) + 1
                }
                #expect(next?.resumes == session.thread)
            }
            let status = try stage.quire(["status", "--json"])
            let json = try decoded(StatusJSON.self, status.output)
            let held = try #require(json.spent.held.first)
            #expect(held.gate == "usage_limit" && held.times == 2)
            #expect(held.seconds >= Double(2 * (evening ?? 60)) - 10)
            print(run.output.split(separator: "\n").suffix(14).joined(separator: "\n"))
            print(status.output.prefix(1500))
        }
    }

    @Test func `a task begun by hand is continued, and its thread resumed`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let task = root + "/.autonomous/by-hand"
            try put(
                "# Task List\n\n## Tasks\n\n- [x] Task 1: a\n- [ ] Task 2: b\n- [ ] Task 3: c\n",
                task + "/task_list.md"
            )
            try put("# Progress Log\n", task + "/progress.md")
            let first = try stage.quire([
                "task", "--continue", "--no-auto-continue", "--agent", stage.agent,
            ])
            #expect(first.status == 0, "\(first.output) \(first.error)")
            #expect(first.output.contains("Continuing most recent task: by-hand"))
            #expect(first.output.contains("Progress: 2/3"))
            let thread = text(task + "/session.id")
            let second = try stage.quire([
                "task", "-n", "by-hand", "--resume-last", "--agent", stage.agent,
            ])
            #expect(second.status == 0, "\(second.output) \(second.error)")
            #expect(second.output.contains("ALL TASKS COMPLETED!"))
            #expect(text(task + "/session.id") == thread)
        }
    }

    @Test func `every option is taken, also when a session resumes`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try put("model_reasoning_effort = \"high\"\n", root + "/home/mine.config.toml")
            try put(
                """
                version: 1
                run: {agent: {command: [\(stage.agent)]}}
                tasks:
                  - name: t
                    prompt: "model: entries=2"
                    resume: true
                    model: gpt-5.2-codex
                    codex_args: [-p, mine, --color, never, -C, \(root), -s, workspace-write,
                      --add-dir, \(root)/home, -o, \(root)/last, --enable, goals]
                """,
                root + "/m.yaml"
            )
            let run = try stage.quire(["run", "m.yaml", "--events", "events"])
            #expect(run.status == 0, "\(run.output) \(run.error)")
            let starts = try Fact.all(root + "/events").filter { $0.event == "session_started" }
            #expect(starts.count == 3 && starts.dropFirst().allSatisfy { $0.resumes != nil })
            #expect(text(root + "/last") == "Done.")
            // The profile holds in each of them.
            #expect(stage.turnContexts.count == 3)
            #expect(stage.turnContexts.allSatisfy { $0.contains("\"effort\":\"high\"") })
        }
    }

    @Test func `a configuration that it can't read is told in its own words, and tried once`()
        throws
    {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try put("model = \"gpt\nmodel_provider = 5\n", root + "/home/config.toml")
            try put(
                "version: 1\nrun: {agent: {command: [\(stage.agent)]}}\n"
                    + "tasks: [{name: t, prompt: \"model: entries=1\"}]\n",
                root + "/m.yaml"
            )
            let run = try stage.quire(["run", "m.yaml"])
            #expect(run.status == 100, "\(run.output) \(run.error)")
            #expect(run.output.contains("config.toml:1:"), "\(run.output)")
            #expect(run.output.contains("invalid basic string"))
            #expect(!run.output.contains("session 2"))
        }
    }

    @Test func `an unknown thread is followed by a fresh one`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let task = root + "/.autonomous/stale"
            try put("## Tasks\n- [ ] Task 1: a\n", task + "/task_list.md")
            try put("", task + "/progress.md")
            try put("00000000-0000-0000-0000-000000000000\n", task + "/session.id")
            let run = try stage.quire([
                "task", "-n", "stale", "--resume-last", "--agent", stage.agent,
            ])
            #expect(run.status == 0, "\(run.output) \(run.error)")
            #expect(run.output.contains("Resume failed"))
            #expect(run.output.contains("ALL TASKS COMPLETED!"))
        }
    }
}
