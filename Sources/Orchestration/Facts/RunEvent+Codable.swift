/// A fact as one flat object: the key `event` holds the fact's name, the other keys are the
/// fact's own. Names and keys are part of the published format: they may be added to, never
/// renamed.
extension RunEvent: Codable {
    /// A fact's name in the journal and in JSON Lines.
    package enum Kind: String, Sendable, Word, CaseIterable {
        case runBegan = "run_began"
        case taskReopened = "task_reopened"
        case taskInspected = "task_inspected"
        case sessionStarted = "session_started"
        case sessionSpawned = "session_spawned"
        case sessionUsed = "session_used"
        case threadStarted = "thread_started"
        case sessionSignalled = "session_signalled"
        case sessionEnded = "session_ended"
        case checkpointMade = "checkpoint_made"
        case checkBegan = "check_began"
        case checkEnded = "check_ended"
        case hookBegan = "hook_began"
        case hookEnded = "hook_ended"
        case taskEnded = "task_ended"
        case gateClosed = "gate_closed"
        case gateOpened = "gate_opened"
        case limitRead = "limit_read"
        case concurrencyChanged = "concurrency_changed"
        case shutdownAdvanced = "shutdown_advanced"
        case steered
        case warned
        case runEnded = "run_ended"
    }

    private enum CodingKeys: String, CodingKey {
        case event
    }

    /// The fact's name.
    package var kind: Kind {
        switch self {
        case .runBegan: .runBegan
        case .taskReopened: .taskReopened
        case .taskInspected: .taskInspected
        case .sessionStarted: .sessionStarted
        case .sessionSpawned: .sessionSpawned
        case .sessionUsed: .sessionUsed
        case .threadStarted: .threadStarted
        case .sessionSignalled: .sessionSignalled
        case .sessionEnded: .sessionEnded
        case .checkpointMade: .checkpointMade
        case .checkBegan: .checkBegan
        case .checkEnded: .checkEnded
        case .hookBegan: .hookBegan
        case .hookEnded: .hookEnded
        case .taskEnded: .taskEnded
        case .gateClosed: .gateClosed
        case .gateOpened: .gateOpened
        case .limitRead: .limitRead
        case .concurrencyChanged: .concurrencyChanged
        case .shutdownAdvanced: .shutdownAdvanced
        case .steered: .steered
        case .warned: .warned
        case .runEnded: .runEnded
        }
    }

    /// The fact's own fields.
    package var fields: any Codable & Sendable {
        switch self {
        case .runBegan(let fact): fact
        case .taskReopened(let fact): fact
        case .taskInspected(let fact): fact
        case .sessionStarted(let fact): fact
        case .sessionSpawned(let fact): fact
        case .sessionUsed(let fact): fact
        case .threadStarted(let fact): fact
        case .sessionSignalled(let fact): fact
        case .sessionEnded(let fact): fact
        case .checkpointMade(let fact): fact
        case .checkBegan(let fact): fact
        case .checkEnded(let fact): fact
        case .hookBegan(let fact): fact
        case .hookEnded(let fact): fact
        case .taskEnded(let fact): fact
        case .gateClosed(let fact): fact
        case .gateOpened(let fact): fact
        case .limitRead(let fact): fact
        case .concurrencyChanged(let fact): fact
        case .shutdownAdvanced(let fact): fact
        case .steered(let fact): fact
        case .warned(let fact): fact
        case .runEnded(let fact): fact
        }
    }

