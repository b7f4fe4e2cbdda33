/// Record of a run's newest leg: a fold of its facts, and the run's row in the table `run`.
package struct LegRecord: Hashable, Sendable, Encodable {
    /// The run's id: the manifest's path.
    package var run: String
    /// The run's name.
    package var name: String
    /// The number of the leg, which is the number of the run's legs.
    package var number: Int
    /// Quire's process; the caller must find out whether it lives.
    package var pid: Int32
    /// The time at which the leg began.
    package var began: WallTime
    /// The time at which the leg ended; `nil` while it runs, and for good if it was killed.
    package var ended: WallTime?
    /// The reason why the leg ended.
    package var ending: Ending?
    /// The number of slots that the leg began with.
    package var concurrency: Int
    /// The workspace; `nil` where none was recorded.
    package var workspace: String?
    /// The prices of tokens; `nil` where they are unknown.
    package var prices: Prices?
    /// The mark of Quire's process, as in `RunBegan`; `nil` where none was recorded.
    package var runner: String?

    /// The properties that `quire status` reports, by their names there.
    private enum CodingKeys: String, CodingKey {
        case run = "id"
        case number = "legs"
        case name, pid, began, ended, ending, concurrency
    }

    /// Makes the record of a leg that goes on.
    package init(
        run: String,
        name: String,
        number: Int = 1,
        pid: Int32 = 0,
        began: WallTime,
        concurrency: Int = 1
    ) {
        self.run = run
        self.name = name
        self.number = number
        self.pid = pid
        self.began = began
        self.concurrency = concurrency
    }

    /// Makes the record of a leg that begins.
    package init(_ fact: RunBegan, number: Int, at time: WallTime) {
        self.init(
            run: fact.run,
            name: fact.name,
            number: number,
            pid: fact.pid,
            began: time,
            concurrency: fact.plan.concurrency
        )
        (workspace, prices, runner) = (fact.workspace, fact.plan.prices, fact.runner)
    }

    /// Notes the end of the leg.
    package mutating func end(_ fact: RunEnded, at time: WallTime) {
        (ended, ending) = (time, fact.ending)
    }

    /// The duration of the leg; zero if it has no end.
    package var duration: Duration { ended.map { max(.zero, $0 - began) } ?? .zero }
}
