import Foundation
import Glibc
import Reporting
import TestSupport
import Testing

@testable import Application

@Suite struct `The file of approvals` {
    private static func text(_ words: String) -> GuardedText {
        GuardedText(
            content: .init(kind: .verify, parts: [.init(text: words)]),
            tasks: ["t"],
            line: 1
        )
    }

    private static func withHome<Result>(_ body: (String) throws -> Result) throws -> Result {
        let home = TestEnvironment.temporaryDirectory + "/quire-approvals-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: home) }
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        return try body(home)
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    @Test func `keeps what is approved, for its owner alone, and gives it back`() throws {
        try Self.withHome { home in
            let file = try #require(ApprovalFile(environment: ["HOME": home]))
            #expect(file.path == home + "/.local/state/quire/trust")
            #expect(try file.keys() == [])
            let (one, two) = (Self.text("one"), Self.text("two"))
            try file.revoke([one])
            #expect(Self.mode(file.path) == nil)
            try file.approve([one, two])
            #expect(try file.keys() == [one.key, two.key])
            #expect(Self.mode(file.path) == 0o600)
            #expect(Self.mode(home + "/.local/state/quire") == 0o700)
            try file.revoke([one])
            #expect(try file.keys() == [two.key])
            let names = try FileManager.default.contentsOfDirectory(
                atPath: home + "/.local/state/quire"
            )
            #expect(names == ["trust"])
        }
    }

    @Test(
        arguments: [
            (["HOME": "/h"], nil), (["HOME": "h"], nil), ([:], nil), (["XDG_STATE_HOME": "s"], nil),
            (["XDG_STATE_HOME": "/s"], "/s/quire/trust"),
            (["XDG_STATE_HOME": "s", "HOME": "/"], "/.local/state/quire/trust"),
            (["XDG_STATE_HOME": "", "HOME": "/"], "/.local/state/quire/trust"),
            (["XDG_STATE_HOME": "/s", "HOME": "/"], "/s/quire/trust"),
        ] as [([String: String], String?)]
    )
    func `lies where the environment says, or nowhere`(variables: [String: String], path: String?) {
        #expect(ApprovalFile(environment: variables)?.path == path)
    }

    /// What is in the place of the file or its directory, and what is told of it.
    struct Oddity: Sendable, CustomTestStringConvertible {
        var name: String
        /// Puts it there.
        var make: @Sendable (_ directory: String, _ file: String) throws -> Void
        var words: [String]
        var needsRoot = false

        var testDescription: String { name }
    }

    private static func put(_ text: String) -> @Sendable (String, String) throws -> Void {
        { _, file in try text.write(toFile: file, atomically: false, encoding: .utf8) }
    }

    private static let key = String(repeating: "a", count: 64)

    private static let oddities = [
        Oddity(
            name: "another user's",
            make: { _, file in _ = chown(file, 12345, 12345) },
            words: ["belongs to another user (12345)", "chown"],
            needsRoot: true
        ),
        Oddity(
            name: "in another user's directory",
            make: { place, _ in _ = chown(place, 12345, 12345) },
            words: ["directory", "belongs to another user (12345)", "chown"],
            needsRoot: true
        ),
        Oddity(
            name: "writable by a group",
            make: { _, file in _ = chmod(file, 0o620) },
            words: ["others may write to the file", "chmod go-w"]
        ),
        Oddity(
            name: "writable by all",
            make: { _, file in _ = chmod(file, 0o602) },
            words: ["others may write to the file", "chmod go-w"]
        ),
        Oddity(
            name: "in a directory that a group may write to",
            make: { place, _ in _ = chmod(place, 0o770) },
            words: ["others may write to the directory", "chmod go-w"]
        ),
        Oddity(
            name: "a link",
            make: { place, file in
                try FileManager.default.moveItem(atPath: file, toPath: place + "/real")
                _ = symlink("real", file)
            },
            words: ["is a link to \"real\"", "move it away"]
        ),
        Oddity(
            name: "behind a link",
            make: { place, _ in
                try FileManager.default.moveItem(atPath: place, toPath: place + ".real")
                _ = symlink(place + ".real", place)
            },
            words: ["is a link", "move it away"]
        ),
        Oddity(
            name: "a directory",
            make: { _, file in
                unlink(file)
                mkdir(file, 0o700)
            },
            words: ["is a directory", "move it away"]
        ),
        Oddity(
            name: "a pipe",
            make: { _, file in
                unlink(file)
                mkfifo(file, 0o600)
            },
            words: ["is a pipe", "move it away"]
        ),
        Oddity(
            name: "of a newer Quire",
            make: put("quire trust 2\nwhatever\n"),
            words: ["newer Quire (format 2)"]
        ),
        Oddity(name: "empty", make: put(""), words: ["damaged in line 1"]),
        Oddity(name: "of another title", make: put("{}\n"), words: ["damaged in line 1"]),
        Oddity(name: "of no format", make: put("quire trust x\n"), words: ["damaged in line 1"]),
        Oddity(
            name: "no text",
            make: { _, file in
                try Data([0xFF, 0x0A]).write(to: URL(fileURLWithPath: file))
            },
            words: ["damaged in line 1"]
        ),
        Oddity(
            name: "cut off",
            make: put("quire trust 1\n\(key) verify 2026-01-01 00:0"),
            words: ["damaged in line 2"]
        ),
        Oddity(
            name: "of short keys",
            make: put("quire trust 1\n\(key) verify 2026\naa verify 2026\n"),
            words: ["damaged in line 3"]
        ),
        Oddity(
            name: "with an empty line",
            make: put("quire trust 1\n\n"),
            words: ["damaged in line 2"]
        ),
    ]

    @Test(arguments: oddities)
    func `that may be somebody else's, or damaged, is neither believed nor replaced`(
        oddity: Oddity
    ) throws {
        guard !oddity.needsRoot || geteuid() == 0 else { return }
        try Self.withHome { home in
            let file = try #require(ApprovalFile(environment: ["XDG_STATE_HOME": home]))
            try file.approve([Self.text("one")])
            try oddity.make(home + "/quire", file.path)
            let before = Self.snapshot(home)
            let attempts: [() throws -> Void] = [
                { _ = try file.keys() }, { try file.approve([Self.text("two")]) },
                { try file.revoke([Self.text("one")]) },
            ]
            for attempt in attempts {
                let trouble = #expect(throws: Trouble.self) { try attempt() }
                let words = trouble?.message.description ?? ""
                for part in oddity.words { #expect(words.contains(part), "\(words)") }
                #expect(trouble?.status == ExitStatus.missing)
            }
            #expect(Self.snapshot(home) == before)
        }
    }

    /// The names below a directory with their kinds, modes, owners and contents.
    private static func snapshot(_ root: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []
        return names.sorted().map { name in
            let path = root + "/" + name
            var status = stat()
            lstat(path, &status)
            let isFile = status.st_mode & S_IFMT == S_IFREG
            let text =
                isFile ? FileManager.default.contents(atPath: path)?.base64EncodedString() : nil
            return "\(name) \(status.st_mode) \(status.st_uid) \(text ?? "")"
        }
    }

    @Test func `of another user is refused to this one`() throws {
        try Self.withHome { home in
            let variables = ["XDG_STATE_HOME": home]
            try #require(ApprovalFile(environment: variables)).approve([Self.text("one")])
            let other = try #require(ApprovalFile(environment: variables, user: geteuid() + 1))
            #expect(throws: Trouble.self) { try other.keys() }
        }
    }

    @Test func `loses nothing when many approve at once`() throws {
        try Self.withHome { home in
            let file = try #require(ApprovalFile(environment: ["XDG_STATE_HOME": home]))
            let texts = (0..<12).map { Self.text("text \($0)") }
            DispatchQueue.concurrentPerform(iterations: texts.count) { place in
                try? file.approve([texts[place]])
            }
            #expect(try file.keys() == Set(texts.map(\.key)))
        }
    }
}
