import Foundation
import TestSupport
import Testing
import Yams

/// A workflow of `config/ci`, of which the test is the machine.
struct Workflow {
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

    /// The variables that all jobs have, as text.
    var environment: [String: String] {
        let all = root["env"] as? [String: Any] ?? root["variables"] as? [String: Any] ?? [:]
        return all.compactMapValues { $0 as? String }
    }

    /// The words of a job's key, a list.
    func words(_ key: String, of job: String) throws -> [String] {
        try #require(try self.job(job)[key] as? [String])
    }
}

/// A repository with a manifest, and clones of it.
struct Machines {
    let root: String
    let sha: String
    private let environment: [String: String]

    /// `files` lie beside the manifest.
    init(
        _ root: String,
        _ workflow: Workflow,
        tasks: [(String, String)],
        defaults: String = "{retries: {delay: 10ms, max_delay: 20ms}}",
        agent: String = "simulated",
        files: [String: String] = [:]
    ) throws {
        self.root = root
        environment = workflow.environment
        try FileManager.default.createDirectory(
            atPath: root + "/origin",
            withIntermediateDirectories: true
        )
        try QuireRun(root: root + "/origin").write(tasks, defaults: defaults, agent: agent)
        for (name, contents) in files {
            try put(contents, root + "/origin/" + name)
            chmod(root + "/origin/" + name, 0o755)
        }
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
        let cloned = try shell("rm -rf \(name) && git clone -q origin \(name)", in: root)
        #expect(cloned.status == 0, "\(cloned.error)")
    }

    /// Runs a step's command as a runner does, with these words before the shell's.
    func run(
        _ command: String,
        on machine: String,
        _ environment: [String: String] = [:],
        behind words: [String] = []
    ) throws -> Outcome {
        let bin = URL(filePath: Program.built("quire")).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let call = words + ["/bin/bash", "-e", "-c", command]
        var program = Program(call[0], Array(call.dropFirst()), in: root + "/" + machine)
        program.environment = self.environment.merging(environment) { $1 }.merging(
            ["PATH": bin + ":" + path, "MANIFEST": "quire.yaml"]
        ) { $1 }
        return try program.run()
    }
}

extension Machines {
    /// Copies what a job leaves on a machine, as its workflow lists it, to a directory.
    func keep(_ paths: [String], of machine: String, in place: String) throws {
        for path in paths {
            let command =
                path.hasPrefix("!")
                ? "rm -rf \(place)/\(path.dropFirst())"
                : "mkdir -p \(place) && rm -rf \(place)/\(path) "
                    + "&& if [ -e \(machine)/\(path) ]; then cp -a \(machine)/\(path) \(place)/; fi"
            let copied = try shell(command, in: root)
            #expect(copied.status == 0, "\(copied.error)")
        }
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
            let machines = try Machines(root, workflow, tasks: tasks)
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
                try machines.keep(
                    try workflow.uploads(of: "shard"),
                    of: machine,
                    in: "shards/shard-\(shard)"
                )
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
            let machines = try Machines(root, workflow, tasks: tasks)
            let nodes = try #require(try workflow.job("shard")["parallel"] as? Int)
            let commit = ["CI_COMMIT_SHA": machines.sha]
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
            let merged = try machines.run(lines, on: "merge", commit)
            #expect(merged.status == 100, "\(merged.output) \(merged.error)")
            #expect(text(root + "/merge/report.md").contains("6 tasks: 5 complete, 1 failed"))
            for number in 1...tasks.count where number != 3 {
                #expect(count("work-\(number).txt b/", in: root + "/merge/all.patch") == 1)
            }
        }
    }
}

/// Shards whose tasks have trees of their own, and change the same file.
@Suite struct `Shards that touch one file` {
    /// Two tasks change the first line and one the last, each in another shard; one fails at first.
    private static let agent = """
        #!/bin/sh
        if [ "$QUIRE_TASK" = new ] && [ "$QUIRE_SESSION" != 1 ] && [ -z "$GO" ]; then exit 1; fi
        '\(Program.built("codex-sim"))' "$@"
        status=$?
        case $QUIRE_TASK in
          first) sed -i '1s/.*/first/' a.txt ;;
          last) sed -i '20s/.*/last/' a.txt ;;
          clash) sed -i '1s/.*/clash/' a.txt ;;
          *) printf 'x\\r\\n' >> new.txt ;;
        esac
        exit $status
        """

