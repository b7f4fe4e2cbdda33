import Autonomous
import EventLoop
import Foundation
import Orchestration
import RunStore
import Testing

@testable import Driver

@Suite struct `Hooks in a leg` {
    // MARK: - Of sessions

    @Test func `runs before a session, which starts once it is done`() throws {
        let leg = try FakeLeg(["a"], hooks: [.beforeSession])
        try leg.run {
            leg.loop.settle()
            #expect(leg.log.takeAll().last == "hook before_session a")
            leg.hooks.end(.beforeSession, "a")
            let calls = leg.calls()
            #expect(calls.first == "start a 1" && calls.contains("journal hookEnded"))
            let input = try #require(leg.hooks.inputs[HookKey(.beforeSession, "a")])
            #expect(input.session == 1 && input.role == .initializer)
        }
    }

    @Test(arguments: HookResult.allCases)
    func `gives no session to the agent unless it passed`(result: HookResult) throws {
        let leg = try FakeLeg(["a"], hooks: [.beforeSession])
        try leg.run {
            leg.loop.settle()
            _ = leg.log.takeAll()
            leg.hooks.end(.beforeSession, "a", result)
            let calls = leg.calls()
            #expect(calls.contains("start a 1") == (result == .passed))
            guard result != .passed else { return }
            #expect(calls.contains("abandon tree a 1"))
            #expect(leg.failures.map(\.kind) == [.hookFailed])
        }
    }

    @Test func `takes no time of its session`() throws {
        let leg = try FakeLeg(["a"], timeout: .seconds(60), hooks: [.beforeSession])
        try leg.run {
            leg.loop.settle()
            leg.loop.advance(.seconds(600))
            #expect(!leg.log.takeAll().contains("terminate hook before_session a"))
            leg.hooks.end(.beforeSession, "a")
            leg.loop.advance(.seconds(59))
            #expect(!leg.calls().contains("terminate a 1"))
            leg.loop.advance(.seconds(2))
            #expect(leg.calls().contains("terminate a 1"))
        }
    }

    @Test func `is ended with the run before its session`() throws {
        let leg = try FakeLeg(["a"], hooks: [.beforeSession])
        try leg.run {
            leg.loop.settle()
            leg.driver.shutDown(.interrupt)
            leg.loop.advance(.seconds(1))
            leg.driver.shutDown(.interrupt)
            #expect(leg.calls().contains("terminate hook before_session a"))
            leg.loop.advance(.seconds(11))
            #expect(leg.calls().contains("kill hook before_session a"))
            leg.hooks.end(.beforeSession, "a", .stopped)
            #expect(!leg.calls().contains("start a 1"))
            #expect(leg.driver.ending == .interrupted)
        }
    }

    @Test func `runs after a session, before its work is committed`() throws {
        let leg = try FakeLeg(["a"], hooks: [.afterSession])
        try leg.run {
            leg.begin()
            leg.sessions.end("a")
            #expect(leg.calls().last == "hook after_session a")
            let input = try #require(leg.hooks.inputs[HookKey(.afterSession, "a")])
            #expect(input.failure?.kind == .turnFailed && input.session == 1)
            #expect(leg.hooks.places[HookKey(.afterSession, "a")]?.directory == "/")
            // No timeout of the session ends it.
            leg.loop.advance(.seconds(10_000))
            #expect(!leg.calls().contains { $0.hasPrefix("terminate") || $0.hasPrefix("kill") })
            leg.hooks.end(.afterSession, "a", .failed)
            #expect(leg.calls().first == "journal hookEnded warned sessionEnded taskEnded runEnded")
            #expect(leg.driver.state.task("a")?.outcome == .failed)
        }
    }

    @Test func `is ended with the run after its session`() throws {
        let leg = try FakeLeg(["a"], hooks: [.afterSession])
        try leg.run {
            leg.begin()
            leg.sessions.end("a")
            _ = leg.calls()
            leg.driver.shutDown(.interrupt)
            leg.loop.advance(.seconds(1))
            leg.driver.shutDown(.interrupt)
            #expect(leg.calls().contains("terminate hook after_session a"))
            leg.loop.advance(.seconds(11))
            #expect(leg.calls().contains("kill hook after_session a"))
        }
    }

    @Test func `leaves a task without them alone`() throws {
        let leg = try FakeLeg(["a"], hooks: [.onComplete])
        try leg.run {
            leg.begin()
            leg.sessions.end("a")
            #expect(!leg.calls().contains { $0.contains("hook") })
        }
    }

    // MARK: - Of tasks' ends

