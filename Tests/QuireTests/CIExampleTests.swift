import Foundation
import TestSupport
import Testing
import Yams

/// A workflow of `config/ci`, of which the test is the machine.
private struct Workflow {
    private let root: [String: Any]

    init(_ name: String) throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../config/ci/\(name)")
        root = try #require(
            try Yams.load(yaml: String(contentsOf: path, encoding: .utf8)) as? [String: Any]
        )
    }

    func job(_ name: String) throws -> [String: Any] {
        let jobs = root["jobs"] as? [String: Any] ?? root
        return try #require(jobs[name] as? [String: Any])
    }

    /// The command of a step of GitHub Actions.
    func command(_ step: String, of job: String) throws -> String {
        let steps = try #require(try self.job(job)["steps"] as? [[String: Any]])
        return try #require(steps.first { $0["name"] as? String == step }?["run"] as? String)
    }

    /// What a job of GitHub Actions uploads.
    func uploads(of job: String) throws -> [String] {
        let steps = try #require(try self.job(job)["steps"] as? [[String: Any]])
        let step = steps.first { ($0["uses"] as? String ?? "").contains("upload-artifact") }
        let paths = (step?["with"] as? [String: Any])?["path"] as? String
        return try #require(paths).split(separator: "\n").map(String.init)
    }

    /// The words of a job's key, a list.
    func words(_ key: String, of job: String) throws -> [String] {
        try #require(try self.job(job)[key] as? [String])
    }
}

/// A repository with a manifest, and clones of it.
private struct Machines {
    let root: String
    let sha: String

    init(_ root: String, tasks: [(String, String)]) throws {
        self.root = root
        try FileManager.default.createDirectory(
            atPath: root + "/origin",
            withIntermediateDirectories: true
        )
        try QuireRun(root: root + "/origin").write(tasks)
        let made = try shell(
            """
            mv m.yaml quire.yaml && git init -q && git add . \
            && git -c user.name=T -c user.email=t@t commit -qm start && git rev-parse HEAD
            """,
            in: root + "/origin"
        )
        #expect(made.status == 0, "\(made.error)")
        sha = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func clone(_ name: String) throws {
        let cloned = try shell("git clone -q origin \(name)", in: root)
        #expect(cloned.status == 0, "\(cloned.error)")
    }

    /// Runs a step's command as a runner does.
    func run(
        _ command: String,
        on machine: String,
        _ environment: [String: String] = [:]
    ) throws -> Outcome {
        let bin = URL(filePath: Program.built("quire")).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        var program = Program("/bin/bash", ["-e", "-c", command], in: root + "/" + machine)
        program.environment = environment.merging(
            ["PATH": bin + ":" + path, "MANIFEST": "quire.yaml"]
        ) { $1 }
        return try program.run()
    }
}

private func count(_ words: String, in file: String) -> Int {
    text(file).components(separatedBy: words).count - 1
}

@Suite struct `The workflows of config/ci` {
    private let tasks = (1...6).map { number in
        (
            "t\(number)",
            "entries=2 work=work-\(number).txt" + (number == 3 ? " fail=refuse" : "")
        )
    }

    @Test func `GitHub's runs every task once and puts everything together`() throws {
        let workflow = try Workflow("github.yml")
        try withWorkspace { root in
            let machines = try Machines(root, tasks: tasks)
            let github = [
                "GITHUB_ACTIONS": "true", "GITHUB_SHA": machines.sha,
                "GITHUB_STEP_SUMMARY": root + "/summary.md",
            ]
            let matrix = try #require(
                (try workflow.job("shard")["strategy"] as? [String: Any])?["matrix"]
                    as? [String: Any]
            )
            let shards = try #require(matrix["shard"] as? [Int])
            let word = try #require(
                (try workflow.job("shard")["env"] as? [String: Any])?["SHARD"] as? String
            )
            func work(_ shard: Int, on machine: String) throws -> Int32 {
                let text = word.replacing("${{ matrix.shard }}", with: "\(shard)")
                    .replacing("${{ strategy.job-total }}", with: "\(shards.count)")
                let environment = github.merging(["SHARD": text]) { $1 }
                let ran = try machines.run(
                    try workflow.command("Run the shard", of: "shard"),
                    on: machine,
                    environment
                )
                let kept = try machines.run(
                    try workflow.command("Keep what the agents did", of: "shard"),
                    on: machine,
                    environment
                )
                #expect(kept.status == 0, "\(kept.error)")
                for upload in try workflow.uploads(of: "shard") {
                    let copied = try shell(
                        "mkdir -p shards/shard-\(shard) && rm -rf shards/shard-\(shard)/\(upload) "
                            + "&& cp -a \(machine)/\(upload) shards/shard-\(shard)/",
                        in: root
                    )
                    #expect(copied.status == 0, "\(copied.error)")
                }
                return ran.status
            }
            func merge(on machine: String) throws -> Int32 {
                try machines.clone(machine)
                func command(_ step: String) throws -> String {
                    try workflow.command(step, of: "merge")
                        .replacing("/tmp/shards", with: root + "/shards")
                }
                let put = try machines.run(
                    try command("Put together what the agents did"),
                    on: machine,
                    github
                )
                #expect(put.status == 0, "\(put.error)")
                return try machines.run(try command("Merge the runs"), on: machine, github).status
            }

