import Foundation
import Manual
import TestSupport
import Testing

@Suite struct `The manual's topics` {
    private static let folder = "Sources/quire/Manual"

    @Test func `are the files of their folder, and part of the program`() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: root.appending(path: Self.folder).path
        )
        #expect(Set(files) == Set(Topic.all.map { $0.name + ".md" }))
        #expect(Topic.all.count == files.count)
        for topic in Topic.all {
            #expect(try topic.text == file("\(Self.folder)/\(topic.name).md"), "\(topic.name)")
        }
    }

    @Test(arguments: Topic.all.map(\.name))
    func `have a title, a summary of one sentence, and letters of ASCII`(name: String) throws {
        let topic = try #require(Topic.named(name))
        guard case .heading(level: 1, _) = topic.page.first else {
            Issue.record("it does not begin with a title")
            return
        }
        #expect((10...100).contains(topic.summary.count), "\(topic.summary)")
        #expect(topic.text.allSatisfy { $0.isASCII && $0 != "\t" && $0 != "\r" })
    }

    @Test func `lead to topics and files that there are`() throws {
        let texts =
            try Topic.all.map { ("\(Self.folder)/\($0.name).md", $0.text) }
            + [
                "README.md", "Tests/README.md", "Benchmarks/README.md", "config/ci/README.md",
                "config/slurm/README.md", "config/container/README.md", ".github/CONTRIBUTING.md",
            ]
            .map { ($0, try file($0)) }
        for (path, text) in texts {
            for link in text.matches(of: /\]\(([^)#]+)\)/) where !link.1.hasPrefix("https:") {
                let target = root.appending(path: path).deletingLastPathComponent()
                    .appending(path: String(link.1))
                #expect(FileManager.default.fileExists(atPath: target.path), "\(path): \(link.1)")
            }
        }
        for topic in Topic.all {
            for link in topic.text.matches(of: /quire help ([a-z][a-z-]+)/)
            where link.1 != "manifest" && link.1 != "run" {
                #expect(Topic.named(String(link.1)) != nil, "\(topic.name): \(link.1)")
            }
        }
    }

    /// README.md and the help of all commands, when the reference was a part of README.md.
    private static let before = (bytes: 97_011, words: 16_041)
    /// Topics on what Quire could not do then.
    private static let new: Set = ["control", "watch", "skill"]

    @Test func `and README are shorter than README and the commands' help were`() throws {
        let readme = try file("README.md")
        #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 171)
        let topics = Topic.all.filter { !Self.new.contains($0.name) }
        #expect(topics.count == Topic.all.count - Self.new.count)
        let all = topics.reduce(readme) { $0 + $1.text }
        #expect(all.utf8.count < Self.before.bytes)
        #expect(all.split { $0.isWhitespace }.count < Self.before.words)
    }
}
