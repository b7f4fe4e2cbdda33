/// The reason why a request of a person changes nothing, and what to do.
struct SteeringRefusal: Error {
    var words: String

    init(_ words: String) { self.words = words }
}

// The requests that a run can't follow.
extension Turn {
    /// Refuses what can't be done in this state of the leg, whatever tasks it concerns.
    func check(_ request: SteeringRequest) throws(SteeringRefusal) {
        if hooks.isEnding { throw SteeringRefusal("the run is ending: start it again to go on") }
        switch request {
        case .tell: return
        case .stop, .answer, .pause, .resume, .drain, .skip, .retry, .set, .add:
            guard state.leg.shutdown == nil else {
                throw SteeringRefusal(
                    "the run is being stopped by a signal: start it again to go on"
                )
            }
        }
        switch request {
        case .retry, .add:
            guard state.steering.drain == nil else {
                throw SteeringRefusal(
                    "the run is drained, and ends with its sessions: quire resume first"
                )
            }
            guard !hasFailedEnough else {
                throw SteeringRefusal(
                    "so many tasks failed that nothing more starts (--max-failures): start the run "
                        + "again with --retry-failed"
                )
            }
        case .pause, .resume, .drain, .stop, .skip, .set, .tell, .answer: return
        }
    }

    /// Returns the indices of the tasks that names and patterns stand for, in the plan's order.
    ///
    /// A pattern that stands for none is a mistake, even if others don't.
    func places(of patterns: [String]) throws(SteeringRefusal) -> [Int] {
        guard !patterns.isEmpty else { throw SteeringRefusal("no task is named") }
        guard patterns.count <= 1000 else {
            throw SteeringRefusal("more than 1,000 names are given: use patterns, such as 'port-*'")
        }
        var found: Set<Int> = []
        for pattern in patterns {
            if let place = state.place(of: pattern) {
                found.insert(place)
                continue
            }
            // The C library's matching takes exponential time for many stars.
            guard pattern.utf8.count <= 256,
                pattern.utf8.count(where: { $0 == UInt8(ascii: "*") }) <= 8
            else {
                throw SteeringRefusal(
                    "the pattern \"\(pattern.oneLine(40))\" is too long, or has more than 8 stars"
                )
            }
            let places = state.tasks.indices.filter { state.tasks[$0].plan.name.matches(pattern) }
            guard !places.isEmpty else {
                throw SteeringRefusal(
                    "no task of the run is like \"\(pattern.oneLine(60))\"; see quire status"
                )
            }
            found.formUnion(places)
        }
        return found.sorted()
    }

    /// Returns the named tasks that a request applies to: those of which `objection` returns no reason.
    ///
    /// - Throws: the first reason, if it applies to none.
    func places(
        of patterns: [String],
        where objection: (TaskState) -> String?
    ) throws(SteeringRefusal) -> [Int] {
        var reason: String?
        var places: [Int] = []
        for place in try self.places(of: patterns) {
            let task = state.tasks[place]
            if let words = objection(task) {
                reason = reason ?? "\"\(task.plan.name)\" \(words)"
            } else {
                places.append(place)
            }
        }
        guard places.isEmpty, let reason else { return places }
        throw SteeringRefusal(reason)
    }
}
