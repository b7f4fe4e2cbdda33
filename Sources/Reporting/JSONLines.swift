import Dates
import Foundation
package import Orchestration

/// A run as JSON Lines, for programs.
///
/// Each line is one object: `version` (1), `sequence` (from 1 within the leg), `time` (UTC, milliseconds),
/// `run`, `event`, and the fact's own fields in snake_case. Readers ignore unknown kinds and fields. Within a
/// version, kinds and fields are added, never renamed.
package struct JSONLines: Sendable {
    /// The version of the format.
    package static let version = 1

    private struct Line: Encodable {
        var version = JSONLines.version
        var sequence: Int
        var time: String
        var run: String
        var event: RunEvent

        enum CodingKeys: CodingKey {
            case version, sequence, time, run
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(version, forKey: .version)
            try container.encode(sequence, forKey: .sequence)
            try container.encode(time, forKey: .time)
            try container.encode(run, forKey: .run)
            try event.encode(to: encoder)
        }
    }

    private let run: String
    private let encoder = JSONEncoder()

    /// Makes a writer for a run.
    package init(run: String) {
        self.run = run
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
    }

    /// Returns a fact's line, newline included.
    ///
    /// - Throws: `EncodingError`, which no fact causes.
    package func line(_ event: RunEvent, sequence: Int, at moment: Moment) throws -> SafeText {
        let line = Line(
            sequence: sequence,
            time: moment.wall.timestamp,
            run: run,
            event: event
        )
        return SafeText(json: String(decoding: try encoder.encode(line), as: UTF8.self)) + "\n"
    }
}
