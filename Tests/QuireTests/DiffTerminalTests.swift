import Foundation
import TestSupport
import Testing

@Suite struct `A comparison on a terminal` {
    /// Runs a command line on a terminal of 200 columns, and prints what it wrote there.
    private static let onTerminal = """
        import fcntl, os, pty, struct, sys, termios
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            os.execvp(sys.argv[1], sys.argv[1:])
        written = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            written += piece
        os.waitpid(pid, 0)
        sys.stdout.write(written.hex())
        """

    private func show(
        _ trees: TreeRun,
        _ words: String...,
        environment: [String: String] = [:]
    ) throws -> [UInt8] {
        var program = Program(
            "/usr/bin/env",
            ["python3", "-c", Self.onTerminal, Program.built("quire")] + words,
            in: trees.run.root
        )
        program.environment = TreeRun.identity.merging(["TERM": "xterm", "PAGER": "cat"]) { $1 }
            .merging(environment) { $1 }
        let hex = Array(try program.run().output.utf8)
        return stride(from: 0, to: hex.count - 1, by: 2).compactMap {
            UInt8(String(decoding: hex[$0...($0 + 1)], as: UTF8.self), radix: 16)
        }
    }

    /// An agent's work: what steers a terminal, in a file's text and in its name.
    private static let work = #"""
        printf 'title \033]0;gone\007 clear \033[2J hidden \033[8m red \033[31m c1 \302\233 over \342\200\256 tab\tend\r\n' \
          > "$QUIRE_TASK.txt"
        printf 'bytes \377\376 end' >> "$QUIRE_TASK.txt"
        echo x > "$(printf 'name \033[2J.txt')"
        """#

    /// Settings of the person's, as git's words, and what they make of the colours of added lines.
    private static let settings: [(words: [String], color: String)] = [
        ([], "32"), (["pager.diff false"], "32"), (["color.diff.new 'bold blue'"], "1;34"),
        (["color.ui never"], ""), (["pager.diff 'sed s/^/_/'"], "32"),
    ]

    @Test(arguments: settings)
    func `shows what steers it, and has git's colours alone`(
        words: [String],
        color: String
    ) throws {
        try withTrees(["one"], work: Self.work) { trees in
            try trees.complete()
            for word in words { try trees.git("config " + word) }
            let bytes = try show(trees, "diff", "one")
            let text = String(decoding: bytes, as: UTF8.self)
            let line = try #require(
                text.split(separator: "\r\n").first { $0.contains("title") }.map(String.init)
            )
            let shown = #"""
                title \u{1B}]0;gone\u{07} clear \u{1B}[2J hidden \u{1B}[8m red \u{1B}[31m c1 \u{9B} \#
                over \u{202E} tab    end^M
                """#
            let plain = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
            #expect(plain.hasSuffix("+" + shown), "\(plain)")
            #expect(line.contains("\u{1B}[\(color)m") == !color.isEmpty, "\(line)")
            #expect(words.contains { $0.contains("sed") } == line.hasPrefix("_"), "\(line)")
            // No sequence of the agent's is left, and none that only stands for another.
            let sequences = text.matches(of: /\u{1B}(\[[0-9;]*m)?/).map { String($0.output.0) }
            #expect(sequences.isEmpty == color.isEmpty)
            let allowed = ["", "1", "36", "31", "7;31", "41"] + [color]
            for sequence in Set(sequences) {
                let parameters = sequence.dropFirst(2).dropLast()
                #expect(allowed.contains(String(parameters)), "\(sequence.debugDescription)")
            }
            let controls = text.unicodeScalars.filter {
                $0.properties.generalCategory == .control
                    && !"\u{1B}\r\n".unicodeScalars.contains($0)
            }
            #expect(controls.isEmpty && !text.contains("\u{202E}"))
            let counts = String(
                decoding: try show(trees, "diff", "one", "--stat"),
                as: UTF8.self
            )
            #expect(counts.contains("one.txt") && counts.contains("2 files changed"), "\(counts)")
        }
    }

    @Test func `is in a pipe and in a file what git writes, byte for byte`() throws {
        try withTrees(["one"], work: Self.work) { trees in
            try trees.complete()
            let quire = Program.built("quire")
            for way in ["| cat >", ">"] {
                let line =
                    "'\(quire)' diff one \(way) out; git diff main..quire/The-run/one > expected"
                var program = Program("/bin/sh", ["-c", line], in: trees.run.root)
                program.environment = TreeRun.identity
                let outcome = try program.run()
                #expect(outcome.status == 0, "\(outcome.error)")
                let written = FileManager.default.contents(atPath: trees.run.root + "/out")
                let expected = FileManager.default.contents(atPath: trees.run.root + "/expected")
                #expect(written == expected && written?.contains(0xFF) == true)
            }
        }
    }
}
