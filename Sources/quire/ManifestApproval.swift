import Application
import ArgumentParser
import Autonomous
import Driver
import Foundation
import Manifest
import Orchestration
import Reporting
import Trees

/// The option that approves a manifest's commands.
struct TrustOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Approve the commands of the manifest, if it is somebody else's, as \"quire trust\" does; "
                + "in CI, where nothing is recorded, for this call alone."
        )
    )
    var trust = false
}

/// The commands of a manifest, as its user is asked to approve them.
struct ManifestApproval {
    /// The texts that need approval in a call.
    enum Use {
        /// All texts of the tasks.
        case run
        /// Those that a merge runs.
        case merge

        fileprivate func contains(_ kind: GuardedText.Kind) -> Bool {
            switch (self, kind) {
            case (.run, _), (.merge, .setup), (.merge, .verify), (.merge, .variable): true
            case (.merge, _): false
            }
        }
    }

    /// Most texts that a refusal names.
    private static let mostNamed = 10

    let trust: ManifestTrust
    private let name: String
    private let use: Use

    /// Judges a manifest's texts; `name` is its path as given.
    init(
        _ manifest: Manifest,
        named name: String,
        in workspace: Workspace,
        for use: Use = .run
    ) throws {
        let home = Terminal.environment["HOME"] ?? NSHomeDirectory()
        func texts(_ manifest: Manifest) -> [GuardedText] {
            GuardedTexts.of(manifest, in: workspace, home: home).filter { use.contains($0.kind) }
        }
        let judge = TrustJudge(
            git: try AgentLookup.inPath("git").map { Git(program: $0, inherited: .handedOn) },
            approvals: Self.file,
            isCI: Terminal.isCI
        )
        (self.name, self.use) = (name, use)
        trust = judge.judge(
            texts(manifest),
            of: manifest,
            isStream: Manifest.isStream(name),
            all: texts
        )
    }

    /// The user's approvals; `nil` if there is no place for them.
    static var file: ApprovalFile? { ApprovalFile(environment: Terminal.environment) }

    /// The trouble that there is no place for approvals.
    static var noPlace: Trouble {
        Trouble(
            "there is no place to keep approvals in; set HOME or XDG_STATE_HOME to a directory of yours",
            status: ExitStatus.missing
        )
    }

    // MARK: - Requiring

    /// Lets the call go on if its texts may be used; approves them before, if its user says so.
    ///
    /// - Throws: `Trouble` with status 69 that names the texts which are not approved.
    func require(_ options: TrustOptions) throws {
        let needed = trust.needed
        guard !needed.isEmpty else { return }
        guard options.trust else { throw refusal(of: needed) }
        if trust.isCI { return }
        if let trouble = trust.trouble { throw trouble }
        do {
            guard let file = Self.file else { throw Self.noPlace }
            try file.approve(needed)
        } catch let trouble as Trouble {
            // The person's word counts, whether it can be written down or not.
            return Terminal.complain(
                "warning: \(trouble.message); the commands of \(name) are approved for this call alone"
            )
        }
        Terminal.complain(
            "approved \(Format.count(needed.count, "text")) of \(name); to take that back: "
                + "\(["quire", "trust", name, "--revoke"].shellCommand)"
        )
    }

    /// The trouble that names the texts which are not approved; `nil` if all are.
    var refusal: Trouble? { trust.needed.isEmpty ? nil : refusal(of: trust.needed) }

    private func refusal(of needed: [GuardedText]) -> Trouble {
        let named = needed.prefix(Self.mostNamed).map { "  \($0.place): \($0.summary)" as SafeText }
        let more = needed.count - named.count
        let lines: [SafeText] =
            ["\(name) would run what you have not approved, and so nothing was started:"] + named
            + (more > 0 ? ["  and \(more) more"] : [])
            + [
                "it counts as somebody else's: \(trust.origin ?? "")",
                "to see it whole: \(["quire", "plan", name].shellCommand)", advice,
            ]
        let trouble = trust.trouble.map { [$0.message] } ?? []
        return Trouble((lines + trouble).joined(separator: "\n"), status: ExitStatus.missing)
    }

    /// The ways to approve the texts.
    private var advice: SafeText {
        let again =
            use == .run ? ["quire", "run", name, "--trust"] : ["quire", "merge", "--trust"]
        if trust.isCI {
            return
                "in CI --trust is required, since nobody can be asked there: \(again.shellCommand)"
        }
        return
            "to approve it, once: \(["quire", "trust", name].shellCommand), or give --trust "
            + "(\(again.shellCommand))"
    }

    // MARK: - Showing

    /// The lines that show texts in whole, for people; each line of a text has a bar before it.
    static func lines(_ texts: [GuardedText], _ mark: (GuardedText) -> String) -> [String] {
        texts.flatMap { text in
            var lines = text.text.split(omittingEmptySubsequences: false) {
                $0 == "\n" || $0 == "\r\n"
            }
            // A block of YAML ends with a newline.
            if lines.count > 1, lines.last == "" { lines.removeLast() }
            return [Sanitizer.line("  \(mark(text)) \(text.place) (\(text.kind.effect)):")]
                + lines.map { "      | " + Sanitizer.line(String($0)) }
        }
    }

    /// The paragraph of a plan; empty if nothing must be approved.
    var planLines: [String] {
        let needed = trust.needed
        guard !needed.isEmpty else { return [] }
        let origin = Sanitizer.line("it counts as somebody else's: \(trust.origin ?? "")")
        return ["not approved yet, and refused by quire run:"]
            + Self.lines(needed) { _ in "✗" } + [origin, advice.description]
    }

    /// A text that must be approved, as a plan's JSON has it.
    struct Needed: Encodable {
        var kind: String
        var place: String
        var text: String
    }

    /// The texts that must be approved; `nil` for none.
    var planned: [Needed]? {
        let needed = trust.needed.map {
            Needed(kind: $0.kind.rawValue, place: $0.place, text: $0.text)
        }
        return needed.isEmpty ? nil : needed
    }
}
