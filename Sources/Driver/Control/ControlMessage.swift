import Codec
package import Orchestration

/// The protocol of the control socket: JSON Lines, of which `config/control.schema.json` is the schema.
///
/// The run sends a `Greeting` when somebody connects. Each `Request` gets one `Reply`, in order; a client
/// waits for a reply before its next request counts. Readers ignore keys of replies that they don't know.
package enum ControlMessage {
    /// The version of the protocol; a request of another version is refused.
    package static let version = 1
    /// The most bytes of a line.
    package static let longestLine = 1 << 19

    /// The run's first line.
    package struct Greeting: Hashable, Sendable, Codable {
        /// The version of the protocol.
        package var `protocol`: Int
        /// Quire's version.
        package var quire: String
        /// The run's id.
        package var run: String
        /// The run's name, for people.
        package var name: String
        /// Quire's process.
        package var pid: Int32
        /// The name of the machine.
        package var host: String

        /// Makes the greeting of a run in this version of the protocol.
        package init(quire: String, run: String, name: String, pid: Int32, host: String) {
            self.protocol = ControlMessage.version
            (self.quire, self.run, self.name) = (quire, run, name)
            (self.pid, self.host) = (pid, host)
        }
    }

    /// The part of a greeting that all versions of the protocol have.
    struct Versions: Codable {
        var `protocol`: Int
        var quire: String
    }

    /// A client's line.
    package struct Request: Hashable, Sendable, Codable {
        /// The version of the protocol.
        package var `protocol`: Int
        /// The number that the reply repeats; the client's choice.
        package var id: Int
        /// The client's program, for people: `quire pause`.
        package var client: String
        /// The request.
        package var request: SteeringRequest

        private enum CodingKeys: CodingKey {
            case `protocol`, id, client
        }

        /// Makes a request in this version of the protocol.
        package init(id: Int, client: String, _ request: SteeringRequest) {
            self.protocol = ControlMessage.version
            (self.id, self.client, self.request) = (id, client, request)
        }

        /// Writes everything into one object.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(`protocol`, forKey: .protocol)
            try container.encode(id, forKey: .id)
            try container.encode(client, forKey: .client)
            try request.encode(to: encoder)
        }

        /// Reads what `encode(to:)` writes.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.protocol = try container.decode(Int.self, forKey: .protocol)
            id = try container.decode(Int.self, forKey: .id)
            client = try container.decodeIfPresent(String.self, forKey: .client) ?? "a program"
            request = try SteeringRequest(from: decoder)
        }
    }

    /// The run's answer to a request.
    package struct Reply: Hashable, Sendable, Codable {
        /// The request's number; `nil` for a line that could not be read.
        package var id: Int?
        /// True if the request was accepted.
        package var accepted: Bool
        /// The result for people, or the reason for the refusal.
        package var words: String
        /// The tasks that an accepted request concerns.
        package var tasks: [String]

        /// Makes the reply to a request.
        package init(id: Int?, _ answer: SteeringAnswer) {
            self.id = id
            switch answer {
            case .accepted(let words, let tasks):
                (accepted, self.words, self.tasks) = (true, words, tasks)
            case .refused(let reason): (accepted, words, tasks) = (false, reason, [])
            }
        }

        /// The answer.
        package var answer: SteeringAnswer {
            accepted ? .accepted(words, tasks: tasks) : .refused(words)
        }
    }

    /// Returns a message's line, without its newline.
    package static func line(_ message: some Encodable) -> [UInt8] {
        // Only a number that JSON lacks can't be written, and no message has one.
        Array(((try? FactEncoder.json(message)) ?? "{}").utf8)
    }

    /// Reads a line of the run, whatever further keys it has; `nil` if it is no such message.
    static func read<Message: Decodable>(_ type: Message.Type, _ line: [UInt8]) -> Message? {
        try? FactDecoder.decode(
            type,
            from: String(decoding: line, as: UTF8.self),
            ignoringKeys: true
        )
    }
}
