import Foundation
import TestSupport
import Testing

/// A run with a complete, a failed and a capped task, and all that commands say of it.
private struct ToldRun {
    /// What commands for people are called with.
    static let forPeople = [
        "status", "status --failed", "list", "explain good", "explain bad", "logs good", "logs bad",
        "logs --failed", "logs good --stderr", "plan m.yaml", "merge-runs .", "prune --dry-run",
        "task --list", "trust m.yaml --list", "doctor --agent \(Program.built("codex-sim"))",
        "simulate m.yaml", "run m.yaml --progress plain", "run m.yaml --retry-failed",
    ]
    /// Those whose answer is JSON.
    static let forPrograms = [
        "status --json", "list --json", "explain good --json", "plan m.yaml --json",
        "merge-runs . --json", "simulate m.yaml --json", "run m.yaml --events - --progress none",
    ]

    let run: QuireRun

    func told(_ words: String, _ variables: [String: String] = [:]) throws -> String {
        let outcome = try run.quire(
            words.split(separator: " ").map(String.init),
            environment: ["TZ": "XYZ-9:30"].merging(variables) { $1 }
        )
        #expect([0, 100, 101].contains(outcome.status), "\(words): \(outcome)")
        return outcome.output + outcome.error
    }
}

private func withToldRun(_ body: (ToldRun) throws -> Void) throws {
    try withRun { run in
        try run.write([
            ("good", "entries=1 stderr=10"), ("bad", "fail=turn-failed"), ("ugly", "entries=1"),
        ])
        #expect(try run.quire(["run", "m.yaml"]).status == 100)
        try body(ToldRun(run: run))
    }
}

@Suite struct `Times` {
    /// Whatever looks like a date or a time of day, in any style.
    private var any: Regex<(Substring, Substring?, Substring?)> {
        #/\d{4}[-/.]\d\d[-/.]\d\d([T ,]+\d\d:\d\d\S*)?|\b\d\d:\d\d(:\d\d)?\S*|\b1[6-9]\d{8,11}\b/#
    }

    private func others(in text: String, than style: Regex<Substring>) -> [String] {
        text.matches(of: any).map { String($0.0) }.filter { found in
            let bare = found.prefix { !"\",;)".contains($0) }
            return bare.wholeMatch(of: style) == nil
        }
    }

    @Test func `are local with their offset in all that people read`() throws {
        let style = #/(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\+09:30/#
        try withToldRun { told in
            var count = 0
            for words in ToldRun.forPeople {
                // The zone of the clock is told beside it.
                let text = try told.told(words).replacing("UTC+09:30", with: "")
                #expect(others(in: text, than: style).isEmpty, "\(words): \(text)")
                count += text.matches(of: style).count
            }
            #expect(count > 10)
        }
    }

    @Test func `are RFC 3339 in UTC in all that programs read`() throws {
        let style = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#
        try withToldRun { told in
            var count = 0
            for words in ToldRun.forPrograms {
                let text = try told.told(words)
                #expect(others(in: text, than: style).isEmpty, "\(words): \(text)")
                count += text.matches(of: style).count
            }
            #expect(count > 10)
        }
    }
}

@Suite struct `All commands` {
    @Test func `write ASCII alone where the locale has no more`() throws {
        try withToldRun { told in
            for words in ToldRun.forPeople {
                let text = try told.told(words, ["LC_ALL": "C"])
                #expect(text.allSatisfy { $0.isASCII }, "\(words): \(text.filter { !$0.isASCII })")
            }
        }
    }

    @Test func `take a choice of colours, and their help is in ASCII`() throws {
        try withRun { run in
            let list = try run.quire(["help"], environment: ["LC_ALL": "C"]).output
            let names = list.matches(of: #/(?m)^  ([a-z][a-z-]+)  /#).map { String($0.1) }
            #expect(names.count > 15, "\(list)")
            for name in names where name != "diff" {
                // Its subcommands take the options.
                let words = name == "skill" ? [name, "list"] : [name]
                let help = try run.quire(words + ["--help"], environment: ["LC_ALL": "C"])
                guard help.status == 0 else { continue }
                #expect(help.output.contains("--color"), "\(name)")
                #expect(help.output.allSatisfy { $0.isASCII }, "\(name)")
            }
        }
    }
}

@Suite struct `Failures in colours` {
    private static let red = "\u{1B}[31m"

    @Test(arguments: [
        ("status", "bad "), ("explain bad", "bad has failed"), ("logs bad", "— session 1 failed"),
        ("logs bad", "— bad has failed"), ("merge-runs .", "✗ failed"),
        ("run m.yaml --retry-failed", "bad: session"),
    ])
    func `stand out line by line`(words: String, beginning: String) throws {
        try withToldRun { told in
            let plain = try told.told(words, ["NO_COLOR": "1", "CLICOLOR_FORCE": "1"])
            #expect(!plain.contains("\u{1B}"))
            let text = try told.told(words + " --color always")
            let lines = text.split(separator: "\n").filter { $0.contains("\u{1B}") }
            #expect(lines.allSatisfy { $0.hasSuffix("\u{1B}[0m") }, "\(lines)")
            #expect(
                lines.contains { $0.hasPrefix(Self.red) && $0.contains(beginning) },
                "\(lines)"
            )
            #expect(!lines.contains { $0.contains("good") })
        }
    }

    @Test func `stand out in what list and doctor say`() throws {
        try withToldRun { told in
            try put("no list", told.run.task("good") + "/task_list.md")
            let list = try told.told("list --color always")
            #expect(list.contains("\n\(Self.red)✗ good ("), "\(list)")
            let doctor = try told.run.quire(["doctor", "--agent", "./none", "--color", "always"])
            #expect(doctor.status == 69 && doctor.output.contains("\(Self.red)✗ "), "\(doctor)")
        }
    }
}
