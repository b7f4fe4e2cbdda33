import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.enabled(if: canMount, "a file system can't be mounted here"))
struct `A state in which nothing can be written` {
    private static let looks = [
        ["status"], ["status", "m.yaml", "--json"], ["list"], ["explain", "t"], ["logs", "t"],
        ["logs", "t", "--stderr"], ["plan", "m.yaml"], ["merge-runs", "."],
    ]

    /// A workspace on a file system of its own, which `body` makes read-only when it has to.
    private func withDisk(_ body: (QuireRun) throws -> Void) throws {
        try withWorkspace { outer in
            let disk = outer + "/disk"
            let made = try shell("mkdir disk; mount -t tmpfs tmpfs disk", in: outer)
            #expect(made.status == 0)
            defer { umount2(disk, Int32(MNT_DETACH)) }
            try body(QuireRun(root: disk))
        }
    }

    private func expectLooks(at run: QuireRun) throws {
        for arguments in Self.looks {
            let outcome = try run.quire(arguments)
            #expect(outcome.status == 0, "\(arguments): \(outcome.error)")
            #expect(outcome.output.contains("t"))
        }
        let status = try run.quire(["status"]).output
        #expect(status.contains("2/2"), "\(status)")
    }

    @Test func `can be looked at`() throws {
        try withDisk { run in
            try run.write([("t", "entries=2")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try shell("mount -o remount,ro .", in: run.root).status == 0)
            try expectLooks(at: run)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69)
            #expect(outcome.error.lowercased().contains("read-only file system"))
        }
    }

    /// What is newest is in the log that a killed run leaves behind.
    @Test(arguments: ["true", "rm .autonomous/.quire/quire.db-shm"])
    func `can be looked at after its run was killed`(then: String) throws {
        try withDisk { run in
            try run.write([("t", "entries=2"), ("u", "entries=1 duration=60s")])
            _ = try run.quire(["run", "m.yaml"], watching: signal(SIGKILL, at: "2/2"))
            let log = run.root + "/.autonomous/.quire/quire.db-wal"
            #expect(FileManager.default.fileExists(atPath: log))
            let readOnly = try shell("\(then) && mount -o remount,ro .", in: run.root)
            #expect(readOnly.status == 0)
            let status = try run.quire(["status"])
            #expect(status.status == 0, "\(status.error)")
            #expect(status.output.contains("2/2"), "\(status.output)")
            let temporary = try run.quire(["status"], environment: ["TMPDIR": run.root])
            let isRefused =
                temporary.status == 69 && temporary.error.contains("making a directory in")
            // Tables that were up to date when the run was killed are read in place, by the log's index.
            #expect(isRefused || then == "true" && temporary.status == 0, "\(temporary)")
        }
    }

    @Test func `is no trouble for doctor, which tells that no more files can be made`() throws {
        try withWorkspace { outer in
            let options = "mount -t tmpfs -o nr_inodes=24,size=50m tmpfs disk"
            #expect(try shell("mkdir disk; \(options)", in: outer).status == 0)
            defer { umount2(outer + "/disk", Int32(MNT_DETACH)) }
            let run = QuireRun(root: outer + "/disk")
            try run.write([("t", "entries=1")])
            let filled = "i=0; while : > f$i; do i=$((i+1)); done; rm f0"
            _ = try shell("(\(filled)) 2>/dev/null", in: run.root)
            let outcome = try run.quire(["run", "m.yaml", "--state-dir", "state"])
            #expect(outcome.status == 69)
            #expect(outcome.error.contains("no more files can be made"), "\(outcome.error)")
            #expect(!outcome.error.contains("free some space"), "\(outcome.error)")
            let doctor = try run.quire(["doctor"])
            #expect(doctor.status == 69)
            #expect(doctor.output.contains("✗ disk: no more files can be made under \(run.root)"))
        }
    }
}