    private func machines(_ root: String, _ workflow: Workflow) throws -> Machines {
        try Machines(
            root,
            workflow,
            tasks: ["first", "last", "clash", "new"].map { ($0, "entries=1") },
            defaults: "{isolation: worktree, retries: {delay: 10ms, max_delay: 20ms}}",
            agent: "{command: [./agent]}",
            files: [
                "agent": Self.agent, "a.txt": (1...20).map { "line \($0)\n" }.joined(),
            ]
        )
    }

    private func expectLanded(_ machine: String) throws {
        let all = text(machine + "/all.patch")
        #expect(all.contains("\n+last\n"), "\(all)")
        #expect(all.contains("new.txt b/new.txt"))
        let left = text(machine + "/left-out")
        #expect(left.split(separator: "\n").count == 1, "\(left)")
        #expect(all.contains("\n+first\n") == left.hasPrefix("clash"))
        #expect(all.contains("\n+clash\n") == left.hasPrefix("first"))
        // It lands where the shards began.
        let landed = try shell(
            "git switch -q --detach $(git log --format=%H --reverse | head -n 1) "
                + "&& git apply --index --binary all.patch && wc -c < new.txt && tail -n 1 a.txt",
            in: machine
        )
        #expect(landed.output == "6\nlast\n", "\(landed.output)\(landed.error)")
    }

    @Test func `land with GitHub's workflow, also after a failed job was run again`() throws {
        let workflow = try Workflow("github.yml")
        try withWorkspace { root in
            let machines = try machines(root, workflow)
            var environment = ["GITHUB_SHA": machines.sha, "GITHUB_STEP_SUMMARY": root + "/s.md"]
            func step(_ name: String, of job: String, on machine: String) throws -> Outcome {
                let command = try workflow.command(name, of: job)
                    .replacing("/tmp/shards", with: root + "/shards")
                return try machines.run(command, on: machine, environment)
            }
            func work(_ shard: Int) throws -> Int32 {
                environment["SHARD"] = "\(shard)/4"
                let ran = try step("Run the shard", of: "shard", on: "s\(shard)")
                let kept = try step("Keep what the agents did", of: "shard", on: "s\(shard)")
                #expect(kept.status == 0, "\(kept.output)\(kept.error)")
                try machines.keep(
                    try workflow.uploads(of: "shard"),
                    of: "s\(shard)",
                    in: "shards/shard-\(shard)"
                )
                return ran.status
            }
            var failed: [Int] = []
            for shard in 1...4 {
                try machines.clone("s\(shard)")
                if try work(shard) != 0 { failed.append(shard) }
            }
            try #require(failed.count == 1)
            // Again on a machine that has what was uploaded, at the same path.
            let shard = failed[0]
            try machines.clone("s\(shard)")
            let restored = try shell("cp -a ../shards/shard-\(shard)/. .", in: root + "/s\(shard)")
            #expect(restored.status == 0)
            let went = try step(
                "Go on where the earlier attempt ended",
                of: "shard",
                on: "s\(shard)"
            )
            #expect(went.status == 0, "\(went.error)")
            environment["GO"] = "1"
            #expect(try work(shard) == 0)

            try machines.clone("merge")
            let put = try step("Put together what the agents did", of: "merge", on: "merge")
            #expect(put.status == 0, "\(put.output)\(put.error)")
            try expectLanded(root + "/merge")
        }
    }

    @Test func `land with GitLab's workflow`() throws {
        let workflow = try Workflow("gitlab.yml")
        try withWorkspace { root in
            let machines = try machines(root, workflow)
            try machines.clone("merge")
            for node in 1...4 {
                try machines.clone("n\(node)")
                let environment = [
                    "CI_NODE_INDEX": "\(node)", "CI_NODE_TOTAL": "4", "GO": "1",
                    "CI_COMMIT_SHA": machines.sha,
                ]
                for key in ["script", "after_script"] {
                    let lines = try workflow.words(key, of: "shard").joined(separator: "\n")
                    let outcome = try machines.run(lines, on: "n\(node)", environment)
                    #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
                }
                try machines.keep(["shards/\(node)"], of: "n\(node)", in: "merge/shards")
            }
            let lines = try workflow.words("script", of: "merge").joined(separator: "\n")
            let merged = try machines.run(lines, on: "merge", ["CI_COMMIT_SHA": machines.sha])
            #expect(merged.status == 0, "\(merged.output)\(merged.error)")
            try expectLanded(root + "/merge")
        }
    }
}

@Suite struct `The manual's commands for CI` {
    @Test func `run two shards and put them together`() throws {
        let commands = try manual("ci", after: "# CI")
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
