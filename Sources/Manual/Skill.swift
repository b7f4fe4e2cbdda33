private import CManual

/// A skill for agents that is part of the program: a directory of files, as `quire skill install` writes it.
///
/// The files that are written by hand lie in `Sources/quire/Plugin/skills/NAME`; the references are made from the
/// manual.
package struct Skill: Sendable {
    /// A file of a skill.
    package struct File: Sendable {
        /// The path in the skill's directory: a name, or a directory and a name.
        package let path: String
        /// The contents.
        package let text: String
        /// True for programs.
        package var isExecutable: Bool { path.hasPrefix("scripts/") }
    }

    /// The name, which is that of its directory.
    package let name: String
    /// The files, `SKILL.md` first.
    package let files: [File]

    /// All skills.
    package static let all: [Skill] = {
        var files: [String: [File]] = [:]
        for place in 0..<cmanual_file_count() {
            let file = unsafe cmanual_file(place)
            let bytes = unsafe UnsafeBufferPointer(start: file.text, count: file.size)
            let text = unsafe String(decoding: bytes, as: UTF8.self)
            let (name, path) = unsafe (String(cString: file.skill), String(cString: file.path))
            files[name, default: []].append(File(path: path, text: text))
        }
        return files.sorted { $0.key < $1.key }.map { name, files in
            Skill(name: name, files: files + (name == "quire" ? references : []))
        }
    }()

    /// Returns the skill of this name; `nil` if there is none.
    package static func named(_ name: String) -> Skill? { all.first { $0.name == name } }

    /// Topics that an agent needs at hand; it asks `quire help` for the others.
    private static let referenced = [
        "manifest", "commands", "outcomes", "checks", "trees", "exit-status",
    ]

    private static let references = Topic.all.filter { referenced.contains($0.name) }.map {
        File(path: "references/\($0.name).md", text: $0.text(linkingTo: referenced))
    }

    /// The field of SKILL.md's front matter that tells when the skill is of use.
    package var summary: String {
        let lines = files.first?.text.split(separator: "\n") ?? []
        let beginning = "description: \""
        guard let line = lines.first(where: { $0.hasPrefix(beginning) }) else { return "" }
        return String(line.dropFirst(beginning.count).dropLast())
    }
}

extension Topic {
    /// Returns the text with links to these topics alone; in the place of others stands what shows them.
    fileprivate func text(linkingTo names: [String]) -> String {
        text.replacing(/\[[^\]]+\]\(([a-z-]+)\.md\)/) { link in
            let name = String(link.1)
            return names.contains(name) ? String(link.0) : "`quire help \(name)`"
        }
    }
}
