import EventLoop
import Foundation
import Glibc
import Orchestration
import Reporting
import Testing

@testable import Driver
@testable import RunStore

private func line(_ id: Int, _ request: SteeringRequest) -> String {
    String(
        decoding: ControlMessage.line(ControlMessage.Request(id: id, client: "test", request)),
        as: UTF8.self
    )
}

@Suite struct `A leg that is steered` {
    @Test func `answers a request once the journal has the fact`() throws {
        let leg = try FakeLeg(["a", "b"])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            let client = leg.door.come()
            #expect(client.lines.count == 1 && client.lines[0].contains("\"protocol\":1"))
            client.say(line(4, .pause(afterSessions: true)))
            leg.loop.settle()
            // The next line waits for the answer, and the answer for the disk.
            #expect(client.lines.count == 1 && !client.isRead)
            leg.store.writeAll()
            #expect(
                client.lines.last
                    == #"{"id":4,"accepted":true,"words":"paused: nothing more starts, 2 sessions may finish","tasks":["a","b"]}"#
            )
            #expect(client.isRead)
            let steered = leg.report.facts.compactMap {
                if case .steered(let fact) = $0.event { fact } else { nil }
            }
            #expect(steered.map(\.by.client) == ["test"])
            #expect(steered.map(\.by.uid) == [geteuid()])
            #expect(steered.map(\.by.pid) == [7])
        }
        #expect(leg.door.isClosed)
    }

    @Test func `answers a refusal at once, also while nothing can be recorded`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            let client = leg.door.come()
            client.say(line(1, .stop(["x"])))
            leg.loop.settle()
            #expect(client.lines.last?.contains("\"accepted\":false") == true)
        }
    }

    @Test func `says that a change can't be recorded when the journal is lost`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            let client = leg.door.come()
            client.say(line(1, .drain))
            leg.loop.settle()
            leg.store.answer(.written(.failure(StoreError("the disk is full"))))
            #expect(
                client.lines.last?.contains(
                    "it was done, but can't be recorded, and a restart may undo it: the disk is full"
                ) == true
            )
        }
    }

    @Test func `lets its own view steer without the socket`() throws {
        let leg = try FakeLeg(["a", "b", "c"])
        try leg.run {
            leg.begin()
            var answers: [SteeringAnswer] = []
            leg.report.steering?.send(.setConcurrency(3)) { answers.append($0) }
            #expect(leg.calls().contains("start c 1"))
            #expect(answers == [.accepted("set: at most 3 sessions at once", tasks: [])])
        }
    }

    @Test func `lets nobody in but its own user and root`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            let other = leg.door.come(LocalPeer(user: geteuid() + 1, process: 9))
            #expect(other.isClosed && other.lines.isEmpty)
            let nobody = leg.door.come(nil)
            #expect(nobody.isClosed && nobody.lines.isEmpty)
            #expect(!leg.door.come(LocalPeer(user: 0, process: nil)).isClosed)
        }
    }

    @Test(arguments: [
        ("", "that is no request of the control protocol"),
        ("{", "that is no request of the control protocol"),
        (#"{"protocol":1,"id":1,"client":"x","request":"explode"}"#, "does not know"),
        (#"{"protocol":1,"id":1,"client":"x","request":"resume","when":3}"#, "does not know"),
        (#"{"protocol":2,"id":1,"client":"x","request":"resume"}"#, "speaks version 1"),
        (#"{"protocol":1,"id":1,"client":"x","request":"stop","tasks":"a"}"#, "no request"),
    ])
    func `refuses a line that is no request, and ends the connection`(
        text: String,
        words: String
    ) throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            let client = leg.door.come()
            client.say(text)
            #expect(client.lines.last?.contains(words) == true, "\(client.lines)")
            #expect(client.isClosed)
        }
    }

    @Test func `drops the client that has been quiet for longest when too many come`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            let first = leg.door.come()
            first.say(line(1, .drain))
            leg.loop.now += .seconds(1)
            let clients = (0..<40).map { _ in leg.door.come() }
            // One waits for its answer, and is kept.
            #expect(!first.isClosed)
            #expect(clients.count { !$0.isClosed } == 31)
            #expect(clients.suffix(31).allSatisfy { !$0.isClosed })
        }
    }

    @Test func `forgets a client that is gone before its answer`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            leg.store.isSlow = true
            let client = leg.door.come()
            client.say(line(1, .pause(afterSessions: false)))
            leg.loop.settle()
            client.happen(.end)
            leg.store.writeAll()
            #expect(client.lines.count == 1)
            #expect(leg.driver.view.gates.map(\.gate) == [.pause])
        }
    }

    @Test func `writes a person's words before it answers, and goes on with a task that asked`()
        throws
    {
        let leg = try FakeLeg(["a", "b"])
        try leg.run {
            leg.begin()
            let client = leg.door.come()
            client.say(line(1, .tell(["b"], "Mind the tests.")))
            #expect(leg.calls().contains("tell b: Mind the tests."))
            #expect(client.lines.last?.contains("is told") == true)
            client.say(line(2, .answer(["a"], "Yes.")))
            leg.loop.settle()
            #expect(client.lines.last?.contains("asks nothing now") == true)
        }
    }

    @Test func `retries a task that failed: its directory is opened once more`() throws {
        let leg = try FakeLeg(["a", "b"])
        try leg.run {
            leg.begin()
            leg.sessions.end("a")
            _ = leg.calls()
            let client = leg.door.come()
            client.say(line(1, .retry(["a"])))
            let calls = leg.calls()
            #expect(calls.contains("open a"))
            #expect(calls.contains("start a 2"))
            #expect(client.lines.last?.contains("taken up again") == true)
        }
    }
}

