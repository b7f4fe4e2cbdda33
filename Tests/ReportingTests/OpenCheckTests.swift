import Orchestration
import Reporting
import Testing

@Suite struct `The check that an open task waits for` {
    typealias Check = SessionRecord.Check

    @Test(
        arguments: [
            (nil, false, true, nil), (nil, true, true, .due), (nil, true, false, nil),
            (Check(), true, true, .running), (Check(), false, false, .cutOff),
            (Check(.stopped), true, false, .cutOff), (Check(.failed), false, true, nil),
            (Check(.failed), true, true, .due), (Check(.couldNotRun), true, false, nil),
            (Check(.withdrawn), false, true, nil), (Check(.withdrawn), true, true, .due),
        ] as [(Check?, Bool, Bool, OpenCheck.State?)]
    )
    func `is told from its newest session and its list`(
        check: Check?,
        isComplete: Bool,
        isRunning: Bool,
        state: OpenCheck.State?
    ) {
        let found = OpenCheck(of: "a", check, isComplete: isComplete, isRunning: isRunning)
        #expect(found?.state == state)
    }
}