            var failed: [Int] = []
            for shard in shards {
                try machines.clone("s\(shard)")
                if try work(shard, on: "s\(shard)") != 0 { failed.append(shard) }
            }
            #expect(failed.count == 1)
            #expect(try merge(on: "merge1") == 100)

            // The failed job again, on a machine that has only what was uploaded.
            for shard in failed {
                try machines.clone("again")
                let restored = try shell("cp -a ../shards/shard-\(shard)/. .", in: root + "/again")
                #expect(restored.status == 0)
                let went = try machines.run(
                    try workflow.command("Go on where the earlier attempt ended", of: "shard"),
                    on: "again",
                    github
                )
                #expect(went.status == 0, "\(went.error)")
                _ = try work(shard, on: "again")
            }
            #expect(try merge(on: "merge2") == 100)
            #expect(count("<testcase ", in: root + "/merge2/junit.xml") == tasks.count)
            for number in 1...tasks.count where number != 3 {
                #expect(count("work-\(number).txt b/", in: root + "/merge2/all.patch") == 1)
            }
            #expect(text(root + "/summary.md").contains("6 tasks"))
        }
    }

    @Test func `GitLab's runs every task once and puts everything together`() throws {
        let workflow = try Workflow("gitlab.yml")
        try withWorkspace { root in
            let machines = try Machines(root, tasks: tasks)
            let nodes = try #require(try workflow.job("shard")["parallel"] as? Int)
            try machines.clone("merge")
            for node in 1...nodes {
                try machines.clone("n\(node)")
                let environment = [
                    "CI_NODE_INDEX": "\(node)", "CI_NODE_TOTAL": "\(nodes)",
                    "CI_COMMIT_SHA": machines.sha,
                ]
                for key in ["script", "after_script"] {
                    let lines = try workflow.words(key, of: "shard").joined(separator: "\n")
                    let outcome = try machines.run(lines, on: "n\(node)", environment)
                    #expect([0, 100].contains(outcome.status), "\(outcome.error)")
                }
                #expect(text(root + "/n\(node)/junit-\(node).xml").contains("<testsuites"))
                let copied = try shell(
                    "mkdir -p merge/shards && cp -a n\(node)/shards/. merge/shards/",
                    in: root
                )
                #expect(copied.status == 0, "\(copied.error)")
            }
            let lines = try workflow.words("script", of: "merge").joined(separator: "\n")
            let merged = try machines.run(lines, on: "merge")
            #expect(merged.status == 100, "\(merged.output) \(merged.error)")
            #expect(text(root + "/merge/report.md").contains("6 tasks: 5 complete, 1 failed"))
            for number in 1...tasks.count where number != 3 {
                #expect(count("work-\(number).txt b/", in: root + "/merge/all.patch") == 1)
            }
        }
    }
}

@Suite struct `The README's commands for CI` {
    @Test func `run two shards and put them together`() throws {
        let commands = try readme(after: "### In CI")
        #expect(commands.count == 3)
        try withRun { run in
            try run.write((1...6).map { ("t\($0)", "entries=2") })
            try FileManager.default.moveItem(
                atPath: run.root + "/m.yaml",
                toPath: run.root + "/quire.yaml"
            )
            let bin = URL(filePath: Program.built("quire")).deletingLastPathComponent().path
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            for command in commands {
                var program = Program("/bin/sh", ["-c", command], in: run.root)
                program.environment = ["PATH": bin + ":" + path]
                let outcome = try program.run()
                #expect(outcome.status == 0, "\(command): \(outcome.output)\(outcome.error)")
            }
            #expect(text(run.root + "/junit.xml").components(separatedBy: "<testcase ").count == 7)
            for task in 1...6 { #expect(!run.list("t\(task)").contains("- [ ]")) }
        }
    }
}
