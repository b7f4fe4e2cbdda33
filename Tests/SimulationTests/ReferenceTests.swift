import Foundation
import Orchestration
import Simulation
import Testing

/// The reference's completion times, made by its own simulator (in Python) on the same workloads.
private struct Fixture: Decodable {
    var expected: [String: [Double?]]

    static func load(_ name: String) throws -> (Workload, [String: [Double?]]) {
        let file = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json")
        let data = try Data(contentsOf: #require(file))
        let decoder = JSONDecoder()
        return (
            try decoder.decode(Workload.self, from: data),
            try decoder.decode(Fixture.self, from: data).expected
        )
    }
}

@Suite struct `The scheduler and its published reference` {
    static let workloads = [
        "trace", "grow", "stall", "groups", "dag", "arrivals", "heavydur", "alike",
    ]

    @Test(arguments: workloads, Policy.allCases)
    func `complete every task at the same time`(name: String, policy: Policy) throws {
        let (workload, expected) = try Fixture.load(name)
        #expect(workload.fault == nil)
        var batch = Batch(workload, rule: policy.rule(for: workload), settings: .reference)
        batch.run()
        let times = try #require(expected[policy.rawValue])
        for (task, (found, wanted)) in zip(batch.completions, times).enumerated() {
            guard let wanted else {
                #expect(found == nil, "task \(task) is never complete")
                continue
            }
            // The file rounds to milliseconds.
            #expect(abs((found ?? .infinity) - wanted) < 0.01, "task \(task)")
        }
    }
}
