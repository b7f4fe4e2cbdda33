import Foundation
import TestSupport
import Testing

/// The names of the tasks that `quire plan --json` shows.
private func planned(_ run: QuireRun, _ arguments: String...) throws -> [String] {
    let outcome = try run.quire(["plan", "m.yaml", "--json"] + arguments)
    #expect(outcome.status == 0, "\(outcome.error)")
    let plan = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let tasks = try #require(plan?["tasks"] as? [[String: Any]])
    return tasks.compactMap { $0["name"] as? String }
}

@Suite struct `Parts of a manifest` {
    @Test func `shards run what the plan says, and together everything`() throws {
        try withRun { run in
            try run.write((1...10).map { ("t\($0)", "entries=1") })
            var seen: [String] = []
            for number in 1...3 {
                let names = try planned(run, "--shard", "\(number)/3")
                let outcome = try run.quire(["run", "m.yaml", "--shard", "\(number)/3"])
                #expect(outcome.status == 0, "\(outcome.error)")
                #expect(outcome.output.contains("shard \(number)/3 of 10 tasks"))
                #expect(outcome.output.contains("\(names.count) tasks: \(names.count) complete"))
                let status = try run.quire(["status", "m.yaml", "--shard", "\(number)/3"])
                #expect(status.output.contains("m.yaml#\(number)/3"))
                for name in names { #expect(status.output.contains(name)) }
                seen += names
            }
            #expect(seen.sorted() == (1...10).map { "t\($0)" }.sorted())
        }
    }

    @Test func `more shards than tasks leave some empty, which is no failure`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let counts = try (1...3).map { number in
                let outcome = try run.quire(["run", "m.yaml", "--shard", "\(number)/3"])
                #expect(outcome.status == 0, "\(outcome.error)")
                return outcome.output.contains("1 task: 1 complete") ? 1 : 0
            }
            #expect(counts.reduce(0, +) == 1)
        }
    }

    @Test(arguments: [(1, "the only selected task is in another shard"), (3, "all 3 tasks are")])
    func `an empty shard says what happened`(count: Int, reason: String) throws {
        try withRun { run in
            try run.write((1...count).map { ("t\($0)", "entries=1") })
            var empty = 0
            for number in 1...8 {
                let shard = ["m.yaml", "--shard", "\(number)/8"]
                let words = "shard \(number)/8 has nothing to do: \(reason)"
                let isEmpty = try planned(run, "--shard", "\(number)/8").isEmpty
                empty += isEmpty ? 1 : 0
                let told = [
                    try run.quire(["plan"] + shard),
                    try run.quire(["run", "--markdown", "r.md"] + shard),
                    try run.quire(["status"] + shard),
                ]
                for outcome in told {
                    #expect(outcome.status == 0, "\(outcome.error)")
                    #expect(outcome.output.contains(words) == isEmpty, "\(outcome.output)")
                    #expect(!outcome.output.contains(": \n") && !outcome.output.contains(":  "))
                    #expect(outcome.output.contains("TASK") == !isEmpty, "\(outcome.output)")
                }
                #expect(told[1].output.contains("0 tasks · 0 sessions") == isEmpty)
                #expect(text(run.root + "/r.md").contains(words) == isEmpty)
            }
            #expect(empty == 8 - count)
        }
    }

    @Test func `an earlier run's sessions balance shards better than nothing`() throws {
        try withRun { run in
            let sizes = [9, 1, 1, 1, 1, 1, 1, 1, 1, 1]
            try run.write(sizes.enumerated().map { ("t\($0)", "entries=\($1)") })
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let history = run.root + "/.autonomous/.quire"
            let parts = try (1...2).map {
                try planned(run, "--shard", "\($0)/2", "--history", history)
            }
            let sessions = parts.map { $0.reduce(0) { $0 + ($1 == "t0" ? 10 : 2) } }
            #expect(sessions.sorted() == [14, 14])
            let missing = try run.quire(
                ["plan", "m.yaml", "--shard", "1/2", "--history", "nowhere"]
            )
            #expect(missing.status == 69 && missing.error.contains("there is no run database in"))
        }
    }

    @Test func `what needs each other stays together, and is told of where that hurts`() throws {
        try withRun { run in
            var text = "version: 1\nrun: {agent: simulated}\ntasks:\n"
            text += "  - {name: schema, prompt: p}\n"
            for number in 1...8 { text += "  - {name: t\(number), prompt: p, needs: [schema]}\n" }
            try put(text, run.root + "/m.yaml")
            let parts = try (1...4).map { try planned(run, "--shard", "\($0)/4").count }
            #expect(parts.sorted() == [0, 0, 0, 9])
            let outcome = try run.quire(["plan", "m.yaml", "--shard", "1/4"])
            #expect(outcome.error.contains("need each other and stay in one shard, which is 4.0"))
        }
    }

    @Test(arguments: ["0/4", "5/4", "x", "1/0"])
    func `a shard that is none is refused`(shard: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            for command in ["run", "plan", "status"] {
                let outcome = try run.quire([command, "m.yaml", "--shard", shard])
                #expect(outcome.status == 64)
                #expect(outcome.error.contains("K from 1 to N, such as 2/8"), "\(outcome.error)")
                #expect(outcome.error.contains("'\(shard)'"))
            }
        }
    }

    @Test func `only and skip take and leave out, and a mistake is told`() throws {
        try withRun { run in
            try run.write([("port-auth", ""), ("port-mail", ""), ("page-1", "")])
            #expect(
                try planned(run, "--only", "port-*,page-?") == ["port-auth", "port-mail", "page-1"]
            )
            #expect(
                try planned(run, "--only", "po*", "--only", "pa*", "--skip", "*-auth").count == 2
            )
            for (arguments, words) in [
                (["--only", "prot-*"], "did you mean \"port-auth\"?"),
                (["--skip", "zzz"], "its tasks are port-auth, port-mail, page-1"),
                (["--only", "page-1", "--skip", "p*"], "no task is left"),
                (["--only", ""], "one is empty"), (["--history", "x"], "give --shard, too"),
            ] {
                let outcome = try run.quire(["run", "m.yaml"] + arguments)
                #expect(outcome.status == 64 && outcome.error.contains(words), "\(outcome.error)")
            }
        }
    }

    @Test func `what is needed and not selected must be complete`() throws {
        try withRun { run in
            let manifest = """
                version: 1
                run: {agent: simulated}
                tasks:
                  - {name: schema, prompt: "sim: entries=1"}
                  - {name: port, prompt: "sim: entries=1", needs: [schema]}
                """
            try put(manifest, run.root + "/m.yaml")
            let early = try run.quire(["run", "m.yaml", "--only", "port"])
            #expect(early.status == 64)
            #expect(
                early.error.contains("\"port\" needs \"schema\", which is neither selected nor")
            )
            #expect(try run.quire(["run", "m.yaml", "--only", "schema"]).status == 0)
            // A directory that was deleted is to be made anew, whatever the store tells.
            let list = run.list("schema")
            for loss in ["rm -r schema", "mkdir schema", "touch schema/task_list.md"] {
                #expect(try shell(loss, in: run.root + "/.autonomous").status == 0)
                for command in ["run", "plan"] {
                    let held = try run.quire([command, "m.yaml", "--only", "port"])
                    #expect(held.status == 64, "\(loss): \(held.output)")
                    #expect(
                        held.error.contains("\"schema\", which is neither selected nor complete"),
                        "\(held.error)"
                    )
                }
            }
            // Without a record of it, its list tells.
            try put(list, run.task("schema") + "/task_list.md")
            let other = ["--state-dir", run.root + "/other"]
            #expect(try run.quire(["run", "m.yaml", "--only", "port"] + other).status == 0)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test func `what is needed and was completed on another machine is complete`() throws {
        try withRun { run in
            let manifest = """
                version: 1
                run: {agent: simulated, admission: \(QuireRun.unbounded)}
                tasks:
                  - {name: schema, prompt: "sim: entries=1"}
                  - {name: port, prompt: "sim: entries=1", needs: [schema]}
                """
            try put(manifest, run.root + "/m.yaml")
            let state = ["--state-dir", run.root + "/state"]
            #expect(try run.quire(["run", "m.yaml", "--only", "schema"] + state).status == 0)
            // The other machine has the store alone.
            try FileManager.default.removeItem(atPath: run.root + "/.autonomous")
            let outcome = try run.quire(["run", "m.yaml", "--only", "port"] + state)
            #expect(outcome.status == 0, "\(outcome.error)")
        }
    }

    @Test func `failed tasks are retried from the store of an earlier job`() throws {
        try withRun { run in
            try run.write([
                ("good", "entries=1"), ("bad", "entries=1 fail=turn-failed fail-on=1,2,3"),
            ])
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            // What a job uploads, and the next one gets.
            let (state, artifact) = (run.root + "/.autonomous/.quire", run.root + "/artifact")
            try FileManager.default.moveItem(atPath: state, toPath: artifact)
            let arguments = ["run", "m.yaml", "--state-dir", artifact]
            #expect(try run.quire(arguments).status == 100)
            let again = try run.quire(arguments + ["--retry-failed"])
            #expect(again.status == 0, "\(again.output)")
            #expect(!again.output.contains("good: session"))
        }
    }
}

