import Foundation
import Manual
import TestSupport
import Testing

/// The top of this repository.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Returns the text of a file of this repository.
func file(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
}

/// Returns the blocks of a topic.
func page(_ topic: String) throws -> [Block] { try #require(Topic.named(topic)).page }

/// Returns the rows of a topic's tables.
func rows(_ topic: String) throws -> [[String]] {
    var all: [[String]] = []
    for case .table(_, let rows) in try page(topic) { all += rows }
    return all
}

/// Returns what stands in backticks, but for blocks of code.
func code(in text: String) -> [String] {
    text.replacing(/```[^`]*```/, with: "").matches(of: /`([^`]+)`/).map { String($0.1) }
}

/// Runs `quire` in an empty directory.
func quire(_ words: [String], environment: [String: String] = [:]) throws -> Outcome {
    try withWorkspace { directory in
        var program = Program(Program.built("quire"), words, in: directory)
        program.environment = environment
        return try program.run()
    }
}

/// Returns a text with every run of blanks and line ends as one blank.
func unwrapped(_ text: String) -> String {
    text.split { $0.isWhitespace }.joined(separator: " ")
}