    @Test func `runs once its beginning is recorded`() throws {
        let leg = try FakeLeg(["a"], hooks: [.onFail])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            leg.sessions.end("a")
            #expect(
                leg.calls().last == "journal sessionEnded taskEnded hookBegan"
            )
            leg.store.writeAll()
            let calls = leg.calls()
            #expect(calls.last == "hook on_fail a")
            #expect(!calls.contains("release a"))
            let input = try #require(leg.hooks.inputs[HookKey(.onFail, "a")])
            #expect(input.outcome == .failed && input.reason?.contains("it failed") == true)
            #expect(input.environment["QUIRE_OUTCOME"] == "failed")
        }
    }

    @Test func `is put off while its beginning can't be recorded`() throws {
        let leg = try FakeLeg(["a", "b"], hooks: [.onFail])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            leg.sessions.end("a")
            _ = leg.calls()
            leg.store.answer(.condition(.failing("the disk is full")))
            #expect(!leg.calls().contains("hook on_fail a"))
            #expect(leg.driver.state.leg.hooks.due == ["a"])
            leg.store.answer(.condition(.recovered))
            leg.store.writeAll()
            #expect(leg.calls().contains("hook on_fail a"))
        }
    }

    @Test func `does not begin once it is to end`() throws {
        let leg = try FakeLeg(["a"], hooks: [.onFail])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            leg.sessions.end("a")
            _ = leg.calls()
            leg.driver.shutDown(.interrupt)
            leg.loop.advance(.seconds(1))
            leg.driver.shutDown(.interrupt)
            #expect(leg.calls().contains("terminate hook on_fail a"))
            leg.store.writeAll()
            #expect(!leg.calls().contains("hook on_fail a"))
        }
    }

    // MARK: - Of the run

    @Test func `of the end gets the summary`() throws {
        let leg = try FakeLeg(["a", "b"], hooks: [.runEnd, .notify])
        try leg.run {
            leg.begin()
            leg.sessions.end("a")
            leg.sessions.end("b")
            #expect(leg.calls().contains("hook run_end"))
            let input = try #require(leg.hooks.inputs[HookKey(.runEnd)])
            #expect(input.ending == .finished && input.outcomes == ["failed": 2])
            #expect(input.tasks?.map(\.task) == ["a", "b"])
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(try input.json)) as? [String: Any]
            )
            #expect(object["version"] as? Int == 1 && object["hook"] as? String == "run_end")
            leg.hooks.end(.runEnd)
            #expect(leg.calls().contains("hook notify"))
            let message = try #require(leg.hooks.inputs[HookKey(.notify)])
            #expect(message.title == "Quire: run is finished")
            #expect(message.body == "2 tasks: 2 failed")
            leg.hooks.end(.notify)
            _ = leg.calls()
            #expect(leg.driver.ending == .finished)
        }
    }

    // MARK: - Messages

    private func message(_ news: [Orchestration.Notification.News]) -> HookMessage {
        HookMessage(
            Orchestration.Notification(news: news, ending: nil),
            of: "r\u{1B}[31m",
            RunState()
        )
    }

    @Test func `says in safe words what an agent wrote`() {
        let question = "it asks: \u{1B}]0;x\u{7}::error::\u{202E}Which\none?"
        let words = message([.init(.needsYou, "a", question)])
        #expect(words.title == "Quire: r: a task needs you")
        for text in [words.title, words.body] {
            #expect(!text.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E })
        }
        #expect(words.body.hasPrefix("needs you: a: it asks: "))
    }

    @Test func `says the first of very many facts`() {
        let news = (0..<1000).map {
            Orchestration.Notification.News(
                .failed,
                "t\($0)",
                String(repeating: "x", count: 10_000)
            )
        }
        let words = message(news)
        #expect(words.title == "Quire: r: 1000 facts")
        #expect(words.body.split(separator: "\n").count == 20)
        #expect(words.body.hasSuffix("\nand 981 more facts"))
        #expect(words.body.utf8.count < 10_000)
    }

    @Test func `has variables that fit, whatever a reason holds`() {
        var input = HookInput(
            .onFail,
            RunRequest(
                run: "r",
                name: "r",
                version: "0",
                plan: RunPlan(),
                work: [:],
                workspace: Workspace(root: "/"),
                agent: AgentCommand(executable: "/bin/true", kind: TinyAgent()),
                prompts: .embedded,
                environment: .none
            )
        )
        input.reason = String(repeating: "a\u{0}\n", count: 100_000)
        let reason = input.environment["QUIRE_REASON"] ?? ""
        #expect(!reason.isEmpty && reason.utf8.count < 20_000 && !reason.utf8.contains(0))
    }
}
