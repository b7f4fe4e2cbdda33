import Foundation
import TestSupport
import Testing

private let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources").standardizedFileURL.path

/// A package with the project's own `CommitPlugin` and `Version`, whose program says what it was built from.
private struct Checkout {
    let root: String

    init(_ root: String) throws {
        self.root = root
        try put(
            """
            // swift-tools-version: 6.2
            import PackageDescription
            let package = Package(name: "small", targets: [
                .plugin(name: "CommitPlugin", capability: .buildTool(), path: "Sources/CommitPlugin"),
                .target(name: "Version", plugins: ["CommitPlugin"]),
                .executableTarget(name: "small", dependencies: ["Version"]),
            ])
            """,
            root + "/Package.swift"
        )
        try put("import Version\nprint(Version.line)\n", root + "/Sources/small/main.swift")
        try put(".build/\n", root + "/.gitignore")
        try run("cp -R '\(sources)/CommitPlugin' '\(sources)/Version' Sources/ && rmdir .git")
    }

    /// Runs a command line, which must succeed, and returns what it said.
    @discardableResult
    func run(_ command: String) throws -> String {
        let outcome = try shell(command, in: root)
        #expect(outcome.status == 0, "\(command): \(outcome.output) \(outcome.error)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Commits everything, and returns the commit.
    func commit() throws -> String {
        try run(
            """
            git add . && git -c user.name=T -c user.email=t@t commit -q --allow-empty -m work \
            && git rev-parse HEAD
            """
        )
    }

    /// What the plugin's script writes.
    func written() throws -> String {
        try run(
            "mkdir -p .build && sh Sources/CommitPlugin/commit . .build/C.swift && cat .build/C.swift"
        )
    }

    /// What the program says when it was built.
    func built() throws -> String {
        try run("swift build -q 1>&2 && .build/debug/small")
    }
}

private func facts(_ commit: String, changes: Bool) -> String {
    "let builtCommit = \"\(commit)\"\nlet builtWithChanges = \(changes)"
}

@Suite struct `The version` {
    @Test func `names the release, the commit and the parts`() throws {
        try withRun { run in
            let outcome = try run.quire(["--version"])
            let lines = outcome.output.split(separator: "\n").map(String.init)
            #expect(outcome.status == 0)
            let first =
                /quire \d+\.\d+\.\d+ \(commit ([0-9a-f]{12}( with uncommitted changes)?|unknown: .+)\)/
            #expect(try first.wholeMatch(in: lines[0]) != nil, "\(lines)")
            #expect(try /libuv 1\.\d+\.\d+/.wholeMatch(in: lines[1]) != nil, "\(lines)")
            #expect(try /SQLite 3\.\d+\.\d+/.wholeMatch(in: lines[2]) != nil, "\(lines)")
            #expect(try /Swift \d+\.\d+/.wholeMatch(in: lines[3]) != nil, "\(lines)")
            #expect(lines[4].contains("Linux ") && lines.count == 5, "\(lines)")
        }
    }

    @Test func `has the commit of a checkout, and whether it was changed`() throws {
        try withWorkspace { root in
            let checkout = try Checkout(root)
            #expect(try checkout.written() == facts("", changes: false))
            try checkout.run("git init -q")
            #expect(try checkout.written() == facts("", changes: false))
            let commit = try checkout.commit()
            #expect(try checkout.written() == facts(commit, changes: false))
            try put("Read me.", root + "/README.md")
            #expect(try checkout.written() == facts(commit, changes: false))
            try put("let unknown = 1", root + "/Sources/small/More.swift")
            #expect(try checkout.written() == facts(commit, changes: true))
        }
    }

    @Test func `does not take the commit of a repository around it`() throws {
        try withWorkspace { root in
            try FileManager.default.removeItem(atPath: root + "/.git")
            try FileManager.default.createDirectory(
                atPath: root + "/inner/.git",
                withIntermediateDirectories: true
            )
            let checkout = try Checkout(root + "/inner")
            try checkout.run("cd .. && git init -q")
            _ = try checkout.commit()
            #expect(try checkout.written() == facts("", changes: false))
        }
    }

    @Test func `follows each commit and each change with the next build`() throws {
        try withWorkspace { root in
            let checkout = try Checkout(root)
            #expect(
                try checkout.built() == "quire 0.1.0 (commit unknown: not built in a git checkout)"
            )
            try checkout.run("git init -q")
            let first = try checkout.commit().prefix(12)
            // A plan that knows no repository is made anew when the sources change.
            try put("// more", root + "/Sources/small/More.swift")
            #expect(
                try checkout.built() == "quire 0.1.0 (commit \(first) with uncommitted changes)"
            )
            let second = try checkout.commit().prefix(12)
            #expect(try checkout.built() == "quire 0.1.0 (commit \(second))")
            let third = try checkout.commit().prefix(12)
            #expect(try checkout.built() == "quire 0.1.0 (commit \(third))")
        }
    }
}
