import Foundation
import TestSupport
import Testing

/// A repository of somebody else's with a manifest, its clone, and a home for approvals.
private struct Clone {
    let root: String

    static let manifest = """
        version: 1
        run: {agent: simulated, admission: {min_free_memory: 0, min_free_disk: 0}}
        defaults: {env: {LD_AUDIT: ""}}
        tasks:
          - {name: t, prompt: "sim: entries=1", verify: "touch '$ROOT/ran'"}

        """

    static func with<Result>(
        _ manifest: String = Self.manifest,
        _ body: (Clone) throws -> Result
    ) throws -> Result {
        let root = TestEnvironment.temporaryDirectory + "/quire-clone-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let clone = Clone(root: root)
        try put(manifest.replacing("$ROOT", with: root), root + "/up/m.yaml")
        #expect(
            try clone.shell("git init -q -b main up; cd up; git add .; git commit -qm m").status
                == 0
        )
        #expect(try clone.shell("git clone -q up c; mkdir home").status == 0)
        return try body(clone)
    }

    /// The variables of all programs; the home is the clone's own.
    private var variables: [String: String] {
        [
            "HOME": root + "/home", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
        ]
    }

    func shell(_ script: String, _ more: [String: String] = [:]) throws -> Outcome {
        var program = Program("/bin/sh", ["-ec", script], in: root)
        program.environment = variables.merging(more) { $1 }
        return try program.run()
    }

    func quire(
        _ words: String...,
        in directory: String = "c",
        environment: [String: String] = [:]
    ) throws -> Outcome {
        var program = Program(Program.built("quire"), words, in: root + "/" + directory)
        program.environment = variables.merging(environment) { $1 }
        return try program.run()
    }

    var approvals: String { text(root + "/home/.local/state/quire/trust") }
    var hasRun: Bool { FileManager.default.fileExists(atPath: root + "/ran") }
}

@Suite struct `A manifest that somebody else wrote` {
    @Test func `runs nothing until its user has seen and approved it, and then asks no more`()
        throws
    {
        try Clone.with { clone in
            let refused = try clone.quire("run", "m.yaml")
            #expect(refused.status == 69 && refused.output.isEmpty)
            for words in [
                "m.yaml would run what you have not approved", "verify of t, line 5: touch",
                "env of t, line 5: LD_AUDIT=", "not made in this clone", "quire plan m.yaml",
                "quire trust m.yaml", "--trust",
            ] { #expect(refused.error.contains(words), "\(refused.error)") }
            #expect(!FileManager.default.fileExists(atPath: clone.root + "/c/.autonomous"))

            let plan = try clone.quire("plan", "m.yaml")
            #expect(plan.status == 0)
            #expect(plan.output.contains("not approved yet, and refused by quire run:"))
            #expect(plan.output.contains("      | touch '\(clone.root)/ran'\n"), "\(plan.output)")
            let json = try clone.quire("plan", "m.yaml", "--json")
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
            let texts = (object as? [String: Any])?["not_approved"] as? [[String: String]]
            #expect(texts?.map { $0["kind"] } == ["verify", "env"], "\(json.output)")

            let mute = try clone.quire("trust", "m.yaml")
            #expect(mute.status == 64 && mute.error.contains("quire trust m.yaml --yes"))
            #expect(clone.approvals.isEmpty && !clone.hasRun)
            let approved = try clone.quire("trust", "m.yaml", "--yes")
            #expect(approved.status == 0 && approved.output.contains("approved 2 texts"))
            let run = try clone.quire("run", "m.yaml")
            #expect(run.status == 0 && clone.hasRun, "\(run.output)\(run.error)")
            #expect(try !clone.quire("plan", "m.yaml").output.contains("not approved"))

            // Of a pulled change only what is new needs approval.
            let pull =
                "cd up; sed -i 's/touch/touch -- /' m.yaml; git commit -qam x; cd ../c; git pull -q"
            #expect(try clone.shell(pull).status == 0)
            let again = try clone.quire("run", "m.yaml")
            #expect(again.status == 69 && again.error.contains("touch -- "))
            #expect(!again.error.contains("LD_AUDIT"))
            let list = try clone.quire("trust", "m.yaml", "--list").output
            #expect(
                list.contains("✗ not approved: verify of t")
                    && list.contains("✓ approved: env of t")
            )
        }
    }

    @Test func `is approved by --trust, and that is taken back by --revoke`() throws {
        try Clone.with { clone in
            let run = try clone.quire("run", "m.yaml", "--trust")
            #expect(run.status == 0 && clone.hasRun, "\(run.output)\(run.error)")
            #expect(run.error.contains("approved 2 texts of m.yaml"))
            #expect(clone.approvals.split(separator: "\n").count == 3)
            #expect(try clone.quire("trust", "m.yaml").output.contains("needs your approval"))
            let revoked = try clone.quire("trust", "m.yaml", "--revoke")
            #expect(revoked.output == "2 approvals of m.yaml taken back\n")
            #expect(clone.approvals == "quire trust 1\n")
            #expect(try clone.quire("run", "m.yaml").status == 69)
            #expect(try clone.quire("plan", "m.yaml", "--trust").error.contains("approved 2 texts"))
            #expect(try clone.quire("run", "m.yaml").status == 0)
        }
    }