@Suite struct `Runs that stop at failures` {
    @Test(arguments: [["--fail-fast"], ["--max-failures", "1"]])
    func `nothing starts after it, and the status is 100`(arguments: [String]) throws {
        try withRun { run in
            let tasks = [("a", "fail=turn-failed"), ("b", "entries=1"), ("c", "entries=1")]
            try run.write(tasks, concurrency: 1, defaults: "{same_failure: 1}")
            let outcome = try run.quire(["run", "m.yaml"] + arguments)
            #expect(outcome.status == 100)
            #expect(outcome.output.contains("1 task failed: nothing more starts, 0 sessions may"))
            #expect(outcome.output.contains("3 tasks: 1 failed, 2 unfinished"))
            #expect(!outcome.output.contains("b: session"))
            let rest = try run.quire(["run", "m.yaml"] + arguments)
            #expect(rest.status == 100)
            #expect(rest.output.contains("3 tasks: 2 complete, 1 failed"))
        }
    }

    @Test func `numbers that make no sense are refused`() throws {
        try withRun { run in
            try run.write([("a", "")])
            for arguments in [["--max-failures", "0"], ["--max-failures", "2", "--fail-fast"]] {
                let outcome = try run.quire(["run", "m.yaml"] + arguments)
                #expect(outcome.status == 64 && outcome.error.contains("--max-failures"))
            }
        }
    }
}

