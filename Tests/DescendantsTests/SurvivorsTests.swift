import Orchestration
import Testing

@testable import Descendants

@Suite struct `Survivors of a killed Quire` {
    private static let grace = Duration.milliseconds(500)

    private func end(
        in table: FakeProcesses,
        sessions: [SessionSpawned] = [],
        followsCrash: Bool = true
    ) -> [Warned] {
        let own = RunnerMark(process: ProcessID(pid: 9, start: 9), namespace: "here")
        let directories = ["t": "/w/.autonomous/t", "u": "/w/.autonomous/u"]
        let matcher = SessionMatcher(run: "/w/m.yaml", own: own, directories: directories)
        return Survivors(
            in: table,
            matcher: matcher,
            sessions: sessions,
            followsCrash: followsCrash,
            grace: Self.grace
        ).end()
    }

    @Test func `one that ends when asked is never killed`() {
        let table = FakeProcesses()
        let process = table.start(mark(), .endsAfter(.milliseconds(300)))
        let warnings = end(in: table)
        #expect(table.sent.map(\.number) == [15])
        #expect(table.now < Self.grace)
        let words =
            "ended 1 process of session 1, which had outlived an earlier Quire: \(process.pid)"
        #expect(warnings == [Warned(task: "t", message: words)])
    }

    @Test func `one that ignores the request is killed after the grace`() throws {
        let table = FakeProcesses()
        table.start(mark("t", 3), .ignores)
        table.start(mark("t", 3), .ends)
        let warnings = end(in: table)
        let kill = try #require(table.sent.first { $0.number == 9 })
        #expect(kill.at >= Self.grace && kill.at < Self.grace + .milliseconds(20))
        #expect(table.sent.count { $0.number == 15 } == 2)
        #expect(
            warnings.map(\.message) == [
                "ended 2 processes of session 3, which had outlived an earlier Quire: 1000 1001"
            ]
        )
    }

    @Test func `one that nothing helps against is told with the way out`() {
        let table = FakeProcesses()
        table.start(mark("u", 2), .isStuck)
        let warnings = end(in: table)
        #expect(table.now >= Self.grace + .seconds(5) && table.now < .seconds(6))
        #expect(
            warnings == [
                Warned(
                    task: "u",
                    message: "1 process of session 2 can't be ended; end what is left by hand: "
                        + "kill -9 1000"
                )
            ]
        )
    }

    @Test(arguments: [1, 15, 40])
    func `those that fork and die are pursued to the last`(generations: Int) {
        let table = FakeProcesses()
        table.start(mark(), .forks(left: generations))
        #expect(end(in: table).count == 1)
        #expect(table.living.isEmpty)
    }

    private static let foreign: [(String, [String], UInt64)] = [
        ("no mark", [], 0), ("another run", mark(run: "/w/other.yaml"), 0),
        ("another directory", mark(run: "/w/other.yaml", directory: "/v/.autonomous/t"), 0),
        ("half a mark", ["QUIRE_RUN=/w/m.yaml", "QUIRE_TASK=t"], 0),
        ("a number that is none", ["QUIRE_RUN=/w/m.yaml", "QUIRE_TASK=t", "QUIRE_SESSION=x"], 0),
        ("a living Quire", mark(runner: "500/507/here"), 0),
        ("a Quire of another container", mark(runner: "501/1/there"), 0),
        ("another directory's label", [], SessionLabel(place: "/v/t", session: 1).value),
        ("no label", [], 1 << 63),
        (
            "another run's mark, this task's label", mark(run: "/w/other.yaml"),
            SessionLabel(place: "/w/.autonomous/t", session: 1).value
        ),
    ]

    @Test(arguments: foreign)
    func `a process that is not the run's is spared`(
        _ kind: String,
        environment: [String],
        label: UInt64
    ) {
        let table = FakeProcesses()
        // The living Quire that one of them names.
        while table.start().pid < 1010 {}
        let runner = table.start()
        let environment = environment.map {
            $0.replacing("500/507/", with: "\(runner.pid)/\(runner.start)/")
        }
        let process = table.start(environment, label: label)
        #expect(end(in: table).isEmpty && table.sent.isEmpty, "\(kind)")
        #expect(table.isAlive(process))
    }

    private static let own: [(String, [String], UInt64)] = [
        ("no runner", mark(), 0), ("a dead Quire", mark(runner: "77/1/here"), 0),
        ("a runner that can't be read", mark(runner: "77/here"), 0),
        (
            "another run in this task's directory",
            mark(run: "/v/n.yaml", directory: "/w/.autonomous/u"), 0
        ),
        ("a clean environment", [], SessionLabel(place: "/w/.autonomous/t", session: 4).value),
        ("a variable twice", ["QUIRE_RUN=outer"] + mark(), 0),
    ]

    @Test(arguments: own)
    func `a process that is the run's is ended`(
        _ kind: String,
        environment: [String],
        label: UInt64
    ) {
        let table = FakeProcesses()
        table.start(environment, label: label)
        #expect(end(in: table).count == 1, "\(kind)")
        #expect(table.living.isEmpty)
    }

    @Test func `a labelled process below a living Quire is that one's`() {
        let table = FakeProcesses()
        // A label names its runner by this process's own number.
        let label = SessionLabel(place: "/w/.autonomous/t", session: 4)
        let child = table.start(parent: label.runner)
        let process = table.start(label: label.value, parent: child.pid)
        #expect(end(in: table).isEmpty)
        #expect(table.isAlive(process))
    }

    @Test func `a session of the journal is ended with its group, unless its number is another's`()
    {
        let table = FakeProcesses()
        let (ended, spared) = (table.start(), table.start())
        let sessions = [
            SessionSpawned(task: "t", session: 1, pid: ended.pid, processStart: ended.start),
            SessionSpawned(task: "u", session: 1, pid: spared.pid, processStart: spared.start - 1),
        ]
        #expect(end(in: table, sessions: sessions).map(\.task) == ["t"])
        #expect(table.sent.map(\.group) == [true])
        #expect(table.living == [spared.pid])
    }

    private static let runners: [(runner: String, isEnded: Bool)] = [
        ("500/507/here", false), ("501/1/there", false), ("500/1/here", true), ("none", true),
    ]

    @Test(arguments: runners)
    func `a session of the journal is spared while its own Quire may live`(
        _ runner: String,
        isEnded: Bool
    ) {
        let table = FakeProcesses()
        let living = table.start()
        let runner = runner.replacing("500/507/", with: "\(living.pid)/\(living.start)/")
        let process = table.start(mark(runner: runner))
        let session = SessionSpawned(
            task: "t",
            session: 1,
            pid: process.pid,
            processStart: process.start
        )
        #expect(end(in: table, sessions: [session]).count == (isEnded ? 1 : 0))
        #expect(table.isAlive(process) != isEnded)
    }

    @Test(arguments: [true, false])
    func `where the system does not tell, it is told after a crash alone`(followsCrash: Bool) {
        let table = FakeProcesses(tells: false)
        #expect(end(in: table, followsCrash: followsCrash).count == (followsCrash ? 1 : 0))
    }
}
