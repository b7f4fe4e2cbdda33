import Foundation
import TestSupport
import Testing

@Suite struct `Colours and signs` {
    private func withFailure(_ body: (QuireRun) throws -> Void) throws {
        try withRun { run in
            try run.write(
                [("good", "entries=1"), ("bad", "fail=turn-failed")],
                run: "name: \"a…b\""
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            try body(run)
        }
    }

    @Test(
        arguments: [
            ([], [:], false), (["--color", "always"], [:], true),
            (["--color", "never"], ["CLICOLOR_FORCE": "1"], false),
            ([], ["CLICOLOR_FORCE": "1"], true), ([], ["CLICOLOR_FORCE": "0"], false),
            ([], ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], false),
            (["--color=always"], ["NO_COLOR": "1"], true),
        ] as [([String], [String: String], Bool)]
    )
    func `make failures stand out where they are wanted`(
        words: [String],
        variables: [String: String],
        isColored: Bool
    ) throws {
        try withFailure { run in
            let outcome = try run.quire(["status"] + words, environment: variables)
            let lines = outcome.output.split(separator: "\n")
            #expect(
                lines.contains { $0.hasPrefix("\u{1B}[31mbad ") && $0.hasSuffix("\u{1B}[0m") }
                    == isColored
            )
            #expect(!lines.contains { $0.contains("\u{1B}") && $0.contains("good") })
            #expect(outcome.output.contains("\u{1B}") == isColored)
        }
    }

    @Test(arguments: [
        (["LC_ALL": "C"], true), (["LC_ALL": "", "LANG": "de_DE.ISO-8859-1"], true),
        (["LC_ALL": ""], true),
        (["LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"], false),
        (["LC_ALL": "en_US.utf8"], false),
    ])
    func `are in ASCII where the locale is not UTF-8, except for programs`(
        variables: [String: String],
        isASCII: Bool
    ) throws {
        try withFailure { run in
            let list = try run.quire(["list"], environment: variables).output
            #expect(list.contains(isASCII ? "+ good" : "✓ good"), "\(list)")
            #expect(list.allSatisfy(\.isASCII) == isASCII, "\(list)")
            let json = try run.quire(["status", "--json"], environment: variables).output
            #expect(json.contains("a…b"))
        }
    }
}
