import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.enabled(if: canMount, "a file system can't be mounted here"))
struct `A disk that takes nothing more` {
    /// Runs something with a file system of this many bytes at a path of the workspace.
    private func withSmallDisk(
        _ options: String,
        at path: String = "state",
        _ body: (QuireRun, _ disk: String) throws -> Void
    ) throws {
        try withRun { run in
            let disk = run.root + "/" + path
            try FileManager.default.createDirectory(
                atPath: disk,
                withIntermediateDirectories: true
            )
            #expect(
                try shell("mount -t tmpfs -o \(options) tmpfs \(disk)", in: run.root).status == 0
            )
            defer { umount2(disk, Int32(MNT_DETACH)) }
            try body(run, disk)
        }
    }

    /// Fills a disk when one thing is said, and empties it when another one is; there are files
    /// `filled` and `emptied` from then on.
    private func run(
        _ run: QuireRun,
        _ arguments: [String],
        fill disk: String,
        at full: String,
        until held: String
    ) throws -> (Outcome, isHeld: Bool) {
        var (isFull, isHeld) = (false, false)
        let outcome = try run.quire(arguments) { output, _ in
            if !isFull, output.contains(full) {
                isFull = true
                // Takes what there is, down to the last byte.
                _ = try? shell("cat /dev/zero > \(disk)/fill 2>/dev/null", in: run.root)
                try? put("", run.root + "/filled")
            }
            if isFull, !isHeld, output.contains(held) {
                isHeld = true
                try? FileManager.default.removeItem(atPath: disk + "/fill")
                try? put("", run.root + "/emptied")
            }
        }
        return (outcome, isHeld)
    }

    @Test func `a full disk holds starts, and the run goes on when there is space`() throws {
        try withSmallDisk("size=1m") { run, state in
            try run.write(["t", "u"].map { ($0, "entries=4") }, concurrency: 2)
            try run.direct("* 2 until=filled")
            let (outcome, isHeld) = try self.run(
                run,
                ["run", "m.yaml", "--state-dir", state],
                fill: state,
                at: "session 2 starts",
                until: "starts are held"
            )
            #expect(isHeld)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            let advice = "the disk is full; free some space, and the run goes on by itself"
            #expect(outcome.output.contains(advice), "\(outcome.output)")
            #expect(!outcome.output.contains("run again"), "\(outcome.output)")
            #expect(outcome.output.contains("starts go on"))
            for task in ["t", "u"] {
                #expect(!run.list(task).contains("- [ ]"))
                let log = text(run.task(task) + "/session.log")
                #expect(log.components(separatedBy: "\"turn.completed\"").count - 1 == 5)
            }
            let status = try run.quire(["status", "--json", "--state-dir", state])
            #expect(status.output.contains("\"complete\""))
        }
    }

    @Test func `a disk with less than min_free_disk holds starts until some space is free`() throws
    {
        try withSmallDisk("size=8m") { run, state in
            try run.write(
                ["t", "u"].map { ($0, "entries=3") },
                admission: "{min_free_memory: 0, min_free_disk: 4M}"
            )
            let fill = "head -c 4500000 /dev/zero > \(state)/fill"
            #expect(try shell(fill, in: run.root).status == 0)
            var isHeld = false
            let arguments = ["run", "m.yaml", "--state-dir", state]
            let outcome = try run.quire(arguments) { output, _ in
                if !isHeld, output.contains("starts are held by a shortage of disk space") {
                    isHeld = true
                    try? FileManager.default.removeItem(atPath: state + "/fill")
                }
            }
            #expect(isHeld)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains(" are free under \(state), and min_free_disk is 4 MiB"))
            #expect(outcome.output.contains("starts go on: a shortage of disk space is over"))
            for task in ["t", "u"] { #expect(!run.list(task).contains("- [ ]")) }
        }
    }

    @Test func `a full disk under the task directories loses no output and no thread`() throws {
        try withSmallDisk("size=1m", at: ".autonomous") { run, disk in
            // The second agent writes more than the disk takes, and does its work when there is space.
            let message =
                #"{"type":"item.completed","item":{"type":"agent_message","text":"%2000s"}}"#
            let agent = try run.writeAgent(
                """
                if [ "$QUIRE_SESSION" = 2 ]; then
                  until test -e filled; do sleep 0.02; done
                  for turn in 1 2 3 4 5 6 7 8; do printf '\(message)\\n' long; done
                  until test -e emptied; do sleep 0.02; done
                fi
                """
            )
            try run.write([("t", "entries=1")], agent: agent)
            let (outcome, isHeld) = try self.run(
                run,
                ["run", "m.yaml", "--state-dir", run.root + "/state"],
                fill: disk,
                at: "t: session 2 starts",
                until: "starts are held"
            )
            #expect(isHeld)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.lowercased().contains("no space left on device"))
            #expect(outcome.output.contains("starts go on"))
            let log = text(run.task("t") + "/session.log")
            #expect(log.components(separatedBy: "\"turn.completed\"").count - 1 == 2)
            #expect(
                log.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }
            )
            #expect(!text(run.task("t") + "/session.id").isEmpty)
        }
    }

    @Test func `state and tasks on one full disk lose nothing`() throws {
        try withSmallDisk("size=2m", at: ".autonomous") { run, disk in
            try run.write(["t", "u"].map { ($0, "entries=3") }, concurrency: 2)
            try run.direct("* 2 until=filled")
            let (outcome, isHeld) = try self.run(
                run,
                ["run", "m.yaml"],
                fill: disk,
                at: "session 2 starts",
                until: "starts are held"
            )
            #expect(isHeld)
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("starts go on"))
            for task in ["t", "u"] {
                #expect(!run.list(task).contains("- [ ]"))
                let log = text(run.task(task) + "/session.log")
                // An agent that could not tick anything has done its session for nothing.
                #expect(log.components(separatedBy: "\"turn.completed\"").count - 1 >= 4)
                #expect(
                    log.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }
                )
            }
        }
    }

    @Test func `a state directory that is full at the start is refused, and says so`() throws {
        try withSmallDisk("size=1m") { run, state in
            try run.write([("t", "entries=1")])
            _ = try shell("cat /dev/zero > \(state)/fill 2>/dev/null", in: run.root)
            let outcome = try run.quire(["run", "m.yaml", "--state-dir", state])
            #expect(outcome.status == 69, "\(outcome.output) \(outcome.error)")
            #expect(outcome.error.contains(state), "\(outcome.error)")
            #expect(
                outcome.error.contains("free some space"),
                "\(outcome.error)"
            )
            #expect(!FileManager.default.fileExists(atPath: run.task("t")))
            try FileManager.default.removeItem(atPath: state + "/fill")
            #expect(try run.quire(["run", "m.yaml", "--state-dir", state]).status == 0)
        }
    }

    @Test func `a run that was killed on a full disk goes on when there is space`() throws {
        try withSmallDisk("size=1m") { run, state in
            try run.write([("t", "entries=4")])
            try run.direct("* 2 until=filled")
            let arguments = ["run", "m.yaml", "--state-dir", state]
            var isFull = false
            let killed = try run.quire(arguments) { output, pid in
                if !isFull, output.contains("session 2 starts") {
                    isFull = true
                    _ = try? shell("cat /dev/zero > \(state)/fill 2>/dev/null", in: run.root)
                    try? put("", run.root + "/filled")
                }
                guard output.contains("starts are held") else { return }
                // Its agent has done its work, and that is not repeated.
                _ = eventually {
                    text(run.task("t") + "/session.log")
                        .components(separatedBy: "\"turn.completed\"").count - 1 >= 2
                }
                kill(pid, SIGKILL)
            }
            #expect(killed.status == 137, "\(killed.output) \(killed.error)")
            // Where the log has a little room left in its last page, the store can be opened.
            var again = try run.quire(arguments) { output, _ in
                guard output.contains("starts are held") else { return }
                try? FileManager.default.removeItem(atPath: state + "/fill")
            }
            if again.status == 69 {
                #expect(again.error.contains("free some space"), "\(again.error)")
                try FileManager.default.removeItem(atPath: state + "/fill")
                again = try run.quire(arguments)
            }
            #expect(again.status == 0, "\(again.output) \(again.error)")
            #expect(!run.list("t").contains("- [ ]"))
            let log = text(run.task("t") + "/session.log")
            #expect(log.components(separatedBy: "\"turn.completed\"").count - 1 == 5)
        }
    }

    @Test func `task directories on a read-only disk are refused, and nothing is lost`() throws {
        try withSmallDisk("size=1m,ro", at: ".autonomous") { run, disk in
            try run.write([("t", "entries=1")])
            let outcome = try run.quire(["run", "m.yaml", "--state-dir", run.root + "/state"])
            #expect(outcome.status == 69, "\(outcome.output)")
            #expect(outcome.error.contains("\(disk)/t"), "\(outcome.error)")
            #expect(outcome.error.contains("read-only"), "\(outcome.error)")
        }
    }

    @Test func `a read-only state directory is refused before anything starts`() throws {
        try withSmallDisk("size=1m,ro") { run, state in
            try run.write([("t", "entries=1")])
            let outcome = try run.quire(["run", "m.yaml", "--state-dir", state])
            #expect(outcome.status == 69)
            #expect(outcome.error.contains(state), "\(outcome.error)")
            #expect(!FileManager.default.fileExists(atPath: run.task("t")))
        }
    }
}
