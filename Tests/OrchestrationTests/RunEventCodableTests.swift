import Foundation
import Testing

import Orchestration

@Test func `a fact is one flat object, with durations in seconds`() throws {
    let began = RunEvent.runBegan(
        RunBegan(
            run: "/m.yaml",
            name: "m",
            pid: 1,
            quireVersion: "0",
            plan: RunPlan(tasks: [TaskPlan(name: "a")])
        )
    )
    let data = try JSONEncoder().encode(began)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object["event"] as? String == "run_began")
    let plan = try #require(object["plan"] as? [String: Any])
    #expect(plan["grace"] as? Double == 10)
    #expect(try JSONDecoder().decode(RunEvent.self, from: data) == began)
    // Nor do journals of earlier versions have them.
    #expect(object["part"] == nil && plan["maxFailures"] == nil)
}

@Test func `facts of earlier versions have no stamps of lists, and are read`() throws {
    let progress = Orchestration.Progress(ticked: 1, total: 2)
    let inspected = TaskInspected(task: "a", checklist: .good(progress))
    var ended = SessionEnded(task: "a", session: 1, verdict: .ticked, charge: .session)
    ended.progress = progress
    for fact in [RunEvent.taskInspected(inspected), .sessionEnded(ended)] {
        let data = try JSONEncoder().encode(fact)
        let text = String(decoding: data, as: UTF8.self)
        #expect(!text.contains("listFile") && !text.contains("incident"))
        #expect(try JSONDecoder().decode(RunEvent.self, from: data) == fact)
    }
    ended.listFile = "1 2 3.4 5.6"
    ended.incident = ListIncident(words: "it is gone", isTampering: true)
    let stamped = RunEvent.sessionEnded(ended)
    let data = try JSONEncoder().encode(stamped)
    #expect(String(decoding: data, as: UTF8.self).contains(#""listFile":"1 2 3.4 5.6""#))
    #expect(try JSONDecoder().decode(RunEvent.self, from: data) == stamped)
}

@Test func `a shard's beginning says which part of what it is`() throws {
    let shard = try #require(Shard(number: 2, count: 8))
    let began = RunEvent.runBegan(
        RunBegan(
            run: "/m.yaml#2/8",
            name: "m",
            pid: 1,
            quireVersion: "0",
            plan: RunPlan(maxFailures: 3),
            part: RunPart(shard: shard, tasks: 40, manifest: Fingerprint("m").text)
        )
    )
    let data = try JSONEncoder().encode(began)
    #expect(try JSONDecoder().decode(RunEvent.self, from: data) == began)
}

@Test(arguments: [
    (0.1, Duration.milliseconds(100)), (86_400.000_000_001, .nanoseconds(86_400_000_000_001)),
    (-3, .seconds(-3)), (1e300, .nanoseconds(Int64.max)), (-.infinity, .nanoseconds(Int64.min)),
    (.nan, .zero),
])
func `seconds of whatever number are a duration`(seconds: Double, duration: Duration) {
    #expect(Duration(inSeconds: seconds) == duration)
}

@Test func `a clock's nanoseconds survive the journal`() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<10_000 {
        let time = Duration.nanoseconds(Int64.random(in: 0...4_000_000_000_000_000, using: &random))
        #expect(Duration(inSeconds: time.inSeconds) == time)
    }
}
