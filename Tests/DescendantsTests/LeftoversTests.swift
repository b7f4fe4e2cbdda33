import Glibc
import Orchestration
import Testing

@testable import Descendants

@Suite struct `Leftovers of sessions` {
    private static let own = RunnerMark(process: ProcessID(pid: 9, start: 9), namespace: "here")
    private let session = SessionKey(task: "t", number: 1)
    private let label = SessionLabel(place: "/w/t", session: 1)
    private var leftovers = Leftovers(
        matcher: SessionMatcher(run: "/w/m.yaml", own: own),
        grace: .milliseconds(100)
    )

    private static func orphan(
        _ pid: Int32,
        _ environment: [String] = mark(runner: "9/9/here"),
        label: UInt64 = 0
    ) -> SeenProcess {
        SeenProcess(id: ProcessID(pid: pid, start: 1), environment: environment, label: label)
    }

    private mutating func decide(
        _ living: [SeenProcess],
        at milliseconds: Int,
        asked: Set<SessionKey>? = nil,
        haveChanged: Bool = false,
        sparesUnknown: Bool = false,
        live: Set<SessionKey> = []
    ) -> Leftovers.Decision {
        leftovers.decide(
            on: Orphans(living: living, haveChanged: haveChanged),
            asked: asked ?? leftovers.waiters,
            sparesUnknown: sparesUnknown,
            at: .milliseconds(milliseconds),
            isLive: live.contains
        )
    }

    @Test mutating func `an orphan is asked once, then killed until it is gone`() {
        leftovers.wait(for: session, at: .zero)
        let orphan = Self.orphan(20)
        #expect(decide([orphan], at: 0).signals == [orphan.id: SIGTERM])
        let second = decide([orphan], at: 50)
        #expect(second.signals.isEmpty && second.released.isEmpty)
        #expect(second.nextLook == .milliseconds(5))
        #expect(decide([orphan], at: 100).signals == [orphan.id: SIGKILL])
        #expect(decide([orphan], at: 105).signals == [orphan.id: SIGKILL])
        let last = decide([], at: 110)
        #expect(last == Leftovers.Decision(released: [session: []]))
    }

    @Test mutating func `what comes to light after the grace gets none`() {
        leftovers.wait(for: session, at: .zero)
        _ = decide([Self.orphan(20)], at: 0)
        #expect(decide([Self.orphan(21)], at: 120).signals.values.elementsEqual([SIGKILL]))
    }

    @Test mutating func `what nothing helps against is handed over`() {
        leftovers.wait(for: session, at: .zero)
        let orphan = Self.orphan(20)
        #expect(decide([orphan], at: 2099).released.isEmpty)
        #expect(decide([orphan], at: 2100).released == [session: [orphan.id]])
    }

    @Test mutating func `orphans of a living session are spared`() {
        let orphan = Self.orphan(20)
        #expect(decide([orphan], at: 0, live: [session]) == Leftovers.Decision())
        // Once it is over they are ended even where nobody waits, at leisure.
        let decision = decide([orphan], at: 10)
        #expect(decision.signals == [orphan.id: SIGTERM])
        #expect(decision.nextLook == .milliseconds(100))
        #expect(decide([orphan], at: 2111).nextLook == nil)
    }

    @Test mutating func `one with a clean environment tells by its label whose it is`() {
        leftovers.sessionBegan(session, label)
        leftovers.wait(for: session, at: .zero)
        let orphan = Self.orphan(20, [], label: label.value)
        #expect(decide([orphan], at: 0).signals == [orphan.id: SIGTERM])
        leftovers.sessionIsGone(label)
        #expect(decide([orphan], at: 5).released == [session: []])
    }

    private static let unknown = [
        orphan(20, []), orphan(20, mark(runner: "8/9/here")),
        orphan(20, mark(run: "/v/n.yaml", runner: "9/9/here")), orphan(20, [], label: 5),
    ]

    @Test(arguments: unknown)
    mutating func `an orphan of no known session is spared until the run's end`(
        orphan: SeenProcess
    ) {
        #expect(decide([orphan], at: 0) == Leftovers.Decision())
        leftovers.waitForAll(at: .milliseconds(10))
        #expect(decide([orphan], at: 10, sparesUnknown: true).isAllReleased)
        leftovers.waitForAll(at: .milliseconds(20))
        let decision = decide([orphan], at: 20)
        #expect(decision.signals == [orphan.id: SIGTERM] && !decision.isAllReleased)
        #expect(decide([orphan], at: 120).signals == [orphan.id: SIGKILL])
        #expect(decide([], at: 125).isAllReleased)
    }

    @Test mutating func `the run's end is not held up for ever`() {
        leftovers.waitForAll(at: .zero)
        #expect(!decide([Self.orphan(20)], at: 2099).isAllReleased)
        #expect(decide([Self.orphan(20)], at: 2100).isAllReleased)
    }

    @Test mutating func `nobody is let go while orphans may have left others`() {
        leftovers.wait(for: session, at: .zero)
        #expect(decide([], at: 0, haveChanged: true).released.isEmpty)
        #expect(decide([], at: 5).released == [session: []])
    }

    @Test mutating func `who began to wait after the look is not let go by it`() {
        leftovers.wait(for: session, at: .zero)
        let decision = decide([], at: 1, asked: [])
        #expect(decision.released.isEmpty && decision.nextLook == .zero)
    }

    @Test mutating func `a grace is at most two seconds`() {
        let matcher = SessionMatcher(run: "/w/m.yaml", own: Self.own)
        leftovers = Leftovers(matcher: matcher, grace: .seconds(600))
        leftovers.wait(for: session, at: .zero)
        _ = decide([Self.orphan(20)], at: 0)
        #expect(decide([Self.orphan(20)], at: 1999).signals.isEmpty)
        #expect(decide([Self.orphan(20)], at: 2000).signals.values.elementsEqual([SIGKILL]))
    }
}
