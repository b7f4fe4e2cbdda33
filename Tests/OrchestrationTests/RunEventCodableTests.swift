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
}
