import Foundation
import Orchestration
import RunStore
import TestSupport
import Testing

/// What a process holds.
private struct Holdings {
    var descriptors: Int
    var threads: Int
    var kilobytes: Int

    /// Looks; `nil` when the process is gone.
    init?(of pid: Int32) {
        func count(_ name: String) -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/\(name)"))?.count
                ?? 0
        }
        (descriptors, threads) = (count("fd"), count("task"))
        let pages = text("/proc/\(pid)/statm").split(separator: " ").dropFirst().first
        kilobytes = (pages.flatMap { Int($0) } ?? 0) * Int(getpagesize()) / 1024
        if descriptors == 0 || threads == 0 || kilobytes == 0 { return nil }
    }
}

@Suite struct `A run of a thousand sessions` {
    private static let tasks = 10
    private static let sessions = 100

    /// Writes tasks that were begun before, and whose agent does nothing: each session fails.
    private func write(_ run: QuireRun) throws {
        let names = (0..<Self.tasks).map { "t\($0)" }
        for name in names {
            try put(
                "# Task List\n\n## Tasks\n\n- [ ] Task 1: one\n",
                run.task(name) + "/task_list.md"
            )
        }
        try put(
            """
            version: 1
            run: {agent: {command: [/bin/true]}, concurrency: 4}
            defaults:
              retries: {limit: \(Self.sessions - 1), delay: 0s, max_delay: 0s}
              same_failure: 1000000
              stall_after: 1000000
              max_sessions: 1000000
            tasks: [\(names.map { "{name: \($0), prompt: p}" }.joined(separator: ", "))]
            """,
            run.root + "/m.yaml"
        )
    }

    /// Runs it, and looks all the time.
    private func holdings(_ run: QuireRun) throws -> [Holdings] {
        let quire = Process()
        quire.executableURL = URL(filePath: Program.built("quire"))
        quire.arguments = ["run", "m.yaml", "--progress", "none"]
        quire.currentDirectoryURL = URL(filePath: run.root)
        quire.standardOutput = FileHandle.nullDevice
        quire.standardError = FileHandle.nullDevice
        try quire.run()
        var looks: [Holdings] = []
        while quire.isRunning {
            if let look = Holdings(of: quire.processIdentifier) { looks.append(look) }
            usleep(5000)
        }
        #expect(quire.terminationStatus == 100)
        return looks
    }

    @Test func `holds as much at its end as before, and leaves no process`() throws {
        try withRun { run in
            try write(run)
            let looks = try holdings(run)
            #expect(processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml").isEmpty)
            let store = try RunStore.open(directory: run.root + "/.autonomous/.quire")
            defer { try? store.close() }
            let ends = try store.journal(of: run.root + "/m.yaml").flatMap(\.events).count {
                if case .sessionEnded = $0 { true } else { false }
            }
            #expect(ends == Self.tasks * Self.sessions)
            #expect(looks.count > 50)
            let fifth = looks.count / 5
            let (early, late) = (looks[fifth..<2 * fifth], looks[3 * fifth..<4 * fifth])
            // How much is in use at once is the machine's business; what is left is there even when
            // little is in use. A descriptor that every fiftieth session leaves would be eight more.
            func growth(_ part: KeyPath<Holdings, Int>) throws -> Int {
                let least = try #require(early.map { $0[keyPath: part] }.min())
                return try #require(late.map { $0[keyPath: part] }.min()) - least
            }
            #expect(try growth(\.descriptors) <= 4)
            // Those of the store's queues come and go.
            #expect(try growth(\.threads) <= 4)
            // What a run knows of its past, and the database's pages: not 10 KB a session.
            // A sanitizer keeps what was freed.
            let isWatched = ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil
            let kilobytes = try growth(\.kilobytes)
            #expect(isWatched || kilobytes <= 6000, "\(kilobytes)")
        }
    }
}
