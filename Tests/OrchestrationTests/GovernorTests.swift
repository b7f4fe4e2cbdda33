import Testing

@testable import Orchestration

/// A governor that answers what it is told to, and notes that it was asked.
private struct Scripted: Governor {
    var isHolding = false
    var isAdmitting = true
    var end: Ending?
    var deadline: Duration?
    var asked = 0

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) { asked += 1 }
    func holdsStarts(in turn: Turn) -> Bool { isHolding }
    mutating func admits(_ start: SessionStarted, in turn: inout Turn) -> Bool {
        asked += 1
        return isAdmitting
    }
    func ending(in turn: Turn) -> Ending? { end }
    func nextDeadline(in turn: Turn) -> Duration? { deadline }
}

/// A concern that holds nothing and waits for nothing.
private struct Silent: Governor {}

private let start = SessionStarted(
    task: "t",
    session: 1,
    slot: 0,
    role: .initializer,
    progress: nil,
    resumes: nil,
    stream: .rank
)

@Suite struct `A shelf of governors` {
    private var turn = Turn(state: RunState())

    @Test(arguments: [[], [0], [1], [2], [0, 1, 2]])
    func `holds starts if one of them does`(holding: [Int]) {
        let shelf = Scripted(isHolding: holding.contains(0))
            .and(Scripted(isHolding: holding.contains(1)))
            .and(Scripted(isHolding: holding.contains(2)))
        #expect(shelf.holdsStarts(in: turn) == !holding.isEmpty)
    }

    @Test func `wakes at the earliest deadline, and is stuck without one`() {
        let times: [Duration?] = [nil, .seconds(9), .seconds(4), .seconds(7)]
        for first in times {
            for second in times {
                let shelf = Silent().and(Scripted(deadline: first)).and(Scripted(deadline: second))
                #expect(shelf.nextDeadline(in: turn) == [first, second].compactMap(\.self).min())
                #expect(shelf.willLetStart(in: turn) == (first != nil || second != nil))
            }
        }
    }

    @Test func `ends a leg in the way that leaves a person the most to do`() {
        let endings: [Ending?] = [nil, .finished, .interrupted, .unable]
        for (one, first) in endings.enumerated() {
            for (other, second) in endings.enumerated() {
                let shelf = Scripted(end: first).and(Scripted(end: second))
                #expect(shelf.ending(in: turn) == endings[max(one, other)])
            }
        }
    }

    @Test mutating func `asks no governor for a start that another has refused`() {
        var refused = Scripted(isAdmitting: false).and(Scripted())
        let isAdmitted = refused.admits(start, in: &turn)
        #expect(!isAdmitted)
        #expect(Mirror(reflecting: refused).descendant("second", "asked") as? Int == 0)
        var admitted = Scripted().and(Scripted())
        let isAdmittedByAll = admitted.admits(start, in: &turn)
        #expect(isAdmittedByAll)
        #expect(Mirror(reflecting: admitted).descendant("second", "asked") as? Int == 1)
    }

    @Test func `never lets a gate hold a run without somebody to open it`() {
        for gate in Gate.allCases {
            switch gate.nature.opening {
            case .time, .reading: #expect(!gate.canEndRun, "\(gate)")
            case .probe(let interval): #expect(interval > .zero, "\(gate)")
            // A person opens the last one.
            case .event: #expect(gate.canEndRun || gate == .pause, "\(gate) may never open")
            }
        }
    }
}

@Suite struct `The table of failures` {
    @Test(arguments: FailureClass.allCases)
    func `contradicts itself in no row`(kind: FailureClass) {
        let treatment = kind.treatment
        // A failure that costs nothing has something else that keeps it from repeating at once.
        if treatment.charge == .free {
            #expect(treatment.reaction != .none || kind.has(.neverBegan))
            #expect(!kind.has(.delayed))
        }
        // A thread is resumed or forgotten.
        #expect(!(kind.has(.resumable) && kind.has(.forgetsThread)))
        // A failure that ends the task at once needs no delay and costs its session, if there was one.
        if kind.has(.final) || kind.has(.blocks) {
            #expect(treatment.charge == (kind.has(.neverBegan) ? .free : .session))
            #expect(!kind.has(.delayed))
        }
        // Quotations matter for failures that are compared with one another.
        if kind.has(.quotes) { #expect(kind.has(.repeats)) }
        // An answer of the service opens gates.
        if treatment.reaction == .answered { #expect(kind.has(.fromService)) }
    }
}
