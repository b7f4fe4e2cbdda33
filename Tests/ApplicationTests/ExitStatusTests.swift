import Application
import Orchestration
import Reporting
import Testing

@Suite struct `An exit status` {
    private static let cases: [(Ending?, [Outcome?], isAllThere: Bool, status: Int32)] = [
        (.finished, [.complete], true, 0), (.finished, [], true, 0),
        (.finished, [.complete, .failed], true, 100), (.finished, [.stalled], true, 100),
        (.finished, [.damaged], true, 100), (.finished, [.complete, .capped], true, 101),
        (.finished, [nil], true, 101), (nil, [.complete, nil], true, 101),
        (.interrupted, [.failed], true, 130), (.terminated, [.failed], true, 143),
        (.unable, [.failed], true, 69), (.finished, [.complete], false, 101),
        (.finished, [.failed], false, 100),
    ]

    @Test(arguments: cases)
    func `is that of what weighs most`(
        _ ending: Ending?,
        outcomes: [Outcome?],
        isAllThere: Bool,
        status: Int32
    ) throws {
        var leg = LegRecord(run: "r", name: "m", began: WallTime(millisecondsSinceEpoch: 0))
        leg.ending = ending
        let whole = RunPart(shard: try #require(Shard("1/2")), tasks: 9, manifest: "")
        let tasks = outcomes.enumerated().map { number, outcome in
            var task = TaskRecord(name: "t\(number)")
            task.outcome = outcome
            return task
        }
        let record = RunRecord(leg, part: isAllThere ? nil : whole, tasks: tasks)
        let report = RunReport([try #require(RunReport.Part(record, in: "/w"))])
        #expect(ExitStatus.of(report) == status)
    }
}