    @Test func `needs --trust in CI, where nothing is recorded`() throws {
        try Clone.with { clone in
            #expect(try clone.quire("trust", "m.yaml", "--yes").status == 0)
            let before = clone.approvals
            let refused = try clone.quire("run", "m.yaml", environment: ["CI": "true"])
            #expect(refused.status == 69 && refused.error.contains("in CI --trust is required"))
            let kept = try clone.quire("trust", "m.yaml", "--yes", environment: ["CI": "1"])
            #expect(kept.status == 69 && kept.error.contains("in CI approvals are not kept"))
            #expect(try clone.quire("trust", "m.yaml", "--revoke").status == 0)
            #expect(before != clone.approvals)
            let run = try clone.quire("run", "m.yaml", "--trust", environment: ["CI": "true"])
            #expect(run.status == 0 && clone.hasRun, "\(run.error)")
            #expect(clone.approvals == "quire trust 1\n")
            // A word for no is none.
            #expect(
                try clone.quire("run", "m.yaml", environment: ["CI": "false"]).error
                    .contains("quire trust m.yaml")
            )
        }
    }

    @Test func `asks on a terminal, and takes a yes alone for one`() throws {
        try Clone.with { clone in
            func answer(_ word: String) throws -> Outcome {
                let script = """
                    import os, pty, sys
                    status = pty.spawn(sys.argv[1:])
                    sys.exit(os.waitstatus_to_exitcode(status))
                    """
                return try clone.shell(
                    "cd c; echo '\(word)' | python3 -c '\(script)' '\(Program.built("quire"))' trust m.yaml"
                )
            }
            let no = try answer("n")
            #expect(no.status == 101 && no.output.contains("Approve 2 texts? [y/N]"), "\(no)")
            #expect(clone.approvals.isEmpty)
            let empty = try answer("")
            #expect(empty.status == 101 && clone.approvals.isEmpty)
            let yes = try answer("y")
            #expect(yes.status == 0 && clone.approvals.split(separator: "\n").count == 3, "\(yes)")
        }
    }

    @Test func `shows escape sequences by their numbers`() throws {
        let manifest = Clone.manifest.replacing("touch '$ROOT/ran'", with: "a\\u001b[1A\\u202eb")
        try Clone.with(manifest) { clone in
            for words in [["plan", "m.yaml"], ["trust", "m.yaml", "--list"], ["run", "m.yaml"]] {
                var program = Program(Program.built("quire"), words, in: clone.root + "/c")
                program.environment = ["HOME": clone.root + "/home"]
                let outcome = try program.run()
                let shown = outcome.output + outcome.error
                #expect(!shown.contains("\u{1B}") && !shown.contains("\u{202E}"))
                #expect(shown.contains("a\\u{1B}[1A"), "\(shown)")
            }
        }
    }

    @Test func `is one's own from standard input, changed by hand, or committed here`() throws {
        try Clone.with { clone in
            let piped = try clone.shell("cd c; '\(Program.built("quire"))' run - < m.yaml")
            #expect(piped.status == 0, "\(piped.error)")
            let own = try clone.quire("run", "m.yaml", in: "up")
            #expect(own.status == 0, "\(own.error)")
            let change = "sed -i 's/touch/touch -- /; /^defaults/d' c/m.yaml"
            #expect(try clone.shell(change).status == 0)
            let changed = try clone.quire("run", "m.yaml", "--retry-failed")
            #expect(changed.status == 0, "\(changed.error)")
        }
    }

    @Test func `keeps no approval where another could have written it`() throws {
        try Clone.with { clone in
            #expect(try clone.quire("trust", "m.yaml", "--yes").status == 0)
            let place = clone.root + "/home/.local/state/quire/trust"
            chmod(place, 0o666)
            for words in [
                ["run", "m.yaml"], ["run", "m.yaml", "--trust"], ["trust", "m.yaml", "--yes"],
            ] {
                var program = Program(Program.built("quire"), words, in: clone.root + "/c")
                program.environment = ["HOME": clone.root + "/home"]
                let outcome = try program.run()
                #expect(outcome.status == 69 && outcome.error.contains("chmod go-w"), "\(outcome)")
            }
            #expect(!clone.hasRun)
            // The manifest's text itself is what --trust is about, without a place to note that in.
            let homeless = try clone.quire(
                "run",
                "m.yaml",
                "--trust",
                environment: ["HOME": "/nonexistent"]
            )
            #expect(homeless.status == 0 && homeless.error.contains("for this call alone"))
            let nowhere = try clone.quire("trust", "m.yaml", environment: ["HOME": "/nonexistent"])
            #expect(nowhere.status == 69 && nowhere.error.contains("XDG_STATE_HOME"))
        }
    }

    @Test func `has its checks run by no merge unseen`() throws {
        let manifest = Clone.manifest.replacing(
            "defaults: {",
            with: "defaults: {isolation: worktree, "
        )
        .replacing("entries=1", with: "entries=1 work=work.txt")
        try Clone.with(manifest) { clone in
            let run = try clone.quire("run", "m.yaml", "--trust", environment: ["CI": "1"])
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(try clone.shell("rm -f ran").status == 0)
            let refused = try clone.quire("merge")
            #expect(refused.status == 69, "\(refused)")
            #expect(refused.error.contains("verify of t, line 5: touch"), "\(refused.error)")
            #expect(refused.error.contains("quire merge --trust"))
            let dry = try clone.quire("merge", "--no-verify", "--dry-run")
            #expect(dry.status == 0 && !clone.hasRun, "\(dry)")
            let merged = try clone.quire("merge", "--trust")
            #expect(merged.status == 0 && clone.hasRun, "\(merged)")
        }
    }

    @Test func `is not asked about where it is the demo of a fresh clone`() throws {
        let demo = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../config/examples/demo.yaml").standardized.path
        try Clone.with(text(demo)) { clone in
            let plan = try clone.quire("plan", "m.yaml", environment: ["CI": "1"])
            #expect(plan.status == 0 && !plan.output.contains("not approved"), "\(plan.output)")
            let only = try clone.quire("run", "m.yaml", "--only", "checked-login")
            #expect(only.status == 0, "\(only.error)")
        }
    }
}
