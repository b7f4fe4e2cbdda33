/// A person changed the run while it ran; the consequences follow as facts of their own.
package struct Steered: Hashable, Sendable, Codable {
    /// The request; `set` is recorded once for each setting.
    package var action: SteeringRequest.Kind
    /// The person.
    package var by: Steerer
    /// The tasks concerned, those added included; `nil` for the run.
    package var tasks: [String]?
    /// True if a pause lets running sessions finish; `nil` for no.
    package var afterSessions: Bool?
    /// The new greatest number of sessions at once; `nil` if it stays.
    package var concurrency: Int?
    /// The new budget of the run, all its limits; `nil` if it stays.
    package var budget: RunBudget?
    /// The new priority of the tasks; `nil` if it stays.
    package var priority: Int?
    /// The plans of added tasks; `nil` for none.
    package var added: [TaskPlan]?
    /// The groups of added tasks that the run did not have; `nil` for none.
    package var groups: [GroupPlan]?
    /// True if an earlier leg was changed so, and this one keeps it; `nil` for no.
    package var isKept: Bool?

    /// Makes the fact; see the properties.
    package init(_ action: SteeringRequest.Kind, by person: Steerer, tasks: [String]? = nil) {
        (self.action, self.tasks, by) = (action, tasks, person)
    }

    /// The change in words, with the person.
    package var words: String {
        let words = "\(change) by \(by.words)"
        return isKept == true ? words + Self.asBefore : words
    }

    /// The words for a change of an earlier leg that still holds.
    static let asBefore = ", as before the run was started again"

    private var change: String {
        let names = Self.naming(tasks ?? [])
        switch action {
        case .pause:
            return afterSessions == true ? "paused, once its sessions have ended," : "paused"
        case .resume: return "resumed"
        case .drain: return "drained: nothing more starts"
        case .stop: return "\(names) stopped"
        case .skip: return "\(names) left out of this leg"
        case .retry: return "\(names) taken up again"
        case .set: return setting(names)
        case .tell: return "a note for \(names)"
        case .answer: return "an answer to \(names)"
        case .add: return "\(names) added"
        }
    }

    private func setting(_ names: String) -> String {
        if let priority { return "priority \(priority) for \(names) set" }
        if let concurrency { return "at most \(Format.count(concurrency, "session")) at once set" }
        return "a budget of \(budget?.limits.words ?? "nothing") set"
    }

    /// Returns names in a sentence: `"a" and "b"`, or the number of many.
    static func naming(_ names: [String]) -> String {
        guard names.count <= 3 else { return Format.count(names.count, "task") }
        let quoted = names.map { "\"\($0)\"" }
        guard let last = quoted.last else { return "no task" }
        let others = quoted.dropLast().joined(separator: ", ")
        return others.isEmpty ? last : "\(others) and \(last)"
    }
}

extension Budget {
    /// The limits in words: `60M tokens and 2h`.
    var words: String {
        let limits = [
            tokens.map { Format.tokenCount($0) }, cost.map { "a cost of \(Format.money($0))" },
            wall.map(\.forPeople),
        ]
        let words = limits.compactMap(\.self).joined(separator: " and ")
        return words.isEmpty ? "any size" : words
    }

    /// Returns the budget with the limits of another one in place of its own.
    func replacing(_ other: Budget) -> Budget {
        Budget(
            tokens: other.tokens ?? tokens,
            cost: other.cost ?? cost,
            wall: other.wall ?? wall
        )
    }
}
