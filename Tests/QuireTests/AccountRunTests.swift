import Foundation
import TestSupport
import Testing

/// A workspace with two homes of Codex and a "codex" of the test's own, around the simulated agent.
///
/// `login` and `limits` are lines of the shell that answer for the account in `$CODEX_HOME`.
private func accounts(
    _ run: QuireRun,
    run words: String = "accounts: [one, two]",
    login: String = "echo Logged in",
    limits: String = "exit 1"
) throws -> (Outcome, [String]) {
    for home in ["one", "two"] {
        try put(home, run.root + "/\(home)/auth.json")
    }
    try script(
        """
        case "$1 $2" in
        "--version ") echo codex-cli 0.163.0 ;;
        login*) \(login) ;;
        features*) echo 'hooks  stable  true' ;;
        sandbox*) true ;;
        "exec --help") echo ;;
        app-server*) \(limits) ;;
        *) echo "${CODEX_HOME##*/}" >> '\(run.root)/used'; exec '\(Program.built("codex-sim"))' "$@" ;;
        esac
        """,
        run.root + "/bin/codex"
    )
    try put(
        """
        version: 1
        run: {concurrency: 2, \(words)}
        tasks:
          - {name: a, prompt: "sim: entries=2"}
          - {name: b, prompt: "sim: entries=2"}
        """,
        run.root + "/m.yaml"
    )
    let outcome = try run.quire(
        ["run", "m.yaml", "--progress", "plain"],
        environment: [
            "PATH": run.root + "/bin:/usr/bin:/bin", "CODEX_HOME": run.root + "/home",
            "OPENAI_API_KEY": "", "CODEX_API_KEY": "",
        ]
    )
    return (outcome, text(run.root + "/used").split(separator: "\n").map(String.init))
}

/// An app server that says how much of `one` is used.
private func answer(_ percent: Int) -> String {
    let reset = Int(Date().timeIntervalSince1970) + 3600
    let limit =
        #"{"id":2,"result":{"rateLimits":{"limitId":"codex","primary":{"usedPercent":\#(percent),"#
        + #""windowDurationMins":300,"resetsAt":\#(reset)}}}}"#
    return "case $CODEX_HOME in */one) echo '\(limit)'; sleep 60 ;; *) exit 1 ;; esac"
}

/// What `quire limits --json` says.
private struct Limits: Decodable {
    struct Limit: Decodable {
        struct Window: Decodable {
            var usedPercent: Double
            var secondsLeft: Double?
        }

        var account: String?
        var leftPercent: Double
        var windows: [Window]
    }

    var limits: [Limit]
}

@Suite struct `A run with accounts of one's own` {
    @Test func `uses each of them`() throws {
        try withRun { run in
            let (outcome, used) = try accounts(run)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(Set(used) == ["one", "two"] && used.count == 6)
        }
    }

    @Test func `goes on without one whose login is refused, and not without any`() throws {
        try withRun { run in
            let refuse =
                "case $CODEX_HOME in */two) echo Not logged in >&2; exit 1 ;; *) echo Logged in ;; esac"
            let (outcome, used) = try accounts(run, login: refuse)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(Set(used) == ["one"])
            #expect(outcome.output.contains("/two: login: Not logged in"))
        }
        try withRun { run in
            let (outcome, used) = try accounts(run, login: "echo Not logged in >&2; exit 1")
            #expect(outcome.status == 69 && used.isEmpty)
        }
    }

    @Test func `starts nothing with one that is nearly out of usage by the numbers`() throws {
        try withRun { run in
            let (outcome, used) = try accounts(run, limits: answer(97))
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(Set(used) == ["two"])
            #expect(outcome.output.contains("97.0 % of 5h 00m is used"))
            let status = try run.quire(["status"])
            #expect(status.output.contains("usage: "), "\(status.output)")
            let limits = try decoded(Limits.self, try run.quire(["limits", "--json"]).output).limits
            #expect(limits.map(\.leftPercent) == [3] && limits[0].account == run.root + "/one")
            #expect((limits[0].windows[0].secondsLeft ?? 0) > 60)
            let table = try run.quire(["limits"])
            #expect(table.output.contains("97.0 %") && table.output.contains("5h 00m"))
        }
    }

    @Test func `ends instead of waiting where it is told to`() throws {
        try withRun { run in
            let words = "accounts: [one], on_limit: stop"
            let (outcome, used) = try accounts(run, run: words, limits: answer(97))
            #expect(outcome.status == 101 && used.isEmpty, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("starts are held by a usage limit of"))
            #expect(outcome.error.contains("(on_limit: stop); run it again then"))
        }
    }

    @Test func `takes two with one login, or one directory twice, for one`() throws {
        try withRun { run in
            try put("same", run.root + "/three/auth.json")
            try put("same", run.root + "/four/auth.json")
            let words = "accounts: [three, four, three/., missing]"
            let (outcome, _) = try accounts(run, run: words)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            for reason in [
                "account four is left out: it has the same login as",
                "account three/. is left out: it is the same directory as",
                "account missing is left out: there is no such directory",
            ] {
                #expect(outcome.output.contains(reason))
            }
        }
        try withRun { run in
            let (outcome, _) = try accounts(run, run: "accounts: [missing]")
            #expect(outcome.status == 69 && outcome.error.contains("there is no such directory"))
        }
    }
}
