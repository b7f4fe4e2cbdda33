import ArgumentParser
import Foundation
import Manual
import TestSupport
import Testing

@testable import Manifest
@testable import quire

/// The blocks of code of the manual, of README.md and of the skills in one language.
private func examples(_ language: String) throws -> [(place: String, lines: [String])] {
    var pages = Topic.all.map { (place: $0.name, page: $0.page) }
    pages.append((place: "README.md", page: Markdown.blocks(of: try file("README.md"))))
    for skill in Skill.all {
        pages.append((place: skill.name, page: Markdown.blocks(of: skill.files[0].text)))
    }
    var examples: [(place: String, lines: [String])] = []
    for (place, page) in pages {
        for case .code(language, let lines) in page { examples.append((place, lines)) }
    }
    return examples
}

@Suite struct `The manual's examples` {
    /// Returns what is wrong with a manifest.
    private func mistakes(_ text: String) -> [String] {
        let files = Builder.Files(
            read: { path throws(ManifestSource.Refusal) in
                switch path.split(separator: "/").last {
                case "services.csv": "service\nauth\n"
                default: "The text of a file."
                }
            },
            isDirectory: { _ in true }
        )
        do {
            _ = try Manifest.parse(text: text, path: "m.yaml", absolute: "/w/m.yaml", files: files)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    private static let task = "- name: a\n  prompt: b\n"

    @Test func `of manifests are valid`() throws {
        let whole = try examples("yaml").filter { $0.place != "manifest" }
        #expect(whole.count > 4)
        for (place, lines) in whole {
            var text = lines.joined(separator: "\n") + "\n"
            if !text.contains("version:") { text = "version: 1\n" + text }
            if !text.contains("tasks:") { text += "tasks:\n" + Self.task }
            #expect(mistakes(text) == [], "\(place): \(text)")
        }
    }

    @Test func `of keys are valid where the key belongs`() throws {
        var (key, count) = ("", 0)
        for block in try page("manifest") {
            if case .heading(_, let text) = block { key = text }
            guard case .code("yaml", let lines) = block else { continue }
            count += 1
            let example = lines.joined(separator: "\n")
            switch key.split(separator: ".").first {
            case "run":
                check(
                    "version: 1\nrun:\n\(prices(for: key))  \(example)\ntasks:\n\(Self.task)",
                    key
                )
            case "groups": check("version: 1\ngroups:\n  \(example)\ntasks:\n\(Self.task)", key)
            default: check(manifest(ofTask: key, example), key)
            }
        }
        #expect(count >= 50)
    }

    /// Returns the prices that a budget of money needs.
    private func prices(for key: String) -> String {
        key == "run.budget" ? "  prices: {input: 1, cached_input: 1, output: 1}\n" : ""
    }

    private func check(_ text: String, _ key: String) {
        #expect(mistakes(text) == [], "\(key): \(text)")
    }

    /// Returns a manifest with a task that has a key, and what that key needs besides.
    private func manifest(ofTask key: String, _ example: String) -> String {
        let version = example.contains("version") ? "{version}" : ""
        let name = key == "matrix" ? "\"a{service}\(version)\"" : "a"
        let prompt = key.hasPrefix("prompt") ? "" : "    prompt: b\n"
        let tree =
            ["base", "branch", "include", "setup", "commit", "verify_base"].contains(key)
            ? "    isolation: worktree\n" : ""
        let check =
            ["verify_base", "verify_in_session"].contains(key) ? "    verify: make\n" : ""
        return
            "version: 1\ngroups: {backend: }\ntasks:\n  - name: \(name)\n\(prompt)\(tree)\(check)"
            + "    \(example)\n  - {name: schema, prompt: c}\n"
    }

    @Test func `of calls are understood by the program`() throws {
        var count = 0
        for (place, lines) in try examples("sh") {
            for call in lines.flatMap(calls) {
                #expect(throws: Never.self, "\(place): \(call)") { try Quire.parseAsRoot(call) }
                count += 1
            }
        }
        #expect(count > 25)
    }

    /// Returns the words after `quire` of each call in a line of the shell.
    private func calls(in line: String) -> [[String]] {
        var words: [String] = [""]
        var quote: Character?
        for character in line {
            if quote == character {
                quote = nil
            } else if quote == nil, "'\"".contains(character) {
                quote = character
            } else if quote == nil, character == " " {
                words.append("")
            } else {
                words[words.count - 1].append(character)
            }
        }
        let ends = ["&&", "||", "|", ">", "#"]
        return words.filter { !$0.isEmpty }.split { $0 == "&&" }.compactMap { call in
            guard call.first == "quire" else { return nil }
            return Array(call.dropFirst().prefix { !ends.contains($0) })
        }
    }
}
