import Foundation
import Testing

@testable import EventLoop

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct `An environment` {
    /// What a child has of an environment.
    private func reached(
        _ environment: InheritedEnvironment,
        adding others: [String] = []
    ) throws
        -> [UInt8]
    {
        var launch = shell("")
        launch.executable = "/bin/cat"
        launch.arguments = ["cat", "/proc/self/environ"]
        launch.inherited = environment
        launch.environment = others
        return try run(launch).output
    }

    @Test func `reaches a child byte for byte, whatever its entries are`() throws {
        var random = SystemRandomNumberGenerator()
        var entries: [[UInt8]] = [
            bytes("LEGACY=caf") + [0xE9], [0xFF, 0x3D, 0xFE], bytes("NO_VALUE"), bytes("EMPTY="),
            bytes("=no name"), bytes("TWICE=1"), bytes("TWICE=2"), bytes("a-b c=d"),
            bytes("LINE=a\nb"),
            bytes("BASH_FUNC_f%%=() {  :\n}"), [],
        ]
        for _ in 0..<1000 {
            let count = Int.random(in: 0...40, using: &random)
            entries.append((0..<count).map { _ in .random(in: 1...255, using: &random) })
        }
        let expected = [UInt8](entries.map { $0 + [UInt8(0)] }.joined())
        #expect(try reached(InheritedEnvironment(entries)) == expected)
        #expect(
            try reached(InheritedEnvironment(entries), adding: ["Z=é"]) == expected + bytes("Z=é\0")
        )
    }

    @Test func `is that of this process`() throws {
        let own = try Data(contentsOf: URL(filePath: "/proc/self/environ"))
        let entries = Set(InheritedEnvironment.own.entries.map(Array.init))
        #expect(!entries.isEmpty)
        // A test may have changed a variable since the start.
        let started = own.split(separator: 0).map(Array.init)
        #expect(started.filter(entries.contains).count > started.count / 2)
    }

    @Test func `is without the names that are taken out, and keeps the order of the rest`() {
        let all = InheritedEnvironment(["B=1", "A=2", "AB=3", "A", "A=4", "C"].map(bytes))
        let left = all.without(["A", "none"]).entries.map { String(decoding: $0, as: UTF8.self) }
        #expect(left == ["B=1", "AB=3", "C"])
    }

    @Test(arguments: [
        ("/bin:/usr/bin", "/bin:/usr/bin"), ("tools", "/w/tools"), ("", "/w"), (":", "/w:/w"),
        ("/bin:", "/bin:/w"), ("./a:/b::../c", "/w/./a:/b:/w:/w/../c"),
        ("/bin/:/x/..", "/bin/:/x/.."),
    ])
    func `hands on a PATH whose entries mean the same in every directory`(
        path: String,
        expected: String
    ) {
        let others = ["A=1", "PATHS=x", "PATH"].map(bytes)
        let all = InheritedEnvironment(others + ["PATH=\(path)", "PATH=later"].map(bytes))
        let found = all.searching(from: bytes("/w")).entries.map(Array.init)
        #expect(found == others + ["PATH=\(expected)", "PATH=later"].map(bytes))
        #expect(
            all.searchPath(from: bytes("/w"))
                == expected.split(separator: ":").map { bytes("\($0)") }
        )
    }

    @Test func `hands on a PATH as bytes, without entries that can't be told`() {
        let odd = InheritedEnvironment([bytes("PATH=") + [0xE9], bytes("B=2")])
        let expected = InheritedEnvironment([bytes("PATH=/w/") + [0xE9], bytes("B=2")])
        #expect(odd.searching(from: bytes("/w")) == expected)
        let some = InheritedEnvironment([bytes("PATH=a:/b")])
        #expect(some.searching(from: bytes("/w:x")) == InheritedEnvironment([bytes("PATH=/b")]))
        let none = InheritedEnvironment([bytes("A=1")])
        #expect(none.searching(from: bytes("/w")) == none)
        #expect(none.searchPath(from: bytes("/w")) == nil)
    }

    @Test func `gives the first value of a name`() {
        let all = InheritedEnvironment(["A", "A=", "A=2", "B=x=y"].map(bytes))
        #expect(all.text("A") == "")
        #expect(all.text("B") == "x=y")
        #expect(all.text("C") == nil)
        #expect(InheritedEnvironment([bytes("P=") + [0xE9]]).value("P").map(Array.init) == [0xE9])
    }

    @Test(
        arguments: [
            { $0.arguments = ["sh", "a\0b"] }, { $0.environment = ["A=b\0c"] },
            { $0.executable = "bin/sh" }, { $0.directory = "tmp" },
            { $0.executable = "/bin/s\0h" }, { $0.directory = "/\0" },
        ] as [@Sendable (inout ChildProcess.Launch) -> Void]
    )
    func `what would reach a child as something else is refused`(
        change: @Sendable (inout ChildProcess.Launch) -> Void
    ) throws {
        var launch = shell("exit 0")
        change(&launch)
        guard case .notStarted(EINVAL, let words)? = try run(launch).end?.termination else {
            Issue.record("it started")
            return
        }
        #expect(words.contains("holds a NUL") || words.contains("no absolute path"))
    }
}
