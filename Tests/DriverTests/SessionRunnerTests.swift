import Agent
import Application
import Autonomous
import EventLoop
import FileAccess
import Foundation
import Orchestration
import Reporting
import Testing

@testable import Driver

/// The receiver of one session's reports, which leaves nothing behind.
private final class Observer: SessionObserver {
    let loop: Loop
    weak var runner: SessionRunner?
    /// True if the session is to be killed as soon as its agent answers.
    var killsAtAnswer = false
    var events: [Event] = []
    var wasActive = false
    var end: SessionEnd?

    init(_ loop: Loop) { self.loop = loop }

    func session(_ key: SessionKey, reported event: Event) {
        events.append(event)
        if killsAtAnswer, case .sessionAnswered = event { runner?.kill() }
    }

    func sessionIsActive(_ key: SessionKey) { wasActive = true }

    func session(
        _ key: SessionKey,
        cannotWrite place: String,
        _ reason: String,
        retry: (() -> Void)?
    ) -> Bool {
        Issue.record("\(place): \(reason)")
        return false
    }

    func session(_ key: SessionKey, isDoneWith place: String) {}

    func session(_ key: SessionKey, endedWith end: SessionEnd) { runner?.descendantsGone(end) }

    func session(_ key: SessionKey, isOverWith end: SessionEnd) {
        #expect(self.end == nil)
        self.end = end
        loop.stop()
    }
}

@Suite struct `A session of an agent that is not Codex` {
    /// A session that is over.
    private struct Played {
        var events: [Event]
        var end: SessionEnd
        var wasActive: Bool
        var activity: String?
        var log: [UInt8]
        var logPath: String
        var thread: String?

        var result: SessionResult { end.result }

        var warnings: [String] {
            events.compactMap { if case .warned(let warning) = $0 { warning.message } else { nil } }
        }

        var spawned: SessionSpawned? {
            events.lazy.compactMap {
                if case .sessionSpawned(let spawned) = $0 { spawned } else { nil }
            }.first
        }

        var looked: [SessionUsed] {
            events.compactMap { if case .sessionUsed(let used) = $0 { used } else { nil } }
        }
    }

    private func play(
        _ behaviour: String,
        resumes: String? = nil,
        program: String = "/bin/sh",
        killsAtAnswer: Bool = false
    ) throws -> Played {
        let root = NSTemporaryDirectory() + "/quire-tiny-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let workspace = Workspace(root: root)
        let directory = workspace.taskDirectory(try TaskName(given: "t"))
        try directory.create()
        let work = TaskWork(description: "Do it.", directory: root, arguments: [behaviour])
        let agent = AgentCommand(
            executable: program,
            arguments: ["-c", TinyAgent.script, "tiny"],
            kind: TinyAgent()
        )
        let start = SessionStarted(
            task: "t",
            session: 1,
            slot: 0,
            role: .executor,
            resumes: resumes
        )
        let launch = SessionLaunch(
            start: start,
            work: work,
            directory: directory,
            agent: agent,
            grace: .seconds(1),
            prompts: .embedded,
            givenWords: GivenWords(in: directory),
            environment: SessionEnvironment(
                run: "tiny",
                inherited: .own,
                places: TaskPlaces(workspace)
            )
        )
        let loop = try Loop()
        let observer = Observer(loop)
        observer.killsAtAnswer = killsAtAnswer
        let runner = SessionRunner(
            start,
            launch: launch,
            look: directory.inspectAndKeep(),
            resumedUsage: nil,
            usageReader: UsageReader(of: agent.kind, environment: .own, work: ["t": work]),
            leakLimit: .seconds(2),
            loop: loop,
            observer: observer
        )
        observer.runner = runner
        loop.run()
        loop.close()
        let log = FileManager.default.contents(atPath: directory.logPath) ?? Data()
        return Played(
            events: observer.events,
            end: try #require(observer.end),
            wasActive: observer.wasActive,
            activity: runner.activity(),
            log: [UInt8](log),
            logPath: directory.logPath,
            thread: try directory.savedThread()
        )
    }

    @Test func `starts, shows its progress, and ends`() throws {
        let session = try play("work")
        #expect(session.spawned?.resumedUsage == nil && session.wasActive)
        #expect(session.events.contains(.sessionAnswered(SessionKey(task: "t", number: 1))))
        #expect(session.activity == "build" && session.thread == "t1")
        #expect(session.result.failure == nil && session.result.thread == "t1")
        #expect(session.result.usage == TokenUsage(input: 52, output: 0))
        #expect(session.end.look.state.progress?.isComplete == true, "\(session.end.look.state)")
        #expect(session.log == Array("thread t1\ndid build\ndone 52\n".utf8))
        #expect(session.looked.isEmpty && session.warnings.isEmpty)
    }

    @Test func `goes on with its thread, whose earlier usage its records have`() throws {
        let session = try play("work", resumes: "t1")
        #expect(session.spawned?.resumedUsage == TinyRecords.used)
        #expect(session.result.threadUsage == TokenUsage(input: 52, output: 0))
        #expect(session.result.thread == "t1")
        #expect(session.result.usage == TokenUsage(input: 12, output: 0))
    }

    private static let failures: [(String, FailureClass, String)] = [
        ("limit", .usageLimit, "limit"),
        ("torn", .incomplete, "exit status 0: that is all"),
        ("crash", .killed, "killed by signal 9"),
    ]

    @Test(arguments: failures)
    func `fails in its own words, and its records tell what it used`(
        behaviour: String,
        kind: FailureClass,
        words: String
    ) throws {
        let session = try play(behaviour)
        #expect(session.result.failure == Failure(kind, words))
        #expect(session.result.usage == nil && !session.end.wasKilled)
        #expect(session.looked.map(\.usage) == [TinyRecords.used])
    }

    @Test func `may not start at all`() throws {
        let session = try play("work", program: "/nonexistent/tiny")
        #expect(session.result.failure?.kind == .spawnFailed && session.spawned == nil)
        #expect(session.looked.isEmpty && session.log.isEmpty)
    }

    @Test func `is killed when it hangs`() throws {
        let session = try play("hang", killsAtAnswer: true)
        #expect(session.end.wasKilled)
        #expect(session.result.failure == Failure(.killed, "killed by signal 9"))
    }

    @Test func `has lines in another format counted`() throws {
        let session = try play("noise")
        let words = "1 line of stdout was not two words a line; see \(session.logPath)"
        #expect(session.warnings == [words] && session.result.failure == nil)
    }

    @Test func `has a log for people`() throws {
        var reader = TinyAgent().logReader()
        var view = LogView(width: nil) { [] }
        var lines: [String] = []
        let bytes = try play("work").log
        reader.read(bytes.span) { lines.append(view.text(for: $0)?.description ?? "") }
        reader.finish { lines.append(view.text(for: $0)?.description ?? "") }
        #expect(lines == ["— thread t1", "  did build", "  done 52"])
    }
}
