import Foundation
import TestSupport
import Testing

@Suite struct `What Quire keeps of a run` {
    /// The paths that other users may look at.
    private func open(in run: QuireRun) throws -> [String] {
        try shell("find .autonomous -perm /077 | sort", in: run.root).output
            .split(separator: "\n").map(String.init)
    }

    @Test(arguments: ["000", "022", "077"])
    func `is readable by nobody else, whatever the umask`(umask: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let command = "umask \(umask); exec '\(Program.built("quire"))' run m.yaml"
            let outcome = try shell(command, in: run.root)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            // What the agent has made itself lies in a directory that is closed to others.
            let own = ["/task_list.md", "/progress.md", "/.codex-sim"]
            let opened = try open(in: run).filter { path in !own.contains { path.contains($0) } }
            #expect(opened == [])
            #expect(!(try run.quire(["doctor"]).output.contains("other users may look into")))
        }
    }

    /// Sessions that leave a question, a damaged list and results, and look at what there is meanwhile.
    private static let agent = """
        case $QUIRE_TASK-$QUIRE_SESSION in
          damages-2) '\(Program.built("codex-sim"))' "$@"; echo x > .autonomous/damages/task_list.md; exit 0 ;;
          kept-2) mkdir dist; echo x > dist/x ;;
          asks-3) find .autonomous trees -printf '%m %y %p\\n' > "during"; ls .autonomous/asks > names ;;
        esac
        """

    /// The kinds of all that a run makes, each with a path that must have been there.
    private static let made = [
        "the state directory": ".autonomous/.quire", "the database": ".autonomous/.quire/quire.db",
        "the database's side file": ".autonomous/.quire/quire.db-wal",
        "the run's lock": ".autonomous/.quire/run.lock", "a task directory": ".autonomous/asks",
        "a task's lock": ".autonomous/asks/.runner.lock/pid",
        "a log": ".autonomous/asks/session.log",
        "a thread's id": ".autonomous/asks/session.id", "a prompt": ".autonomous/asks/prompt.md",
        "a check's log": ".autonomous/tree/verify.log",
        "a setup's log": ".autonomous/tree/setup.log",
        "an answer that waits": ".autonomous/.quire/words/asks.md",
        "answers that were given": ".autonomous/damages/answers.md",
        "a copy of a list": ".autonomous/.quire/lists/asks.md",
        "a list that was put back": ".autonomous/.quire/refused/damages.md",
        "a result": ".autonomous/.quire/artifacts/kept/dist/x",
        "a record of a tree": ".autonomous/.quire/trees/tree.json",
        "a task that began anew": ".autonomous/.quire/archive/again-*/session.log",
        "a place for trees": "trees", "a tree": "trees/tree",
    ]

    @Test(arguments: ["000", "022", "077"])
    func `is readable by nobody else, of whatever kind it is`(umask: String) throws {
        try withRun { run in
            let agent = try run.writeAgent(Self.agent)
            try put(
                """
                version: 1
                run: {agent: \(agent), admission: \(QuireRun.unbounded), worktrees: trees}
                defaults: {retries: {delay: 10ms}}
                tasks:
                  - {name: tree, prompt: "sim: entries=1", isolation: worktree, setup: "true", verify: "true"}
                  - {name: kept, prompt: "sim: entries=1", artifacts: [dist]}
                  - {name: damages, prompt: "sim: entries=2"}
                  - {name: again, prompt: "sim: entries=1"}
                  - {name: asks, prompt: "sim: entries=1 ask=Which?"}

                """,
                run.root + "/m.yaml"
            )
            let quire = "'\(Program.built("quire"))'"
            let outcome = try shell(
                """
                rm -rf .git; git init --quiet --initial-branch=main
                git config user.name Ada; git config user.email ada@example.org
                git add m.yaml && git commit --quiet -m begin
                umask \(umask)
                \(quire) tell damages x --manifest m.yaml && \(quire) run m.yaml
                \(quire) answer asks This. && \(quire) run m.yaml --redo again
                """,
                in: run.root
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let during = text(run.root + "/during").split(separator: "\n").map { line in
                line.split(separator: " ", maxSplits: 2).map(String.init)
            }
            for (kind, path) in Self.made {
                let start = path.prefix { $0 != "*" }
                let end = path.dropFirst(start.count + 1)
                let found = during.filter {
                    $0[2].hasPrefix(start) && (start == path ? $0[2] == path : $0[2].hasSuffix(end))
                }
                #expect(!found.isEmpty, "\(kind): \(text(run.root + "/during"))")
                for file in found {
                    #expect(file[0] == (file[1] == "d" ? "700" : "600"), "\(kind): \(file)")
                }
            }
            // What agents and git make lies in directories that are closed to others.
            let own = ["/task_list.md", "/progress.md", "/question.md", "/.codex-sim"]
            let open = during.filter { file in
                !["700", "600"].contains(file[0]) && !file[2].contains("trees/tree/")
                    && !own.contains { file[2].contains($0) }
            }
            #expect(open == [])
        }
    }

    @Test func `stays as open as it was made, and a check-up tells`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try shell("mkdir -m 755 .autonomous", in: run.root).status == 0)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try open(in: run).first == ".autonomous")
            #expect(
                !(try open(in: run).contains { $0.hasSuffix("quire.db") || $0.hasSuffix(".log") })
            )
            let told = try run.quire(["doctor"]).output
            #expect(
                told.contains("⚠ state: other users may look into \(run.root)/.autonomous, where "),
                "\(told)"
            )
        }
    }

    @Test func `is kept from others in a state directory elsewhere, too`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let place = run.root + "/elsewhere"
            #expect(try run.quire(["run", "m.yaml", "--state-dir", place]).status == 0)
            let opened = try shell("find elsewhere -perm /077", in: run.root).output
            #expect(opened == "", "\(opened)")
        }
    }
}
