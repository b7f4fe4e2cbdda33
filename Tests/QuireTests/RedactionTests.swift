import Foundation
import TestSupport
import Testing

/// Every way by which words from outside leave Quire, against every kind of secret.
@Suite struct `A secret of any kind` {
    /// A kind of secret: what only the secret is, and the text that it stands in.
    private struct Kind {
        var name: String
        var secret: String
        var text: String

        init(_ name: String, _ secret: String, in text: String? = nil) {
            (self.name, self.secret, self.text) = (name, secret, text ?? secret)
        }
    }

    private static let kinds = [
        Kind("value of this environment", "inherited-horse-staple"),
        Kind("value of the manifest's env", "own-battery-staple"),
        Kind("word of the user's", "acme-project"),
        Kind("token", "gh" + "p_" + String(repeating: "aB3dE5gH7", count: 4)),
        Kind("password in a URL", "cOrrect0", in: "postgres://me:cOrrect0@db/x"),
    ]
    /// What the environment holds besides: none of it is recorded, secret or not.
    private static let plain = [
        "INNOCENT": "innocent-value-1", "EDITOR": "an-editor-of-mine",
        "LC_NAME": "a-locale-of-mine",
    ]
    private static let environment = plain.merging([
        "MY_API_TOKEN": kinds[0].secret, "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": "summary.md",
    ]) { $1 }
    private static let tasks =
        ["asks", "checked", "red", "kept", "failing"] + kinds.indices.map { "damages-\($0)" }

    /// What each task's agent does; `said` has all the secrets, a line each.
    private static let agent = """
        cat > prompt-$QUIRE_TASK-$QUIRE_SESSION; exec < prompt-$QUIRE_TASK-$QUIRE_SESSION
        all="$(tr '\\n' ' ' < said)"
        case $QUIRE_TASK-$QUIRE_SESSION in
          asks-2) echo "Is it $all?" > .autonomous/asks/question.md ;;
          damages-?-2)
            line=$(sed -n "$((${QUIRE_TASK#damages-} + 1))p" said)
            printf '## Tasks\\n\\n- [ ] %s\\n' "$line" > .autonomous/$QUIRE_TASK/task_list.md ;;
          kept-2) mkdir -p dist; while read -r line; do case $line in */*) ;; *) : > "dist/$line" ;; esac; done < said ;;
          failing-1)
            echo "error: $all" >&2
            echo '{"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}'
            echo '{"type":"turn.started"}'
            echo '{"type":"item.completed","item":{"id":"0","type":"agent_message","text":"I saw '"$all"'"}}'
            echo '{"type":"turn.failed","error":{"message":"no '"$all"'"}}'
            exit 1 ;;
        esac
        """

    private static let manifest = """
        version: 1
        run: {agent: {command: [./agent]}, redact: [\(kinds[2].secret)], admission: \(QuireRun.unbounded)}
        defaults:
          env: {SERVICE_PASSWORD: \(kinds[1].secret), PLAIN: innocent-value-2}
          same_failure: 2
          retries: {limit: 0}
          tamper_limit: 2
        tasks:
          - {name: asks, prompt: "sim: entries=2"}
          - {name: checked, prompt: "sim: entries=1", verify: "cat said; cat said >&2; exit 1"}
          - {name: red, prompt: "sim: entries=1", verify: "cat said; exit 127"}
          - {name: kept, prompt: "sim: entries=1", artifacts: [dist]}
          - {name: failing, prompt: "sim: entries=1", same_failure: 1}
          - {name: "damages-{n}", matrix: {n: [0, 1, 2, 3, 4]}, prompt: "sim: entries=1"}

        """

    private func withTellers(_ body: (QuireRun, Outcome) throws -> Void) throws {
        try withRun { run in
            try put(Self.kinds.map { $0.text + "\n" }.joined(), run.root + "/said")
            _ = try run.writeAgent(Self.agent)
            try put("", run.root + "/summary.md")
            try put(Self.manifest, run.root + "/m.yaml")
            let reports = ["--events", "events", "--junit", "junit.xml", "--markdown", "report.md"]
            let call = ["run", "m.yaml"] + reports
            try body(run, try run.quire(call, environment: Self.environment))
        }
    }

    /// Expects a view to have none of the secrets, and where it `tells` of them, the mark in their place.
    private func expect(_ view: String, _ name: String, tells: Bool = true) {
        #expect(!view.isEmpty, "\(name)")
        for kind in Self.kinds {
            #expect(!view.contains(kind.secret), "\(name) has the \(kind.name): \(view)")
        }
        // Markdown escapes the brackets.
        #expect(!tells || view.contains("redacted"), "\(name): \(view)")
    }

