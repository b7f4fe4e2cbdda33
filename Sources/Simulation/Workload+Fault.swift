import Orchestration

// Limits on the values in a workload file.
extension Workload {
    /// Most slots of a workload.
    package static let slotsLimit = 1_000_000
    private static let weights = 1e-6...1e9
    /// Sums of values up to these limits (tokens, entries, milliseconds) can't overflow.
    private static let tokensLimit = 1e12
    private static let entriesLimit = 1_000_000_000

    /// The first fault of the workload, as a message for people; `nil` for none.
    package var fault: String? {
        if !(1...Self.slotsLimit).contains(slots) {
            return "\"slots\" is \(slots); it must be from 1 to 1,000,000"
        }
        if groups.isEmpty { return "\"groups\" is empty" }
        if let group = groups.first(where: { !Self.weights.contains($0.weight) }) {
            return "a group has the weight \(group.weight); \(Self.weightWords)"
        }
        for (place, task) in tasks.enumerated() {
            if let fault = fault(of: task, at: place) ?? Self.faultOfSessions(task) {
                return "task \(place): \(fault)"
            }
        }
        return faultOfNames ?? taskOnCycle.map { "task \($0) needs itself, by way of others" }
    }

    private static let weightWords = "it must be from 0.000001 to 1,000,000,000"

    private func fault(of task: Task, at place: Int) -> String? {
        if task.id != place { return "its \"id\" is \(task.id); ids must be 0, 1, 2 …" }
        if !groups.indices.contains(task.group) { return "there is no group \(task.group)" }
        if !Self.weights.contains(task.weight) {
            return "its weight is \(task.weight); \(Self.weightWords)"
        }
        if !(0...1e12).contains(task.arrival) {
            return "its arrival must be from 0 to 1,000,000,000,000"
        }
        if task.maxSessions < 0 { return "its \"max_sessions\" must be at least 0" }
        if let size = task.size, !(size > 0) { return "its size is \(size); it must be above 0" }
        if let mix = task.mix,
            !(0...1).contains(mix.input) || !(0...mix.input).contains(mix.cachedInput)
        {
            return "its \"mix\" needs an \"input\" from 0 to 1, and a \"cached_input\" of no more"
        }
        if task.sessions.isEmpty { return "it has no sessions" }
        if let after = task.completesAfter, !(1...task.sessions.count).contains(after) {
            return
                "\"completes_after\" is \(after) of \(Format.count(task.sessions.count, "session"))"
        }
        if let need = task.needs.first(where: { !tasks.indices.contains($0) || $0 == place }) {
            return "it can't need task \(need)"
        }
        return nil
    }

    private static func faultOfSessions(_ task: Task) -> String? {
        for (place, session) in task.sessions.enumerated() {
            if let fault = fault(of: session, isLast: place + 1 == task.completesAfter) {
                return "session \(place + 1): \(fault)"
            }
            if place + 1 == task.completesAfter { break }
        }
        return nil
    }

    /// Returns a session's fault; the checklist must become complete exactly at `completes_after`.
    private static func fault(of session: Session, isLast: Bool) -> String? {
        if !(0...1e9).contains(session.seconds) {
            return "\"seconds\" must be from 0 to 1,000,000,000"
        }
        if !(0...tokensLimit).contains(session.tokens) {
            return "\"tokens\" must be from 0 to 1,000,000,000,000"
        }
        if !(0...entriesLimit).contains(session.total) {
            return "\"total\" must be from 0 to 1,000,000,000"
        }
        if !(0...session.total).contains(session.done) {
            return "\"done\" is \(session.done); it must be from 0 to \"total\", \(session.total)"
        }
        let isComplete = session.total > 0 && session.done == session.total
        if isLast && !isComplete {
            return "the task is complete after it, so \"done\" must be \"total\", and above 0"
        }
        if isComplete && !isLast {
            return "\"done\" is \"total\", but \"completes_after\" is another session or null"
        }
        return nil
    }

    /// Fault of the names, which identify tasks and stand between spaces in the list of starts.
    private var faultOfNames: String? {
        var places: [String: Int] = [:]
        for task in tasks {
            let name = task.planName
            if name.isEmpty || name.unicodeScalars.contains(where: \.isBlank) {
                return "task \(task.id): a name must not be empty or hold spaces or controls"
            }
            if let other = places.updateValue(task.id, forKey: name) {
                return "task \(task.id): its name \"\(name)\" is that of task \(other)"
            }
        }
        return nil
    }

    /// A task that is on a cycle of needs; `nil` for none.
    private var taskOnCycle: Int? {
        var open = tasks.map(\.needs.count)
        let dependents = dependents
        var ready = open.indices.filter { open[$0] == 0 }
        while let task = ready.popLast() {
            for dependent in dependents[task] {
                open[dependent] -= 1
                if open[dependent] == 0 { ready.append(dependent) }
            }
        }
        guard var task = open.firstIndex(where: { $0 > 0 }) else { return nil }
        // What is left may only lie behind a cycle; from need to need the way leads onto it.
        var passed: Set<Int> = []
        while passed.insert(task).inserted,
            let need = tasks[task].needs.first(where: { open[$0] > 0 })
        {
            task = need
        }
        return task
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool {
        properties.isWhitespace || properties.generalCategory == .control
    }
}
