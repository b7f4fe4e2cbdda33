import ArgumentParser
import Foundation
import Manual
import TestSupport
import Testing

@testable import Version
@testable import quire

@Suite struct `The skills` {
    private static let plugin = "Sources/quire/Plugin"
    private static let isUpdating =
        ProcessInfo.processInfo.environment["QUIRE_UPDATE_GOLDENS"] != nil

    /// The paths of all files below a directory of this repository.
    private func files(below path: String) throws -> Set<String> {
        let names = try FileManager.default.subpathsOfDirectory(
            atPath: root.appending(path: path).path
        )
        return Set(names.filter { !isDirectory("\(path)/\($0)") })
    }

    private func isDirectory(_ path: String) -> Bool {
        (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: path).path))
            != nil
    }

    /// The references are written anew with `QUIRE_UPDATE_GOLDENS=1`; the program has them from the manual.
    @Test func `of the plugin are those that the program serves`() throws {
        var served: Set<String> = []
        for skill in Skill.all {
            for file in skill.files {
                let path = "skills/\(skill.name)/\(file.path)"
                let url = root.appending(path: "\(Self.plugin)/\(path)")
                if Self.isUpdating, file.path.hasPrefix("references/") {
                    try file.text.write(to: url, atomically: true, encoding: .utf8)
                }
                let written = try String(contentsOf: url, encoding: .utf8)
                #expect(
                    written == file.text,
                    "\(path) is old: QUIRE_UPDATE_GOLDENS=1 swift test --filter SkillTests"
                )
                #expect(
                    FileManager.default.isExecutableFile(atPath: url.path) == file.isExecutable
                )
                served.insert(path)
            }
        }
        let found = try files(below: Self.plugin)
        #expect(found.filter { $0.hasPrefix("skills/") } == served)
        #expect(served.count == 9)
    }

    @Test func `name the release that they belong to`() throws {
        for skill in Skill.all {
            #expect(skill.files[0].path == "SKILL.md")
            #expect(skill.files[0].text.contains("\n  quire-version: \"\(Version.number)\"\n---\n"))
        }
        struct Plugin: Decodable {
            var name: String
            var version: String
        }
        for kind in ["codex", "claude"] {
            let json = try file("\(Self.plugin)/.\(kind)-plugin/plugin.json")
            let plugin = try decoded(Plugin.self, json)
            #expect(plugin.name == "quire" && plugin.version == Version.number)
        }
    }

    @Test(arguments: [".agents/plugins/marketplace.json", ".claude-plugin/marketplace.json"])
    func `are offered by a marketplace that leads to the plugin`(path: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(try file(path).utf8))
        let plugins = try #require((object as? [String: Any])?["plugins"] as? [[String: Any]])
        #expect(plugins.count == 1)
        let source = plugins[0]["source"]
        let target = source as? String ?? (source as? [String: String])?["path"]
        #expect(target == "./" + Self.plugin)
    }

    @Test func `have a short SKILL.md, in letters of ASCII, and a summary`() throws {
        for skill in Skill.all {
            let text = skill.files[0].text
            #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 120)
            #expect(text.allSatisfy { $0.isASCII })
            #expect((100...1024).contains(skill.summary.count), "\(skill.summary)")
            #expect(skill.summary.contains("Use when"))
        }
    }

    @Test func `lead to files and topics that there are`() throws {
        for skill in Skill.all {
            let paths = Set(skill.files.map(\.path))
            for file in skill.files {
                for link in file.text.matches(of: /\]\(([^)#]+)\)/)
                where !link.1.hasPrefix("https:") {
                    let inner = file.path.hasPrefix("references/") ? "references/" : ""
                    #expect(paths.contains(inner + link.1), "\(skill.name): \(link.1)")
                }
                for link in file.text.matches(of: /quire help ([a-z][a-z-]+)/)
                where Topic.named(String(link.1)) == nil {
                    #expect(Quire.command(named: String(link.1)) != nil, "\(file.path): \(link.1)")
                }
            }
        }
    }

    /// The texts name `--detach` for programs that have it.
    @Test func `name calls that the program understands`() throws {
        let later: Set<String> =
            Quire.helpMessage(for: RunCommand.self).contains("--detach") ? [] : ["--detach"]
        var count = 0
        for skill in Skill.all {
            for call in code(in: skill.files[0].text) where call.hasPrefix("quire ") {
                let words = call.replacing("\"...\"", with: "words").split(separator: " ")
                    .dropFirst().map(String.init).filter { !later.contains($0) }
                guard words.last != "--help" else { continue }
                #expect(throws: Never.self, "\(call)") { try Quire.parseAsRoot(words) }
                count += 1
            }
        }
        #expect(count > 20)
    }
}