@Suite struct `The control protocol` {
    private static let requests: [SteeringRequest] = [
        .pause(afterSessions: true), .pause(afterSessions: false), .resume, .drain,
        .stop(["a", "b*"]),
        .skip(["c"]), .retry(["d"]),
        .set(
            SteeringSettings(
                concurrency: 3,
                budget: Budget(tokens: 5, cost: 1.5, wall: .seconds(60)),
                priorities: [.init(tasks: ["a"], priority: -3)],
                onLimit: "stop"
            )
        ),
        .tell(["a"], "x\n\"y\""), .answer(["a"], "z"), .add(manifest: "/m.yaml"),
    ]

    @Test(arguments: requests)
    func `a request reads as it was written`(request: SteeringRequest) throws {
        let message = ControlMessage.Request(id: 3, client: "test", request)
        let read = ControlMessage.read(ControlMessage.Request.self, ControlMessage.line(message))
        #expect(read == message)
    }

    @Test func `the published schema has the keys of every message`() throws {
        func keys(_ line: [UInt8]) -> Set<String> {
            let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            return Set((object ?? [:]).keys)
        }
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "config/control.schema.json")
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any]
        )
        let parts = try #require(schema["$defs"] as? [String: [String: Any]])
        func properties(_ part: String) -> [String: [String: Any]] {
            parts[part]?["properties"] as? [String: [String: Any]] ?? [:]
        }
        let sent = Self.requests.map {
            keys(ControlMessage.line(ControlMessage.Request(id: 1, client: "c", $0)))
        }
        #expect(Set(properties("request").keys) == sent.reduce([]) { $0.union($1) })
        #expect(
            Set(properties("request")["request"]?["enum"] as? [String] ?? [])
                == Set(SteeringRequest.Kind.allCases.map(\.rawValue))
        )
        let reply = ControlMessage.Reply(id: 1, .refused("no"))
        #expect(Set(properties("reply").keys) == keys(ControlMessage.line(reply)))
        let greeting = ControlMessage.Greeting(quire: "1", run: "r", name: "n", pid: 1, host: "h")
        #expect(Set(properties("greeting").keys) == keys(ControlMessage.line(greeting)))
        let version = properties("greeting")["protocol"]?["const"] as? Int
        #expect(version == ControlMessage.version)
    }

    @Test func `a reply with keys of a later version is understood`() {
        let text =
            #"{"id":3,"accepted":true,"words":"done","tasks":["a"],"when":5,"more":{"x":[1]}}"#
        let reply = ControlMessage.read(ControlMessage.Reply.self, Array(text.utf8))
        #expect(reply?.answer == .accepted("done", tasks: ["a"]))
    }
}
