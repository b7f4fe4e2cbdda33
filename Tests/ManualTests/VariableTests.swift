import Foundation
import Manual
import TestSupport
import Testing

@Suite struct `The manual's variables` {
    /// What the C library reads, and the names of which no text of the sources has.
    private static let unnamed: Set = ["TZ"]
    /// Words in capitals with underscores that are no variables: files and words of git's.
    private static let words: Set = [
        "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "BISECT_START",
        "FETCH_HEAD", "GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT",
    ]

    /// Files that list variables which others read, of which the manual names a few.
    private static let lists: Set = ["Git.swift", "GuardedVariables.swift"]

    /// The sources' lines but comments; without the list of variables that git must not get, and of those
    /// that need an approval.
    private func lines() throws -> [Substring] {
        let sources = root.appending(path: "Sources")
        let files = try #require(
            FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        )
        return try files.compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" && !Self.lists.contains($0.lastPathComponent) }
            .flatMap { try String(contentsOf: $0, encoding: .utf8).split(separator: "\n") }
            .filter { !$0.drop { $0 == " " }.hasPrefix("//") && Self.mayName($0) }
    }

    /// Returns true if a capital follows a quotation mark or a brace: expressions take long.
    private static func mayName(_ line: Substring) -> Bool {
        zip(line.utf8, line.utf8.dropFirst()).contains { mark, letter in
            (mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "{")) && (65...90).contains(letter)
        }
    }

    /// Returns the variables that a line of the sources names.
    private func names(in line: Substring) -> [String] {
        var names = line.matches(of: /(?:getenv|setenv|value|isOn|variable)\("([A-Z][A-Z_]*)"/)
            .map { String($0.1) }
        names += line.matches(of: /(?:environment|own|variables)\["([A-Z][A-Z_]*)"\]/)
            .map { String($0.1) }
        names += line.matches(of: /"([A-Z]+(?:_[A-Z]+)+)"/).map { String($0.1) }
        // A command of the shell's in a text.
        names += line.matches(of: /\$\{([A-Z]+):-/).map { String($0.1) }
        return names
    }

    @Test func `are those that the program reads and sets, and no others`() throws {
        let lines = try lines()
        let read = lines.flatMap(names)
        let known = Set(read).subtracting(Self.words)
        #expect(known.count > 20)
        let told = Set(try rows("variables").flatMap { code(in: $0[0]) })
        #expect(known.subtracting(told).isEmpty, "not in the manual")
        let named = told.subtracting(Self.unnamed).filter { name in
            lines.contains { $0.contains("\"\(name)\"") || $0.contains("{\(name):-") }
        }
        #expect(told.subtracting(named) == Self.unnamed, "not in the program")
    }
}
