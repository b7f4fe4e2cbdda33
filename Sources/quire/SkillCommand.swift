import Application
import ArgumentParser
import Autonomous
import FileAccess
import Manual
import Orchestration
import Reporting
import Version

/// `quire skill`.
struct SkillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skill",
        abstract: "List, show and install the skills by which agents use Quire.",
        discussion: """
            The skill quire tells an agent how to run many tasks; autonomous-skill runs a single long one.

              quire skill install                      # for your Codex
              quire skill install --project --claude   # for Claude Code in this workspace
            """,
        subcommands: [
            SkillListCommand.self, SkillGetCommand.self, SkillInstallCommand.self,
        ]
    )
}

/// The option for the workspace whose skills a command looks at.
private struct SkillOptions: ParsableArguments {
    @OptionGroup var colors: ColorOption

    @Option(
        help: ArgumentHelp(
            "The workspace (default: the git top level, or here).",
            valueName: "dir"
        ),
        completion: .directory,
        transform: Names.path(given:)
    )
    var workspace: String?

    /// All places of this user and the workspace.
    var places: [SkillPlace] {
        let around = (workspace ?? ".").resolvedPath
        let root = Workspace.containing(around).root
        return SkillPlace.all(environment: Terminal.environment, workspace: root)
    }
}

extension Skill {
    /// Returns the skill of this name.
    ///
    /// - Throws: `Trouble` with status 64 if there is none.
    fileprivate static func existing(_ name: String) throws -> Skill {
        if let skill = named(name) { return skill }
        let names = all.map(\.name).joined(separator: ", ")
        throw Trouble(
            "there is no skill \"\(name)\"; there are: \(names)",
            status: ExitStatus.usage
        )
    }
}

extension CompletionKind {
    fileprivate static var skill: CompletionKind { .list(Skill.all.map(\.name)) }
}

/// `quire skill list`.
struct SkillListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the skills, and the copies that agents find: current, outdated or changed.",
        discussion: """
            current is as this Quire writes it, outdated as another one did; changed was edited by hand, and \
            foreign is another skill of the same name: quire skill install overwrites neither without --force.
            """
    )

    @OptionGroup fileprivate var options: SkillOptions

    @Flag(help: "Print JSON.")
    var json = false

    private struct Listing: Encodable {
        struct Copy: Encodable {
            var agent: SkillPlace.Agent
            var scope: SkillPlace.Scope
            var path: String
            var state: SkillCopy.State
            var quire: String?
            var changed: [String]
            var trouble: String?

            init(_ copy: SkillCopy) {
                (agent, scope, path) = (copy.place.agent, copy.place.scope, copy.path)
                (state, quire) = (copy.state, copy.version)
                (changed, trouble) = (copy.changed, copy.trouble)
            }
        }

        struct Entry: Encodable {
            var name: String
            var summary: String
            var files: [String]
            var copies: [Copy]
        }

        var quire: String
        var skills: [Entry]
    }

    func run() throws {
        let places = options.places
        let copies = Skill.all.map { skill in
            (skill, places.map { SkillCopy(of: skill, in: $0) }.filter { $0.state != .absent })
        }
        guard json else { return show(copies) }
        let entries = copies.map { skill, copies in
            Listing.Entry(
                name: skill.name,
                summary: skill.summary,
                files: skill.files.map(\.path),
                copies: copies.map(Listing.Copy.init)
            )
        }
        try LookOptions.printJSON(Listing(quire: Version.number, skills: entries))
    }

    private func show(_ listed: [(Skill, [SkillCopy])]) {
        var table = Table([.init("SKILL"), .init("AGENT"), .init("STATE"), .init("COPY")])
        for (skill, copies) in listed {
            if copies.isEmpty { table.add([skill.name, "-", "not installed", ""]) }
            for copy in copies {
                table.add([skill.name, copy.place.agent.rawValue, Self.words(copy), copy.path])
            }
        }
        Terminal.say(table.lines(width: Terminal.columns).joined(separator: "\n"))
    }

    private static func words(_ copy: SkillCopy) -> String {
        switch copy.state {
        case .absent, .current: copy.state.rawValue
        case .outdated: "outdated" + (copy.version.map { " (quire \($0))" } ?? "")
        case .changed: "changed by hand (\(copy.changed.joined(separator: ", ")))"
        case .foreign: "not Quire's"
        case .unreadable: copy.trouble ?? "can't be read"
        }
    }
}

/// `quire skill get`.
struct SkillGetCommand: ParsableCommand, PlacelessCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print a skill's SKILL.md, or another of its files."
    )

    @OptionGroup var colors: ColorOption

    @Argument(help: "The skill.", completion: .skill)
    var name: String

    @Argument(help: "A file of it, such as references/manifest.md.")
    var file = "SKILL.md"

    func run() throws {
        let files = try Skill.existing(name).files
        guard let found = files.first(where: { $0.path == file }) else {
            throw Trouble(
                "the skill \(name) has no file \"\(file)\"; there are: "
                    + "\(files.map(\.path).joined(separator: ", "))",
                status: ExitStatus.usage
            )
        }
        StandardStream.output.write(raw: Array(found.text.utf8))
    }
}

/// `quire skill install`.
struct SkillInstallCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Write skills to where Codex, or Claude Code, finds them; or renew them.",
        discussion: """
            For Codex they go to $CODEX_HOME/skills (~/.codex/skills), or with --project to .agents/skills in \
            the workspace; with --claude to .claude/skills in the home directory or the workspace. What \
            somebody changed, and other skills of the same name, are overwritten only with --force; then \
            nothing at all is written without it. No link is followed there.

            Exit status: 0; 64 errors in the call; 69 something is in the way, or can't be written.
            """
    )

    @Argument(help: "The skills (default: all).", completion: .skill)
    var names: [String] = []

    @Flag(help: "For all sessions of yours; this is the default.")
    var user = false

    @Flag(help: "For sessions in the workspace.")
    var project = false

    @Flag(help: "For Claude Code instead of Codex.")
    var claude = false

    @Flag(help: "Overwrite what was changed by hand, and other skills of the same name.")
    var force = false

    @OptionGroup fileprivate var options: SkillOptions

    func validate() throws {
        if user, project { throw ValidationError("--user and --project exclude each other") }
    }

    func run() throws {
        let skills = names.isEmpty ? Skill.all : try names.map(Skill.existing)
        let places = options.places.filter {
            $0.isInstalledTo && $0.scope == (project ? .project : .user)
                && $0.agent == (claude ? .claude : .codex)
        }
        let copies = places.flatMap { place in skills.map { SkillCopy(of: $0, in: place) } }
        let refusals = copies.compactMap(\.refusal)
        guard force || refusals.isEmpty else {
            throw Trouble(
                "\(refusals.joined(separator: "\n"))\nnothing was written; look at it, and overwrite it with "
                    + "--force, or move it away",
                status: ExitStatus.missing
            )
        }
        for copy in copies { try install(copy) }
    }

    private func install(_ copy: SkillCopy) throws {
        do {
            try copy.install(overwriting: force)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        switch copy.state {
        case .absent: Terminal.say("installed \(copy.path)")
        case .current: Terminal.say("\(copy.path) is current")
        case .outdated, .changed, .foreign, .unreadable: Terminal.say("updated \(copy.path)")
        }
    }
}
