/// Two governors, or two shelves of them, as one: the first is asked before the second.
///
/// The shelf of a leg is a chain of these. Its type names all governors, so that the compiler calls
/// each directly, and leaves out what a governor does not do.
struct Shelf<First: Governor, Second: Governor>: Governor {
    private var first: First
    private var second: Second

    init(_ first: First, _ second: Second) {
        (self.first, self.second) = (first, second)
    }

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        first.apply(occurrence, in: &turn)
        second.apply(occurrence, in: &turn)
    }

    mutating func act(in turn: inout Turn) {
        first.act(in: &turn)
        second.act(in: &turn)
    }

    func holdsStarts(in turn: Turn) -> Bool {
        first.holdsStarts(in: turn) || second.holdsStarts(in: turn)
    }

    /// Asks the second only for a start that the first admits.
    mutating func admits(_ start: SessionStarted, in turn: inout Turn) -> Bool {
        first.admits(start, in: &turn) && second.admits(start, in: &turn)
    }

    func charge(of failure: Failure, in turn: Turn) -> Charge? {
        first.charge(of: failure, in: turn) ?? second.charge(of: failure, in: turn)
    }

    func reasonToCap(_ task: TaskState, after ended: SessionEnded?, in turn: Turn) -> String? {
        first.reasonToCap(task, after: ended, in: turn)
            ?? second.reasonToCap(task, after: ended, in: turn)
    }

    /// Returns the ending that leaves a person the most to do.
    func ending(in turn: Turn) -> Ending? {
        let (one, other) = (first.ending(in: turn), second.ending(in: turn))
        guard let one, let other else { return one ?? other }
        return other.urgency > one.urgency ? other : one
    }

    /// Asks the second only once the first has nothing left to do.
    mutating func finish(_ ending: Ending, in turn: inout Turn) -> Bool {
        first.finish(ending, in: &turn) && second.finish(ending, in: &turn)
    }

    func nextDeadline(in turn: Turn) -> Duration? {
        var next = first.nextDeadline(in: turn)
        next.lower(to: second.nextDeadline(in: turn))
        return next
    }

    func willLetStart(in turn: Turn) -> Bool {
        first.willLetStart(in: turn) || second.willLetStart(in: turn)
    }
}

extension Governor {
    /// Returns this governor and another one, which is asked after it.
    func and<Other: Governor>(_ other: Other) -> Shelf<Self, Other> { Shelf(self, other) }
}

extension Ending {
    fileprivate var urgency: Int {
        switch self {
        case .finished: 0
        case .drained: 1
        case .interrupted, .terminated: 2
        case .unable: 3
        }
    }
}

extension Duration? {
    /// Replaces the time by an earlier one.
    mutating func lower(to other: Duration?) {
        guard let other else { return }
        self = map { min($0, other) } ?? other
    }
}
