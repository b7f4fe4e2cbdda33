import Foundation
import TestSupport
import Testing

/// What `quire skill list --json` says.
private struct Listing: Decodable {
    struct Copy: Decodable {
        var agent: String
        var scope: String
        var path: String
        var state: String
        var quire: String?
        var changed: [String]
        var trouble: String?
    }

    struct Skill: Decodable {
        var name: String
        var files: [String]
        var copies: [Copy]
    }

    var quire: String
    var skills: [Skill]
}

/// A workspace whose home directory lies in it.
private struct Skills {
    let run: QuireRun
    var home: String { run.root + "/home" }
    /// The directory of the skill `quire` for Codex in the workspace.
    var copy: String { run.root + "/.agents/skills/quire" }

    func quire(_ words: [String]) throws -> Outcome {
        try run.quire(["skill"] + words, environment: ["HOME": home])
    }

    /// Installs for the workspace, which must succeed.
    func install(_ words: [String] = []) throws {
        let outcome = try quire(["install", "--project"] + words)
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    }

    func listing() throws -> Listing {
        let outcome = try quire(["list", "--json"])
        #expect(outcome.status == 0, "\(outcome.error)")
        return try decoded(Listing.self, outcome.output)
    }

    /// The copies of the skill `quire`.
    func copies() throws -> [Listing.Copy] {
        try #require(try listing().skills.first { $0.name == "quire" }).copies
    }

    /// All files below a directory, with their contents.
    func tree(_ path: String) throws -> [String: String] {
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return Dictionary(uniqueKeysWithValues: names.map { ($0, text(path + "/" + $0)) })
    }

    /// Makes the copy one of another Quire, which wrote a file more.
    func age() throws {
        try put("older\n", copy + "/SKILL.md")
        try put("former\n", copy + "/references/former.md")
        let outcome = try shell(
            "cd '\(copy)' && { echo '# quire 0.0.9 wrote these files'; sha256sum SKILL.md references/*.md; } "
                + "> record && mv record .quire-skill",
            in: run.root
        )
        #expect(outcome.status == 0, "\(outcome.error)")
    }
}

private func withSkills(_ body: (Skills) throws -> Void) throws {
    try withRun { run in
        let skills = Skills(run: run)
        try FileManager.default.createDirectory(
            atPath: skills.home,
            withIntermediateDirectories: true
        )
        try body(skills)
    }
}

@Suite struct `quire skill` {
    static let places: [([String], String, String, String)] = [
        ([], "home/.codex/skills", "codex", "user"),
        (["--user"], "home/.codex/skills", "codex", "user"),
        (["--project"], ".agents/skills", "codex", "project"),
        (["--claude"], "home/.claude/skills", "claude", "user"),
        (["--project", "--claude"], ".claude/skills", "claude", "project"),
    ]

