import Application
import ArgumentParser
import Glibc
import Manifest
import Orchestration
import Reporting

/// `quire trust`.
struct TrustCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Approve the commands of a manifest that somebody else wrote.",
        discussion: """
            Shows in whole what the manifest would run, and what of it leads out of the workspace, and asks. An \
            approval is yours, in ~/.local/state/quire/trust, and is for that very text in any manifest: a \
            changed command needs another one. What you wrote or committed in this clone, and what git does \
            not track, needs none.

            Exit status: 0; 64 errors in the manifest or the call; 69 approvals can't be read or written; \
            101 you did not approve.
            """
    )

    @Argument(help: "The manifest: YAML or JSON.", completion: .manifest)
    var manifest: String

    @Flag(help: "List what needs approval and how it stands; change nothing.")
    var list = false

    @Flag(help: "Take the approvals of the manifest's commands back.")
    var revoke = false

    @Flag(help: "Approve without a question.")
    var yes = false

    @OptionGroup var state: StateOptions

    func validate() throws {
        if [list, revoke, yes].count(where: \.self) > 1 {
            throw ValidationError("--list, --revoke and --yes exclude each other")
        }
    }

    func run() throws {
        let manifest = try ManifestFile.load(self.manifest)
        let workspace = WorkspacePlace(state).workspace(ofManifest: manifest.path)
        let trust = try ManifestApproval(manifest, named: self.manifest, in: workspace).trust
        if list { return show(trust) }
        let needed = trust.needed
        guard !needed.isEmpty || revoke else {
            return Terminal.say("nothing in \(self.manifest) needs your approval")
        }
        guard let file = ManifestApproval.file else { throw ManifestApproval.noPlace }
        if revoke { return try revoke(trust, file) }
        if let trouble = trust.trouble { throw trouble }
        guard !trust.isCI else {
            throw Trouble(
                "in CI approvals are not kept; give --trust: "
                    + "\(["quire", "run", self.manifest, "--trust"].shellCommand)",
                status: ExitStatus.missing
            )
        }
        say(ManifestApproval.lines(needed) { _ in "✗" })
        if let origin = trust.origin { Terminal.say("it counts as somebody else's: \(origin)") }
        guard try yes || asks(needed.count) else {
            Terminal.say("nothing was approved")
            throw ExitCode(ExitStatus.unfinished)
        }
        try file.approve(needed)
        Terminal.say("approved \(Format.count(needed.count, "text")), noted in \(file.path)")
    }

    private func say(_ lines: [String]) {
        Terminal.say(SafeText(lines: lines.joined(separator: "\n").wrapped(to: Terminal.columns)))
    }

    /// Shows all texts with their standing.
    private func show(_ trust: ManifestTrust) {
        if let trouble = trust.trouble { Terminal.complain("warning: \(trouble.message)") }
        guard !trust.entries.isEmpty else {
            return Terminal.say("\(manifest) has nothing that could need approval")
        }
        for entry in trust.entries {
            let mark = entry.standing == .needed ? "✗" : "✓"
            say(ManifestApproval.lines([entry.text]) { _ in "\(mark) \(entry.standing.words):" })
        }
        if let origin = trust.origin { Terminal.say("it counts as somebody else's: \(origin)") }
    }

    private func revoke(_ trust: ManifestTrust, _ file: ApprovalFile) throws {
        let keys = try file.keys()
        let approved = trust.entries.map(\.text).filter { keys.contains($0.key) }
        if !approved.isEmpty { try file.revoke(approved) }
        Terminal.say("\(Format.count(approved.count, "approval")) of \(manifest) taken back")
    }

    /// Asks whether to approve.
    ///
    /// - Throws: `Trouble` without a terminal.
    private func asks(_ count: Int) throws -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw Trouble(
                "there is no terminal to ask on; to approve what is shown: "
                    + "\(["quire", "trust", manifest, "--yes"].shellCommand)",
                status: ExitStatus.usage
            )
        }
        Terminal.say("Approve \(Format.count(count, "text"))? [y/N]")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}

extension ManifestTrust.Standing {
    /// The standing for people.
    fileprivate var words: String {
        switch self {
        case .known: "comes with Quire"
        case .approved: "approved"
        case .own: "your own"
        case .needed: "not approved"
        }
    }
}
