import Foundation
import Glibc
import Testing

@testable import EventLoop

/// A file that the system does not run, and what is told of it.
private struct Refused: Sendable, CustomTestStringConvertible {
    var name: String
    var errno: Int32
    var words: String
    var mode: mode_t = 0o755
    var bytes: @Sendable () throws -> [UInt8]

    var testDescription: String { name }

    static func text(_ text: String, _ errno: Int32, _ words: String) -> Refused {
        Refused(name: text.debugDescription, errno: errno, words: words) { Array(text.utf8) }
    }

    /// A program of this machine, changed.
    static func program(
        _ name: String,
        _ errno: Int32,
        _ words: String,
        _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> Refused {
        Refused(name: name, errno: errno, words: words) {
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: "/bin/true")))
            change(&bytes)
            return bytes
        }
    }
}

@Suite struct `A file that can't be run` {
    private static let all: [Refused] = [
        .text("echo hello\n", ENOEXEC, "Exec format error: it has no #! line"),
        .text("# a comment\necho hello\n", ENOEXEC, "it has no #! line"),
        .text(" #!/bin/sh\n", ENOEXEC, "it has no #! line"),
        .text("", ENOEXEC, "the file is empty"),
        .text("\u{FEFF}#!/bin/sh\n", ENOEXEC, "a byte-order mark stands before its #! line"),
        .text("#!\n", ENOEXEC, "its #! line names no interpreter"),
        .text("#! \t \n", ENOEXEC, "its #! line names no interpreter"),
        .text("#!/no/such\n", ENOENT, "names the interpreter \"/no/such\", which is not there"),
        .text("#! /no/such -x\n", ENOENT, "names the interpreter \"/no/such\", which is not there"),
        .text("#!/no/such", ENOENT, "names the interpreter \"/no/such\", which is not there"),
        .text("#!/bin/sh\r\necho\r\n", ENOENT, "its #! line ends with a carriage return"),
        .text("#!/etc/passwd\n", EACCES, "\"/etc/passwd\": it is not executable"),
        .text("#!/usr\n", EACCES, "\"/usr\": it is a directory"),
        .text("MZ\u{1}\u{0}", ENOEXEC, "it is a program for Windows"),
        .text("\u{1}\u{0}\u{2}", ENOEXEC, "it is no program"),
        Refused(name: "a file without the right", errno: EACCES, words: "chmod +x", mode: 0o644) {
            Array("#!/bin/sh\n".utf8)
        },
        .program("another machine's program", ENOEXEC, "it was built for s390x, and this") {
            $0[18] = 22
            $0[19] = 0
        },
        .text("\u{7F}ELFgarbage", ENOEXEC, "it is a program that is cut off or damaged"),
        .text("\u{7F}ELF", ENOEXEC, "it is a program that is cut off or damaged"),
        .text(
            "\u{7F}ELF" + String(repeating: "garbage", count: 99),
            ENOEXEC,
            "it is a program that is cut off or damaged"
        ),
        .program("a program that is cut off", ENOEXEC, "a program that is cut off or damaged") {
            $0.removeSubrange(40...)
        },
        .program("a program without its loader", ENOENT, "its loader \"/") {
            let name = Array("ld-linux".utf8)
            for start in 0..<4000 where $0[start...].starts(with: name) {
                $0[start] = UInt8(ascii: "n")
            }
        },
    ]

    @Test(arguments: all)
    private func `says why`(file: Refused) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/agent"
            try Data(try file.bytes()).write(to: URL(filePath: path))
            chmod(path, file.mode)
            var launch = shell("")
            launch.executable = path
            guard case .notStarted(let errno, let words)? = try run(launch).end?.termination else {
                Issue.record("it started")
                return
            }
            #expect(errno == file.errno)
            #expect(
                words.hasPrefix("running \"\(path)\": ") && words.contains(file.words),
                "\(words)"
            )
        }
    }

    @Test func `says which of its interpreters is at fault`() throws {
        try withTemporaryDirectory { directory in
            try "#!/no/such\n".write(toFile: directory + "/a", atomically: false, encoding: .utf8)
            try "#!\(directory)/a\n".write(
                toFile: directory + "/b",
                atomically: false,
                encoding: .utf8
            )
            for name in ["a", "b"] { chmod("\(directory)/\(name)", 0o755) }
            var launch = shell("")
            launch.executable = directory + "/b"
            guard case .notStarted(ENOENT, let words)? = try run(launch).end?.termination else {
                Issue.record("it started")
                return
            }
            #expect(
                words.contains("\(directory)/a\": its #! line names the interpreter \"/no/such\"")
            )
        }
    }

    /// Whatever stands in a file, it is told of, and its reader does not trap.
    @Test func `is read whatever it holds`() throws {
        try withTemporaryDirectory { directory in
            var random = SystemRandomNumberGenerator()
            let path = directory + "/agent"
            let magic: [[UInt8]] = [
                [], [0x23, 0x21], [0x7F, 0x45, 0x4C, 0x46, 2, 1], [0x7F, 0x45, 0x4C, 0x46, 1, 2],
            ]
            for _ in 0..<500 {
                var bytes = magic.randomElement(using: &random) ?? []
                for _ in 0..<Int.random(in: 0...100, using: &random) {
                    bytes.append([0, 1, 3, 10, 32, 255, .random(in: 0...255)].randomElement() ?? 0)
                }
                try Data(bytes).write(to: URL(filePath: path))
                for errno in [ENOEXEC, ENOENT, EACCES, E2BIG] {
                    #expect(ProgramFile(path).refusal(errno) != "", "\(bytes)")
                }
            }
        }
    }
}
