import Foundation
import TestSupport
import Testing

/// Whether `/proc` can be hidden here: that takes a privilege.
private let canHide: Bool = {
    let outcome = try? shell("unshare -m sh -c 'mount -t tmpfs none /proc'", in: "/")
    return outcome?.status == 0
}()

@Suite(.enabled(if: canHide, "/proc can't be hidden here"))
struct `Without /proc` {
    private func quire(
        _ run: QuireRun,
        as program: String = Program.built("quire"),
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        let command = "mount -t tmpfs none /proc && exec '\(program)' run m.yaml"
        var call = Program("/usr/bin/unshare", ["-m", "sh", "-c", command], in: run.root)
        let bin = (Program.built("quire") as NSString).deletingLastPathComponent
        call.environment = run.scripted
        call.environment["PATH"] = bin + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        return try call.run(watching: watching)
    }

    @Test func `a run completes, and after a crash says what it can't look for`() throws {
        try withRun { run in
            try run.write((1...4).map { ("t\($0)", "entries=2") })
            try run.direct("* 2 until=seen")
            let first = try quire(run, watching: signal(SIGKILL, at: "session 2 starts"))
            try put("", run.root + "/seen")
            #expect(first.status == 137, "\(first.output) \(first.error)")
            let second = try quire(run)
            #expect(second.status == 0, "\(second.output) \(second.error)")
            #expect(second.output.contains("can't be found without /proc; mount it"))
            for number in 1...4 { #expect(!run.list("t\(number)").contains("- [ ]")) }
            #expect(try !quire(run).output.contains("/proc"))
        }
    }

    @Test func `a run that was started through PATH finds the simulated agent`() throws {
        try withRun { run in
            try run.write([("one", "entries=1")])
            let outcome = try quire(run, as: "quire")
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
        }
    }
}
