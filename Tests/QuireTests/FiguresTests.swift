import Foundation
import TestSupport
import Testing

@Suite struct `The figures of the house` {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "figures").path

    @Test func `stay below their ceilings`() throws {
        let outcome = try Program(
            "/usr/bin/env",
            ["python3", Self.script, "--check"],
            in: "/"
        ).run()
        #expect(outcome.status == 0, "\(outcome.error)\(outcome.output)")
    }

    /// A house whose figures are known.
    private static let sources = [
        "A/One.swift": """
        /// What it is.
        final class Room {
            let door = "{ var wall = \\("}")"
            var lamp: Int { 1 }
            var table = 0 { didSet { move() } }
            /// A chair.
            private(set) var chair: [String: (Int, Int)] = [:]
            static var city = 1
            func move() { let guest: Two? = nil; _ = guest }
        }
        """,
        "A/Two.swift": """
        struct Two { var room: Room?, door: Int; let four: Four? = nil; var plain = 1 }
        """,
        "A/Three.swift": """
        struct Three { let two: Two }
        extension Three {
            /* mutating func open() {} */
            func walk() {
                // }
                _ = #"}"#
            }
        }
        """,
        "A/Four.swift": "struct Four { let three: Three; let one: Room }\n",
    ]

    @Test func `are those of a house that can be counted by hand`() throws {
        let root = FileManager.default.temporaryDirectory
            .appending(path: "figures-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: root) }
        for folder in ["Tests", "Sources/A"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(folder)",
                withIntermediateDirectories: true
            )
        }
        try put(text(Self.script), root + "/Tests/figures")
        for (name, source) in Self.sources { try put(source, "\(root)/Sources/\(name)") }
        let outcome = try Program("/usr/bin/env", ["python3", root + "/Tests/figures"], in: "/")
            .run()
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "most stored properties of a type with changing state: 3 (Room)",
                "types with changing state over 14 stored properties: 0",
                "most lines of a file: 9 (One.swift)", "files over 400 lines: 0",
                "most lines of a function: 4 (walk in Three.swift)",
                "functions over 60 lines: 0", "most files of a target that need each other: 4 (A)",
                "circles of over 3 files: 1 (A 4)",
                "doc comments that begin with a pronoun, in percent: 50 (1 of 2)",
                "lines of Sources: 17 (4 files of Swift)",
            ],
            "\(outcome.output)\(outcome.error)"
        )
    }
}
