import CodexAgent
import FileAccess
import Foundation

/// A directory in which an agent's program looks for skills.
///
/// Measured with Codex CLI 0.163.0, which reads `skills` in its home, `.agents/skills` in the home directory and from
/// the repository's top level down, and `.codex/skills` at that top level; Claude Code reads `.claude/skills` in both.
package struct SkillPlace: Sendable {
    /// The program that looks there.
    package enum Agent: String, Encodable, Sendable {
        case codex, claude
    }

    /// The sessions that find what is there.
    package enum Scope: String, Encodable, Sendable {
        /// All sessions of this user.
        case user
        /// The sessions in the workspace.
        case project
    }

    /// The program.
    package let agent: Agent
    /// The sessions.
    package let scope: Scope
    /// True if skills are installed there; in other places copies are only looked for.
    package let isInstalledTo: Bool
    /// A directory that a person named or that is the workspace; links in its path are followed.
    let base: String
    /// The directories below it, none of which may be a link.
    let names: [String]

    /// The path.
    package var path: String { ([base] + names).joined(separator: "/") }

    /// Returns all places for an environment and a workspace.
    package static func all(environment: [String: String], workspace: String) -> [SkillPlace] {
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        let codexHome = CodexHome { environment[$0] }.account(of: [:], in: workspace)
        let places = [
            SkillPlace(.codex, .user, true, codexHome, ["skills"]),
            SkillPlace(.codex, .user, false, home, [".agents", "skills"]),
            SkillPlace(.codex, .project, true, workspace, [".agents", "skills"]),
            SkillPlace(.codex, .project, false, workspace, [".codex", "skills"]),
            SkillPlace(.claude, .user, true, home, [".claude", "skills"]),
            SkillPlace(.claude, .project, true, workspace, [".claude", "skills"]),
        ]
        // A home may be a workspace, too.
        var seen: Set<String> = []
        return places.filter { seen.insert($0.path).inserted }
    }

    private init(
        _ agent: Agent,
        _ scope: Scope,
        _ isInstalledTo: Bool,
        _ base: String,
        _ names: [String]
    ) {
        (self.agent, self.scope, self.isInstalledTo) = (agent, scope, isInstalledTo)
        (self.base, self.names) = (base, names)
    }

    /// Opens the directory; `nil` if there is none.
    ///
    /// - Throws: `FileError` if a link or anything else stands in its place.
    func open() throws(FileError) -> Directory? {
        var directory: Directory
        do throws(FileError) {
            directory = try Directory(following: base)
        } catch  where error.code == ENOENT {
            return nil
        }
        for name in names {
            guard let next = try directory.directory(name) else { return nil }
            directory = next
        }
        return directory
    }

    /// Opens the directory, and makes what is missing of it below a directory that exists.
    ///
    /// - Throws: `FileError` if a link or anything else stands in its place, or there is nothing to make it in.
    func make() throws(FileError) -> Directory {
        var directory: Directory
        do throws(FileError) {
            directory = try Directory(following: base)
        } catch  where error.code == ENOENT {
            // No home is made for a user who has none.
            let name = String(base.split(separator: "/").last ?? "")
            directory = try Directory(following: base.parentPath).makeDirectory(name)
        }
        for name in names { directory = try directory.makeDirectory(name) }
        return directory
    }
}
