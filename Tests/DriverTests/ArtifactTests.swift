import Autonomous
import FileAccess
import Foundation
import Orchestration
import Testing

@testable import Driver

@Suite struct `The artifacts of a task` {
    private static let files = [
        "report.html", "dist/a.tar.gz", "dist/b.zip", "dist/deep/c.tar.gz", "src/.hidden",
        ".git/a.tar.gz",
        "src/.git/a.tar.gz", ".autonomous/a.tar.gz",
    ]

    /// Runs `body` with a directory that holds `files`, links that lead out of it, and a pipe.
    private func withFiles(_ body: (String) throws -> Void) throws {
        let root = NSTemporaryDirectory() + "quire-artifacts-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let tree = root + "/tree"
        for file in Self.files {
            let path = tree + "/" + file
            try FileManager.default.createDirectory(
                atPath: path.parentPath,
                withIntermediateDirectories: true
            )
            try file.write(toFile: path, atomically: false, encoding: .utf8)
        }
        try "secret".write(toFile: root + "/secret.html", atomically: false, encoding: .utf8)
        for (link, target) in [("link.html", root + "/secret.html"), ("away", root)] {
            try FileManager.default.createSymbolicLink(
                atPath: tree + "/" + link,
                withDestinationPath: target
            )
        }
        #expect(mkfifo(tree + "/dist/pipe", 0o644) == 0)
        try body(root)
    }

    /// Patterns, the files that they name, and the number of warnings.
    @Test(arguments: [
        ("report.html", "report.html", 0), ("*.html", "report.html", 1),
        ("dist/*.tar.gz", "dist/a.tar.gz", 0),
        ("dist/", "dist/a.tar.gz dist/b.zip dist/deep/c.tar.gz", 1),
        ("**/*.tar.gz", "dist/a.tar.gz dist/deep/c.tar.gz", 0),
        ("**/deep", "dist/deep/c.tar.gz", 0),
        ("dist/**", "dist/a.tar.gz dist/b.zip dist/deep/c.tar.gz", 1),
        ("src/**/.h*", "src/.hidden", 0),
        ("dist/[ab].*|report.html", "dist/a.tar.gz dist/b.zip report.html", 0), ("away/*", "", 0),
        (".git/*", "", 0), ("src/.git/*", "", 0), (".autonomous/**", "", 0), ("link.html", "", 1),
        ("dist/pipe", "", 1), ("../secret.html", "", 0), ("**/**/c.*", "dist/deep/c.tar.gz", 0),
        ("none", "", 0), ("./dist/./b.zip", "dist/b.zip", 0),
        (
            ".", "dist/a.tar.gz dist/b.zip dist/deep/c.tar.gz report.html src/.hidden", 3
        ),
    ])
    func `are the regular files that patterns name`(
        patterns: String,
        names: String,
        warnings: Int
    )
        throws
    {
        try withFiles { root in
            let target = try #require(try Directory.open(root + "/kept", made: true))
            // What lay there before is replaced, not followed.
            try FileManager.default.createSymbolicLink(
                atPath: root + "/kept/report.html",
                withDestinationPath: root + "/secret.html"
            )
            var copy = ArtifactCopy(
                of: patterns.split(separator: "|").map(String.init),
                to: target
            )
            copy.copy(from: try Directory(following: root + "/tree"))
            let expected = names.split(separator: " ").map(String.init)
            #expect(copy.files.sorted() == expected)
            #expect(copy.warnings.count == warnings, "\(copy.warnings)")
            for file in expected {
                let kept = try String(contentsOfFile: root + "/kept/" + file, encoding: .utf8)
                #expect(kept == file)
            }
            let secret = try String(contentsOfFile: root + "/secret.html", encoding: .utf8)
            #expect(secret == "secret")
        }
    }

    @Test(
        arguments: [
            (0o755, 0o700), (0o644, 0o600), (0o600, 0o600), (0o700, 0o700), (0o444, 0o400),
            (0o6777, 0o700),
        ] as [(mode_t, mode_t)]
    )
    func `keep what their owner may do, and are nobody else's`(
        original: mode_t,
        kept: mode_t
    )
        throws
    {
        try withFiles { root in
            #expect(chmod(root + "/tree/report.html", original) == 0)
            let target = try #require(try Directory.open(root + "/kept", made: true))
            var copy = ArtifactCopy(of: ["report.html"], to: target)
            copy.copy(from: try Directory(following: root + "/tree"))
            let mode = try #require(target.status(of: "report.html")).st_mode & 0o7777
            #expect(mode == kept, "\(copy.warnings)")
        }
    }

    @Test func `are told of if their names are not UTF-8`() throws {
        try withFiles { root in
            let name = Array((root + "/tree/dist/x").utf8CString.dropLast()) + [-1, 0]
            let file = open(name, O_WRONLY | O_CREAT, 0o644)
            try #require(file >= 0)
            close(file)
            let target = try #require(try Directory.open(root + "/kept", made: true))
            for (pattern, isTold) in [("dist/x*", true), ("dist/*.zip", false)] {
                var copy = ArtifactCopy(of: [pattern], to: target)
                copy.copy(from: try Directory(following: root + "/tree"))
                let told = copy.warnings.filter { $0.contains("its name is not UTF-8") }
                #expect(told.isEmpty != isTold, "\(copy.warnings)")
            }
        }
    }

    @Test func `are told in a few words, however many there are`() {
        let files = (0..<250).map { "f\(1000 + $0)" }
        let artifacts = Artifacts(files.reversed(), in: "/kept/a")
        #expect(artifacts.count == 250 && artifacts.files == Array(files.prefix(100)))
    }
}