    /// Writes the name and the fields into one object.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .event)
        try fields.encode(to: encoder)
    }

    /// Reads what `encode(to:)` writes.
    ///
    /// - Throws: `DecodingError` for an unknown name or a missing field.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .event) {
        case .runBegan: self = .runBegan(try RunBegan(from: decoder))
        case .taskReopened: self = .taskReopened(try TaskReopened(from: decoder))
        case .taskInspected: self = .taskInspected(try TaskInspected(from: decoder))
        case .sessionStarted: self = .sessionStarted(try SessionStarted(from: decoder))
        case .sessionSpawned: self = .sessionSpawned(try SessionSpawned(from: decoder))
        case .sessionUsed: self = .sessionUsed(try SessionUsed(from: decoder))
        case .threadStarted: self = .threadStarted(try ThreadStarted(from: decoder))
        case .sessionSignalled: self = .sessionSignalled(try SessionSignalled(from: decoder))
        case .sessionEnded: self = .sessionEnded(try SessionEnded(from: decoder))
        case .checkpointMade: self = .checkpointMade(try CheckpointMade(from: decoder))
        case .checkBegan: self = .checkBegan(try CheckBegan(from: decoder))
        case .checkEnded: self = .checkEnded(try CheckEnded(from: decoder))
        case .hookBegan: self = .hookBegan(try HookBegan(from: decoder))
        case .hookEnded: self = .hookEnded(try HookEnded(from: decoder))
        case .taskEnded: self = .taskEnded(try TaskEnded(from: decoder))
        case .gateClosed: self = .gateClosed(try GateClosed(from: decoder))
        case .gateOpened: self = .gateOpened(try GateOpened(from: decoder))
        case .limitRead: self = .limitRead(try LimitRead(from: decoder))
        case .concurrencyChanged:
            self = .concurrencyChanged(try ConcurrencyChanged(from: decoder))
        case .shutdownAdvanced: self = .shutdownAdvanced(try ShutdownAdvanced(from: decoder))
        case .steered: self = .steered(try Steered(from: decoder))
        case .warned: self = .warned(try Warned(from: decoder))
        case .runEnded: self = .runEnded(try RunEnded(from: decoder))
        }
    }
}

extension Termination {
    private enum CodingKeys: String, CodingKey {
        case exited, signal, errno, doing
    }

    /// Writes `{"exited": N}`, `{"signal": N}` or `{"errno": N, "doing": "…"}`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .exited(let status): try container.encode(status, forKey: .exited)
        case .signaled(let signal): try container.encode(signal, forKey: .signal)
        case .notStarted(let errno, let doing):
            try container.encode(errno, forKey: .errno)
            try container.encode(doing, forKey: .doing)
        }
    }

    /// Reads what `encode(to:)` writes.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let status = try container.decodeIfPresent(Int32.self, forKey: .exited) {
            self = .exited(status)
        } else if let signal = try container.decodeIfPresent(Int32.self, forKey: .signal) {
            self = .signaled(signal)
        } else {
            self = .notStarted(
                errno: try container.decode(Int32.self, forKey: .errno),
                doing: try container.decode(String.self, forKey: .doing)
            )
        }
    }
}

extension ChecklistState {
    private enum CodingKeys: String, CodingKey {
        case progress, damage
    }

    /// Writes `{}`, `{"progress": {…}}` or `{"damage": "…"}`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(progress, forKey: .progress)
        try container.encodeIfPresent(damage, forKey: .damage)
    }

    /// Reads what `encode(to:)` writes.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let progress = try container.decodeIfPresent(Progress.self, forKey: .progress)
        let words = try container.decodeIfPresent(String.self, forKey: .damage)
        self = progress.map { .good($0) } ?? words.map { .damaged($0) } ?? .missing
    }
}

// A `Duration` is written as seconds, not as the two integers of its own conformance; the
// synthesized conformances of this target prefer these overloads.
extension KeyedEncodingContainer {
    mutating func encode(_ value: Duration, forKey key: Key) throws {
        try encode(value.inSeconds, forKey: key)
    }

    mutating func encodeIfPresent(_ value: Duration?, forKey key: Key) throws {
        try encodeIfPresent(value?.inSeconds, forKey: key)
    }
}

extension KeyedDecodingContainer {
    func decode(_ type: Duration.Type, forKey key: Key) throws -> Duration {
        Duration(inSeconds: try decode(Double.self, forKey: key))
    }

    func decodeIfPresent(_ type: Duration.Type, forKey key: Key) throws -> Duration? {
        try decodeIfPresent(Double.self, forKey: key).map { Duration(inSeconds: $0) }
    }
}