@Suite struct `Tasks whose directories changed` {
    private func git(_ run: QuireRun, _ arguments: String...) throws {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "gc.auto=0"]
        let outcome = try Program("/usr/bin/env", ["git"] + identity + arguments, in: run.root)
            .run()
        #expect(outcome.status == 0, "git \(arguments): \(outcome.error)")
    }

    private func prepare(_ run: QuireRun) throws {
        var text = "version: 1\nrun: {agent: simulated}\ntasks:\n"
        for name in ["a", "b", "ab", "new", "moved"] {
            text += "  - {name: \(name), prompt: p, directory: services/\(name)}\n"
            try put("1\n", run.root + "/services/\(name)/file")
        }
        try put(text, run.root + "/m.yaml")
        try FileManager.default.removeItem(atPath: run.root + "/.git")
        try git(run, "init", "-q", "-b", "main")
        try git(run, "add", ".")
        try git(run, "commit", "-qm", "one")
    }

    @Test func `committed, edited, new and moved files count, and others' don't`() throws {
        try withRun { run in
            try prepare(run)
            #expect(try planned(run, "--changed-since", "HEAD") == [])
            try put("2\n", run.root + "/services/a/file")
            #expect(try planned(run, "--changed-since", "HEAD") == ["a"])
            try git(run, "commit", "-qam", "two")
            #expect(try planned(run, "--changed-since", "HEAD") == [])
            #expect(try planned(run, "--changed-since", "HEAD~1") == ["a"])
            try put("1\n", run.root + "/services/new/a file\nof two lines")
            try git(run, "mv", "services/moved/file", "elsewhere")
            #expect(try planned(run, "--changed-since", "HEAD") == ["new", "moved"])
            #expect(try planned(run, "--changed-since", "main~0", "--only", "m*,b") == ["moved"])
            // What agents and Quire write is no change of the work.
            try put("1\n", run.root + "/services/b/.autonomous/t/task_list.md")
            #expect(try planned(run, "--changed-since", "HEAD") == ["new", "moved"])
        }
    }

    @Test func `a submodule that moved or is dirty counts in whole`() throws {
        try withRun { run in
            try put("1\n", run.root + "/lib/pkg/file")
            let text = ["lib", "lib/pkg", "other"].enumerated().map {
                "  - {name: t\($0), prompt: p, directory: top/\($1)}\n"
            }
            try FileManager.default.removeItem(atPath: run.root + "/.git")
            let (lib, top) = (QuireRun(root: run.root + "/lib"), QuireRun(root: run.root + "/top"))
            try git(lib, "init", "-q", "-b", "main")
            try git(lib, "add", ".")
            try git(lib, "commit", "-qm", "one")
            try put("1\n", top.root + "/other/file")
            try git(top, "init", "-q", "-b", "main")
            try git(
                top,
                "-c",
                "protocol.file.allow=always",
                "submodule",
                "--quiet",
                "add",
                "../lib"
            )
            try put(
                "version: 1\nrun: {agent: simulated}\ntasks:\n"
                    + text.joined().replacing("top/", with: ""),
                top.root + "/m.yaml"
            )
            try git(top, "config", "-f", ".gitmodules", "submodule.lib.ignore", "all")
            try git(top, "add", ".")
            try git(top, "commit", "-qm", "one")
            #expect(try planned(top, "--changed-since", "HEAD") == [])
            let inner = QuireRun(root: top.root + "/lib")
            try put("2\n", inner.root + "/new")
            #expect(try planned(top, "--changed-since", "HEAD") == ["t0", "t1"])
            try git(inner, "add", ".")
            try git(inner, "commit", "-qm", "two")
            #expect(try planned(top, "--changed-since", "HEAD") == ["t0", "t1"])
            try git(top, "-c", "submodule.lib.ignore=none", "commit", "-qam", "two")
            #expect(try planned(top, "--changed-since", "HEAD") == [])
            #expect(try planned(top, "--changed-since", "HEAD~1") == ["t0", "t1"])
        }
    }

    @Test func `where nothing changed nothing runs, and that is no failure`() throws {
        try withRun { run in
            try prepare(run)
            let outcome = try run.quire(["run", "m.yaml", "--changed-since", "HEAD"])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output.contains("0 tasks"))
        }
    }

    @Test func `a commit that is not there, and no repository, are told`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            try FileManager.default.removeItem(atPath: run.root + "/.git/HEAD")
            let none = try run.quire(["run", "m.yaml", "--changed-since", "HEAD"])
            #expect(
                none.status == 64 && none.error.contains("not a git repository"),
                "\(none.error)"
            )
            try prepare(run)
            for reference in ["nowhere", "--output=x", "HEAD:m.yaml"] {
                let outcome = try run.quire(["run", "m.yaml", "--changed-since=\(reference)"])
                #expect(outcome.status == 64, "\(reference)")
                #expect(
                    outcome.error.contains("there is no commit \"\(reference)\""),
                    "\(outcome.error)"
                )
            }
            let path = ["PATH": "/nonexistent"]
            let lacking = try run.quire(
                ["plan", "m.yaml", "--changed-since", "HEAD"],
                environment: path
            )
            #expect(lacking.status == 69 && lacking.error.contains("needs git"))
        }
    }
}
