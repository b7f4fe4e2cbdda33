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
        let began = WallTime(millisecondsSinceEpoch: 0)
        let part = RunReport.Part(directory: "/w", ending: ending, began: began, ended: nil)
        let report = RunReport(
            name: "m",
            parts: [part],
            missing: isAllThere ? [] : [try #require(Shard("2/2"))],
            tasks: outcomes.enumerated().map { RunReport.Task(name: "t\($0)", outcome: $1) }
        )
        #expect(ExitStatus.of(report) == status)
    }
}
