import Testing

@testable import Driver

@Suite struct `A task that asked` {
    @Test func `is looked at while it waits, and opened once it is answered`() throws {
        let leg = try FakeLeg(["a", "b"])
        try leg.run {
            leg.begin()
            leg.loop.advance(.seconds(60))
            #expect(!leg.calls().contains { $0.hasPrefix("look") })
            leg.sessions.end("a", question: "Which?")
            #expect(
                leg.calls() == [
                    "clear a 1", "journal sessionEnded taskEnded", "report sessionEnded taskEnded",
                    "release a",
                ]
            )
            leg.loop.advance(.seconds(2))
            #expect(leg.calls() == ["look a"])
            leg.directories.answer("a")
            leg.loop.advance(.seconds(2))
            #expect(
                leg.calls() == [
                    "look a", "open a", "journal taskReopened taskInspected sessionStarted",
                    "report taskReopened taskInspected sessionStarted", "start a 2",
                ]
            )
            leg.loop.advance(.seconds(10))
            #expect(leg.calls() == [])
        }
    }

    @Test func `is left alone once the leg has ended`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            leg.sessions.end("a", question: "Which?")
            #expect(leg.calls().last == "finish")
            leg.directories.answer("a")
            leg.loop.advance(.seconds(10))
            #expect(leg.calls() == [])
        }
    }
}
