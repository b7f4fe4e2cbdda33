import Foundation
import TestSupport
import Testing

/// A shell that completes, and what it needs to know Quire's completions.
struct CompletingShell: Sendable, CustomTestStringConvertible {
    var name: String
    var arguments: [String]
    /// What is typed first; `$1` is the file with the completions.
    var setUp: String

    var testDescription: String { name }

    static let all = [
        CompletingShell(
            name: "bash",
            arguments: ["--norc", "--noprofile", "-i"],
            setUp:
                "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; source ./quire.bash"
        ),
        CompletingShell(
            name: "zsh",
            arguments: ["-f", "-i"],
            setUp: "bindkey -e; unsetopt beep zle_bracketed_paste; mkdir f; mv quire.zsh f/_quire; "
                + "fpath=($PWD/f $fpath); autoload -U compinit; compinit -u -D"
        ),
        CompletingShell(
            name: "fish",
            arguments: ["--no-config", "--private"],
            setUp: "source ./quire.fish"
        ),
    ]

    var isInstalled: Bool { (try? shell("command -v \(name)", in: "/"))?.status == 0 }
}

@Suite struct `Completions` {
    /// Types a line and TAB into a shell on a terminal, has the line printed, and says what was printed.
    private static let typing = #"""
        import os, pty, select, sys, time
        setup, *lines = sys.argv[sys.argv.index("--") + 1:]
        words = sys.argv[1:sys.argv.index("--")]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp(words[0], words)
        seen = everything = b""
        def until(text):
            global seen, everything
            end = time.monotonic() + 300
            while text not in seen:
                if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                    sys.exit(f"waited for {text}, and saw {seen}")
                more = os.read(terminal, 65536)
                seen, everything = seen + more, everything + more
            seen = seen[seen.index(text) + len(text):]
        def type(text):
            os.write(terminal, text.encode())
        # The mark that is typed is not the one that is printed.
        type(setup + "; printf 'set-%s\\n' up\r")
        until(b"set-up")
        for place, line in enumerate(lines):
            type(line + "\t")
            type("\x01printf '<%s>' \x05; printf 'end-%s\\n' " + f"{place}\r")
            until(f"end-{place}".encode())
        os.close(terminal)
        print(everything.decode(errors="replace"))
        """#

    private static let lines = [
        ("quire lo", "logs"), ("quire logs al", "alpha"), ("quire explain be", "beta"),
        ("quire diff al", "alpha"), ("quire merge alpha be", "beta"), ("quire run m.y", "m.yaml"),
        ("quire plan m.yaml --sta", "--state-dir"), ("quire run m.yaml --progress pl", "plain"),
        ("quire merge-runs . --format gi", "github"),
        ("quire simulate --workload trea", "treadmill"),
        ("quire simulate --policy cl", "clairvoyant"), ("quire help gloss", "glossary"),
        ("quire help manifest.verify_b", "manifest.verify_base"), ("quire completions fi", "fish"),
        ("quire skill ins", "install"), ("quire skill get auto", "autonomous-skill"),
    ]

    private func withTasks(_ body: (QuireRun) throws -> Void) throws {
        try withRun { run in
            try run.write([("alpha", "entries=1"), ("beta", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            for name in ["bash", "zsh", "fish"] {
                let script = try run.quire(["completions", name])
                #expect(script.status == 0 && script.error.isEmpty)
                try put(script.output, run.root + "/quire.\(name)")
            }
            try body(run)
        }
    }

    @Test(arguments: CompletingShell.all)
    func `are completed by a real shell`(of completing: CompletingShell) throws {
        // bash is always there.
        guard completing.name == "bash" || completing.isInstalled else {
            return print("\(completing.name) is not installed; its completions are not tested")
        }
        try withTasks { run in
            // Each line is printed by the shell once it is completed, as words in angle brackets.
            let bin = URL(filePath: Program.built("quire")).deletingLastPathComponent().path
            let calls = Self.lines.map(\.0)
            var program = Program(
                "/usr/bin/env",
                ["python3", "-c", Self.typing, completing.name] + completing.arguments + [
                    "--", completing.setUp,
                ]
                    + calls,
                in: run.root
            )
            program.environment = [
                "PATH": bin + ":"
                    + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
                "HOME": run.root, "TERM": "dumb", "PS1": "> ",
            ]
            let outcome = try program.run()
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            for (line, word) in Self.lines {
                let begin = line.split(separator: " ").dropLast().map { "<\($0)>" }.joined()
                #expect(outcome.output.contains(begin + "<\(word)>"), "\(line): \(outcome.output)")
            }
        }
    }

    @Test func `of tasks come from the state directory that the line names`() throws {
        try withTasks { run in
            let words = [
                "---completion", "logs", "--", "positional@0", "2", "0", "quire", "logs", "",
            ]
            let own = try run.quire(words, environment: ["SAP_SHELL": "bash"])
            #expect(
                own.output.contains("alpha") && own.output.contains("beta"),
                "\(own.output) \(own.error)"
            )
            let other = try run.quire(
                words + ["--state-dir", run.root + "/nowhere"],
                environment: ["SAP_SHELL": "bash"]
            )
            #expect(!other.output.contains("alpha"))
        }
    }
}