    @Test(arguments: places)
    func `installs what it shows`(
        words: [String],
        place: String,
        agent: String,
        scope: String
    ) throws {
        try withSkills { skills in
            #expect(try skills.copies().isEmpty)
            let outcome = try skills.quire(["install"] + words)
            #expect(outcome.status == 0, "\(outcome.error)")
            let listing = try skills.listing()
            for skill in listing.skills {
                let path = "\(skills.run.root)/\(place)/\(skill.name)"
                #expect(outcome.output.contains("installed \(path)\n"))
                #expect(skill.copies.map(\.path) == [path])
                #expect(skill.copies[0].agent == agent && skill.copies[0].scope == scope)
                #expect(
                    skill.copies[0].state == "current" && skill.copies[0].quire == listing.quire
                )
                #expect(skill.files.first == "SKILL.md")
                for file in skill.files {
                    let shown = try skills.quire(["get", skill.name, file])
                    #expect(shown.status == 0 && !shown.output.isEmpty)
                    #expect(text(path + "/" + file) == shown.output)
                }
                let check = try shell("cd '\(path)' && sha256sum -c .quire-skill", in: "/")
                #expect(check.status == 0, "\(check.error)")
            }
            let again = try skills.quire(["install"] + words)
            #expect(again.status == 0)
            #expect(again.output.components(separatedBy: " is current\n").count == 3)
        }
    }

    @Test func `follows CODEX_HOME, and makes no home`() throws {
        try withSkills { skills in
            let own = skills.run.root + "/own"
            let outcome = try skills.run.quire(
                ["skill", "install", "quire"],
                environment: ["HOME": skills.home, "CODEX_HOME": own]
            )
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(!text(own + "/skills/quire/SKILL.md").isEmpty)
            #expect(!FileManager.default.fileExists(atPath: own + "/skills/autonomous-skill"))
            let nowhere = skills.run.root + "/no/home"
            let refused = try skills.run.quire(
                ["skill", "install"],
                environment: ["HOME": nowhere]
            )
            #expect(refused.status == 69 && refused.error.contains(nowhere), "\(refused.error)")
            #expect(!FileManager.default.fileExists(atPath: skills.run.root + "/no"))
        }
    }

    @Test(arguments: [
        (["get", "nope"], "there is no skill \"nope\"; there are: autonomous-skill, quire"),
        (["get", "quire", "../x"], "the skill quire has no file \"../x\"; there are: SKILL.md, "),
        (["install", "quire", "nope"], "there is no skill \"nope\""),
        (["install", "--user", "--project"], "--user and --project exclude each other"),
    ])
    func `refuses`(words: [String], message: String) throws {
        try withSkills { skills in
            let outcome = try skills.quire(words)
            #expect(outcome.status == 64 && outcome.output.isEmpty)
            #expect(outcome.error.contains(message), "\(outcome.error)")
        }
    }

    @Test func `renews what another Quire wrote, and removes what that one alone wrote`() throws {
        try withSkills { skills in
            try skills.install()
            let current = try skills.tree(skills.copy)
            try skills.age()
            try put("a person's own\n", skills.copy + "/references/own.md")
            let copy = try #require(try skills.copies().first)
            #expect(copy.state == "outdated" && copy.quire == "0.0.9" && copy.changed.isEmpty)
            #expect(try skills.quire(["list"]).output.contains("outdated (quire 0.0.9)"))
            let outcome = try skills.quire(["install", "--project"])
            #expect(outcome.output.contains("updated \(skills.copy)\n"), "\(outcome.error)")
            var found = try skills.tree(skills.copy)
            #expect(found.removeValue(forKey: "references/own.md") == "a person's own\n")
            #expect(found == current)
            #expect(try skills.copies().map(\.state) == ["current"])
        }
    }

    @Test func `overwrites nothing that a person changed, unless told to`() throws {
        try withSkills { skills in
            try skills.install()
            let current = try skills.tree(skills.copy)
            try skills.age()
            try put("my words\n", skills.copy + "/SKILL.md")
            try FileManager.default.removeItem(
                atPath: skills.run.root + "/.agents/skills/autonomous-skill/SKILL.md"
            )
            let before = try skills.tree(skills.run.root + "/.agents")
            let copy = try #require(try skills.copies().first)
            #expect(copy.state == "changed" && copy.changed == ["SKILL.md"])
            #expect(try skills.quire(["list"]).output.contains("changed by hand (SKILL.md)"))
            let refused = try skills.quire(["install", "--project"])
            #expect(refused.status == 69 && refused.output.isEmpty)
            #expect(refused.error.contains("\(skills.copy) was changed by hand: SKILL.md\n"))
            #expect(refused.error.contains("nothing was written"))
            #expect(try skills.tree(skills.run.root + "/.agents") == before)
            try skills.install(["--force"])
            #expect(try skills.tree(skills.copy) == current)
            let copies = try skills.listing().skills.flatMap(\.copies)
            #expect(copies.map(\.state) == ["current", "current"])
        }
    }

    @Test func `takes another skill of the same name for a person's`() throws {
        try withSkills { skills in
            try put("---\nname: quire\ndescription: Mine.\n---\n", skills.copy + "/SKILL.md")
            #expect(try skills.copies().map(\.state) == ["foreign"])
            #expect(try skills.quire(["list"]).output.contains("not Quire's"))
            let refused = try skills.quire(["install", "--project", "quire"])
            #expect(refused.status == 69)
            #expect(refused.error.contains("\(skills.copy) is not Quire's: SKILL.md\n"))
            try skills.install(["--force"])
            #expect(try skills.copies().map(\.state) == ["current"])
        }
    }

    @Test func `completes an installation that was cut off`() throws {
        try withSkills { skills in
            try skills.install()
            let current = try skills.tree(skills.copy)
            for lost in [[".quire-skill"], [".quire-skill", "SKILL.md"], ["references/checks.md"]] {
                for name in lost {
                    try FileManager.default.removeItem(atPath: skills.copy + "/" + name)
                }
                try skills.install()
                #expect(try skills.tree(skills.copy) == current, "\(lost)")
            }
        }
    }

    /// Links in the place of what an installation writes, by the shell in the workspace.
    @Test(arguments: [
        ".agents", ".agents/skills", ".agents/skills/quire", ".agents/skills/quire/references",
    ])
    func `follows no link to a directory`(path: String) throws {
        try withSkills { skills in
            let made = try shell(
                "mkdir -p outside/skills/quire/references \"$(dirname \(path))\" && "
                    + "ln -s \"$PWD/outside\" \(path)",
                in: skills.run.root
            )
            #expect(made.status == 0, "\(made.error)")
            let before = try skills.tree(skills.run.root + "/outside")
            for force in [[], ["--force"]] {
                let outcome = try skills.quire(["install", "--project", "quire"] + force)
                #expect(outcome.status == 69 && outcome.error.contains("is a link"))
            }
            #expect(try skills.tree(skills.run.root + "/outside") == before)
            let copies = try skills.copies()
            #expect(copies.map(\.state) == ["unreadable"])
            #expect(copies.allSatisfy { $0.trouble?.contains("is a link") == true })
        }
    }

    @Test(arguments: ["SKILL.md", "references/manifest.md", ".quire-skill"])
    func `replaces a link to a file only when told to, and never what it leads to`(
        name: String
    ) throws {
        try withSkills { skills in
            try skills.install()
            let current = try skills.tree(skills.copy)
            try put("outside\n", skills.run.root + "/outside")
            let made = try shell(
                "ln -sf '\(skills.run.root)/outside' '\(skills.copy)/\(name)'",
                in: "/"
            )
            #expect(made.status == 0)
            #expect(try skills.quire(["install", "--project"]).status == 69)
            try skills.install(["--force"])
            #expect(text(skills.run.root + "/outside") == "outside\n")
            #expect(try skills.tree(skills.copy) == current)
        }
    }

    @Test func `removes nothing outside by a record that somebody else wrote`() throws {
        try withSkills { skills in
            try skills.install()
            try put("outside\n", skills.run.root + "/.agents/skills/outside")
            let digest = try shell("sha256sum < .agents/skills/outside", in: skills.run.root).output
                .prefix(64)
            let record = text(skills.copy + "/.quire-skill")
            try put(
                record + "\(digest)  ../outside\n\(digest)  /etc/hostname\n",
                skills.copy + "/.quire-skill"
            )
            try skills.install()
            #expect(text(skills.run.root + "/.agents/skills/outside") == "outside\n")
        }
    }
}
