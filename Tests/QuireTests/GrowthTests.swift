import Foundation
import Orchestration
import RunStore
import TestSupport
import Testing

/// What Quire holds while one session runs and nothing else, as that session sees it.
private struct Holdings {
    var descriptors: Int
    var threads: Int
    var kilobytes: Int

    /// The least of several looks, each a line of the file: what comes and goes is left out.
    init(_ path: String) throws {
        let looks = text(path).split(separator: "\n").map { line in
            line.split(separator: " ").compactMap { Int($0) }
        }
        func least(_ place: Int) throws -> Int {
            try #require(looks.filter { $0.count == 3 }.map { $0[place] }.min(), "\(looks)")
        }
        descriptors = try least(0)
        threads = try least(1)
        kilobytes = try least(2) * Int(getpagesize()) / 1024
    }
}

@Suite struct `A run of a thousand sessions` {
    private static let tasks = 10
    private static let entries = 50

    /// Notes what its parent holds if its task's name begins with "look", fails in every second
    /// session, and ticks one entry in the others.
    private static let agent = #"""
        case $QUIRE_TASK in look*)
          for turn in 1 2 3 4 5 6 7 8 9 10; do
            sleep 0.1
            set -- /proc/$PPID/fd/*
            descriptors=$#
            set -- /proc/$PPID/task/*
            read -r size resident rest < /proc/$PPID/statm
            echo "$descriptors $# $resident" >> "$QUIRE_TASK"
          done
        esac
        [ $((QUIRE_SESSION % 2)) = 1 ] || exit 1
        sed -i '0,/\[ \]/s//[x]/' "$QUIRE_DIRECTORY/task_list.md"
        echo '{"type":"thread.started","thread_id":"01a20dc1-184f-7933-871b-4c78aca9e52e"}'
        echo '{"type":"turn.started"}'
        echo '{"type":"turn.completed","usage":{"input_tokens":9,"output_tokens":1}}'
        """#

    /// Writes tasks that were begun before: some to warm up, then a look, then a thousand sessions, then
    /// another look.
    private func write(_ run: QuireRun) throws {
        let names = (0..<Self.tasks).map { "t\($0)" }
        for (name, entries) in names.map({ ($0, Self.entries) })
            + [("warm", Self.entries), ("look-before", 1), ("look-after", 1)]
        {
            let list = (1...entries).map { "- [ ] Task \($0): piece\n" }.joined()
            try put("# Task List\n\n## Tasks\n\n" + list, run.task(name) + "/task_list.md")
        }
        try script(Self.agent, run.root + "/agent")
        let tasks = names.map { "  - {name: \($0), prompt: p, needs: [look-before]}\n" }
        try put(
            """
            version: 1
            run: {agent: {command: [./agent]}, concurrency: 4, admission: \(QuireRun.unbounded)}
            defaults:
              retries: {limit: 1000000, delay: 0s, max_delay: 0s}
              max_sessions: 1000000
            tasks:
              - {name: warm, prompt: p}
              - {name: look-before, prompt: p, needs: [warm]}
            \(tasks.joined())\
              - {name: look-after, prompt: p, needs: [\(names.joined(separator: ", "))]}
            """,
            run.root + "/m.yaml"
        )
    }

    @Test func `holds as much at its end as before, and leaves no process`() throws {
        try withRun { run in
            try write(run)
            let outcome = try run.quire(["run", "m.yaml", "--progress", "none"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml").isEmpty)
            let store = try RunStore.open(directory: run.root + "/.autonomous/.quire")
            defer { try? store.close() }
            let ends = try store.journal(of: run.root + "/m.yaml").flatMap(\.events).count {
                if case .sessionEnded = $0 { true } else { false }
            }
            // The last entry's session needs no other after it.
            #expect(ends == (Self.tasks + 1) * (2 * Self.entries - 1) + 2)
            let before = try Holdings(run.root + "/look-before")
            let after = try Holdings(run.root + "/look-after")
            // The store begins to move its log into the database at some time, which takes a connection, a
            // queue of the system's with its descriptors, and threads. What every fiftieth session leaves
            // would be twenty more.
            #expect(after.descriptors <= before.descriptors + 8, "\(before) \(after)")
            #expect(after.threads <= before.threads + 8, "\(before) \(after)")
            // What a run knows of its past, and the database's pages: not 10 KB a session.
            // A sanitizer keeps what was freed.
            let isWatched = ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil
            let growth = after.kilobytes - before.kilobytes
            #expect(isWatched || growth <= 10 * 1000, "\(before) \(after)")
        }
    }
}