    @Test func `leaves by no report, view, prompt or log in words`() throws {
        try withTellers { run, outcome in
            #expect(outcome.status == 100, "\(outcome.output)\(outcome.error)")
            expect(outcome.output + outcome.error, "run")
            for name in [
                "events", "junit.xml", "report.md", "summary.md", "prompt-checked-3",
            ] + Self.kinds.indices.map({ "prompt-damages-\($0)-3" }) {
                expect(text(run.root + "/" + name), name, tells: !name.contains("damages"))
            }
            // What no run has recorded yet.
            try put("Is it \(Self.kinds.map(\.text))?\n", run.task("asks") + "/question.md")
            for (place, kind) in Self.kinds.enumerated() where place < 2 {
                let name = place == 0 ? "kept" : "failing"
                try put("## Tasks\n\n- [ ] \(kind.text)\n", run.task(name) + "/task_list.md")
            }
            for words in [
                ["status"], ["status", "--json"], ["list"], ["list", "--json"],
                ["merge-runs", "."],
                ["merge-runs", ".", "--json"], ["logs", "failing"],
                ["logs", "failing", "--stderr"],
            ]
                + Self.tasks.flatMap({
                    [["explain", $0], ["explain", $0, "--json"], ["logs", $0]]
                })
            {
                let answer = try run.quire(words, environment: Self.environment)
                let tells =
                    !["explain", "logs"].contains(words[0])
                    || ["failing", "asks"].contains(words[1]) && words[0] == "explain"
                expect(answer.output + answer.error, words.joined(separator: " "), tells: tells)
            }
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
    func `leaves by no live view`() throws {
        try withTellers { run, _ in
            let outcome = try shell(
                """
                export MY_API_TOKEN=\(Self.kinds[0].secret) TERM=xterm
                script -qec "'\(Program.built("quire"))' run m.yaml --retry-failed" /dev/null < /dev/null
                """,
                in: run.root
            )
            expect(outcome.output, "the live view")
        }
    }

    @Test func `is not in the database, nor is anything of the environment but names`() throws {
        try withTellers { run, _ in
            let values =
                Self.kinds.map(\.secret) + Self.plain.values + ["innocent-value-2", "summary.md"]
            for words in values {
                let found = try shell(
                    "grep -rlaF -e '\(words)' .autonomous/.quire/quire.db*",
                    in: run.root
                )
                #expect(found.status == 1 && found.output == "", "\(words): \(found.output)")
            }
        }
    }

    @Test func `leaves by no trouble with a tree or a merge`() throws {
        try `Tasks in trees of their own`().withRepository(
            [("good", ""), ("bad", ", setup: \"cat $SAID; exit 3\"")],
            work: """
                echo work > $QUIRE_TASK.txt
                sed -n 4p $SAID > "note-$(sed -n 1p $SAID).txt"
                """,
            defaults:
                "isolation: worktree, env: {SERVICE_PASSWORD: \(Self.kinds[1].secret), SAID: ../../../../said}",
            settings: ", redact: [\(Self.kinds[2].secret)]"
        ) { run in
            try put(Self.kinds.map { $0.text + "\n" }.joined(), run.root + "/said")
            let environment = Self.environment.merging(`Tasks in trees of their own`.identity) {
                $1
            }
            let check = "cat '\(run.root)/said' >&2; exit 127"
            for words in [
                ["run", "m.yaml", "--junit", "junit.xml"], ["status"], ["status", "--json"],
                ["explain", "bad"], ["merge", "good", "--check", check],
                ["export", "good", "--into", "patches"],
            ] {
                let outcome = try run.quire(words, environment: environment)
                expect(outcome.output + outcome.error, words.joined(separator: " "))
            }
            expect(text(run.root + "/junit.xml"), "junit.xml")
        }
    }

    @Test func `leaves by no plan, and none hides a command`() throws {
        try withRun { run in
            let (inherited, token, url) = (Self.kinds[0], Self.kinds[3], Self.kinds[4])
            let all = "\(inherited.text) \(token.text) \(url.text)"
            try put(
                """
                version: 1
                run: {agent: simulated, redact: [reboot-all-hosts], launcher: [env, "A=\(token.text)"]}
                tasks:
                  - name: t
                    prompt: "do \(all)"
                    env: {PLACE: "\(url.text)", SERVICE_PASSWORD: own-command-line}
                    codex_args: ["-c", "a=\(token.text)"]
                    verify: "true \(all); reboot-all-hosts; own-command-line; curl https://a:x;halt;@b"

                """,
                run.root + "/m.yaml"
            )
            let secrets = [inherited.secret, token.secret, url.secret]
            for words in [[], ["--json"], ["--prompts"], ["--prompts", "--json"]] {
                let call = ["plan", "m.yaml"] + words
                let outcome = try run.quire(call, environment: Self.environment)
                let said = outcome.output + outcome.error
                #expect(outcome.status == 0 && said.contains("[redacted]"), "\(said)")
                for secret in secrets { #expect(!said.contains(secret), "\(words): \(said)") }
                for command in ["reboot-all-hosts", "; own-command-line;", "a:x;halt;@b"] {
                    #expect(said.contains(command), "\(words): \(said)")
                }
            }
        }
    }

    @Test func `leaves by no error and no check-up`() throws {
        try withRun { run in
            let inherited = Self.kinds[0].secret
            try run.write([("t", "entries=1")])
            try script(
                "echo 'codex-cli 0.163.0 \(inherited)'; echo '\(inherited)' >&2; exit 1",
                run.root + "/codex"
            )
            for words in [
                ["run", inherited + ".yaml"], ["doctor", "--agent", "./codex"],
                ["status", "m.yaml", "--\(inherited)"],
            ] {
                let outcome = try run.quire(words, environment: Self.environment)
                let said = outcome.output + outcome.error
                #expect(outcome.status != 0 && !said.contains(inherited), "\(words): \(said)")
                #expect(said.contains("[redacted]"), "\(words): \(said)")
            }
        }
    }
}
