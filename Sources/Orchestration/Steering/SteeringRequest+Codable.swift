/// A request as one flat object: the key `request` names it, the other keys are its own. Names and keys are
/// part of the protocol: they may be added to, never renamed.
extension SteeringRequest: Codable {
    /// A request's name in the protocol, and in the journal.
    package enum Kind: String, Hashable, Sendable, Word, CaseIterable {
        case pause, resume, drain, stop, skip, retry, set, tell, answer, add
    }

    private enum CodingKeys: String, CodingKey {
        case request, tasks, text, manifest
        case afterSessions = "after_sessions"
    }

    /// The request's name.
    package var kind: Kind {
        switch self {
        case .pause: .pause
        case .resume: .resume
        case .drain: .drain
        case .stop: .stop
        case .skip: .skip
        case .retry: .retry
        case .set: .set
        case .tell: .tell
        case .answer: .answer
        case .add: .add
        }
    }

    /// Writes the name and the request's own keys into one object.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .request)
        switch self {
        case .pause(let afterSessions): try container.encode(afterSessions, forKey: .afterSessions)
        case .resume, .drain: break
        case .stop(let tasks), .skip(let tasks), .retry(let tasks):
            try container.encode(tasks, forKey: .tasks)
        case .set(let settings): try settings.encode(to: encoder)
        case .tell(let tasks, let text), .answer(let tasks, let text):
            try container.encode(tasks, forKey: .tasks)
            try container.encode(text, forKey: .text)
        case .add(let manifest): try container.encode(manifest, forKey: .manifest)
        }
    }

    /// Reads what `encode(to:)` writes.
    ///
    /// - Throws: `DecodingError` for a missing key, `NewerFormat` for a request of a newer Quire.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func tasks() throws -> [String] { try container.decode([String].self, forKey: .tasks) }
        func text() throws -> String { try container.decode(String.self, forKey: .text) }
        switch try container.decode(Kind.self, forKey: .request) {
        case .pause:
            let afterSessions = try container.decodeIfPresent(Bool.self, forKey: .afterSessions)
            self = .pause(afterSessions: afterSessions ?? false)
        case .resume: self = .resume
        case .drain: self = .drain
        case .stop: self = .stop(try tasks())
        case .skip: self = .skip(try tasks())
        case .retry: self = .retry(try tasks())
        case .set: self = .set(try SteeringSettings(from: decoder))
        case .tell: self = .tell(try tasks(), try text())
        case .answer: self = .answer(try tasks(), try text())
        case .add: self = .add(manifest: try container.decode(String.self, forKey: .manifest))
        }
    }
}

extension SteeringSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case concurrency, budget, priorities
        case onLimit = "on_limit"
    }

    /// Writes the settings that change.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(concurrency, forKey: .concurrency)
        try container.encodeIfPresent(budget, forKey: .budget)
        if !priorities.isEmpty { try container.encode(priorities, forKey: .priorities) }
        try container.encodeIfPresent(onLimit, forKey: .onLimit)
    }

    /// Reads what `encode(to:)` writes.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        concurrency = try container.decodeIfPresent(Int.self, forKey: .concurrency)
        budget = try container.decodeIfPresent(Budget.self, forKey: .budget)
        priorities = try container.decodeIfPresent([Priority].self, forKey: .priorities) ?? []
        onLimit = try container.decodeIfPresent(String.self, forKey: .onLimit)
    }
}
