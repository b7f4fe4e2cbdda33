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
