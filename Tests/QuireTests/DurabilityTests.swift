import Foundation
import TestSupport
import Testing

/// Whether the system calls of a program can be watched here.
private let canTrace: Bool = {
    let outcome = try? shell("strace -f -o /dev/null true", in: "/")
    return outcome?.status == 0
}()

@Suite(.enabled(if: canTrace, "strace can't watch a program here"))
struct `What survives a power failure` {
    /// The files that a run of two sessions waits for the disk with, each time; without their
    /// directories.
    private func flushed(_ options: [String]) throws -> [String] {
        var names: [String] = []
        try withRun { run in
            try run.write([("t", "entries=1")])
            let words = ["-f", "-y", "-qq", "-e", "trace=fsync,fdatasync", "-o", "calls"]
            let call = words + [Program.built("quire"), "run", "m.yaml"] + options
            let outcome = try Program("/usr/bin/env", ["strace"] + call, in: run.root).run()
            #expect(outcome.status == 0, "\(outcome.error)")
            names = text(run.root + "/calls").matches(of: /sync\([0-9]+<([^>]*)>/).map {
                (String($0.1) as NSString).lastPathComponent
            }
        }
        return names.map { $0.replacing(/\.[0-9]+\.tmp$/, with: "") }
    }

    @Test func `with --durable each record and each file that is replaced is on the disk`() throws {
        let names = try flushed(["--durable"])
        // Each start and each end at least, and the id of each thread.
        #expect(names.count { $0 == "quire.db-wal" } >= 4, "\(names)")
        #expect(names.count { $0 == "session.id" } == 2, "\(names)")
        #expect(names.count { $0 == "t.md" } == 2, "\(names)")
        // The directory after each file that was moved into it, and after it was made itself.
        #expect(names.count { $0 == "prompt.md" } == 1, "\(names)")
        #expect(names.count { $0 == "t" } == 3, "\(names)")
        #expect(names.count { $0 == "lists" } == 2, "\(names)")
        #expect(names.contains(".autonomous"), "\(names)")
    }

    @Test func `without it no session waits for the disk`() throws {
        let names = try flushed([])
        #expect(!names.contains { ["session.id", "t.md", "t", "lists"].contains($0) }, "\(names)")
        // The log is made, and moved into the database at the end.
        #expect(names.count { $0 == "quire.db-wal" } < 4, "\(names)")
    }
}
