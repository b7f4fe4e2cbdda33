import Agent
import Testing

@testable import CodexAgent

@Suite struct `Codex's hook for the end of a turn` {
    private let check = TurnCheck(
        command: "'/a \"b\"\\c é' codex-stop-hook",
        timeout: .seconds(480)
    )

    @Test func `is set before the user's arguments, with the hash that Codex trusts it by`() {
        var session = AgentSession(extra: ["--mine"], turnCheck: check)
        let arguments = Codex.cli.arguments(for: session)
        let command = "'/a \\\"b\\\"\\\\c é' codex-stop-hook"
        // As `sha256sum` has it of what Codex 0.163.0 has accepted.
        let hash = "da4f7fd15c9f2ca77bba57e165770a7c9465539fb454e3b59f6fcb654f8f1cca"
        let settings = [
            "-c", "hooks.Stop=[{hooks=[{type=\"command\",command=\"\(command)\",timeout=480}]}]",
            "-c",
            "hooks.state={\"/<session-flags>/config.toml:stop:0:0\"={trusted_hash=\"sha256:\(hash)\"}}",
            "--mine",
        ]
        #expect(arguments.firstRange(of: settings) != nil, "\(arguments)")
        #expect(!arguments.contains { $0.contains("bypass") })
        session.turnCheck = nil
        #expect(!Codex.cli.arguments(for: session).contains { $0.contains("hooks") })
    }

    @Test(arguments: ["a\nb", "a\u{7F}", "\u{1B}[1m"])
    func `is none for a command that settings can't hold as it is`(command: String) {
        #expect(StopHook(TurnCheck(command: command, timeout: .seconds(1))) == nil)
    }

    /// Lists of features, and whether they have hooks.
    @Test(arguments: [
        ("goals  stable  true\nhooks  stable  true\n", true), ("hooks stable false", false),
        ("hooks  under development  true", false), ("codex_hooks  stable  true", false),
        ("plugin_hooks  removed  true", false), ("", false), (nil, false),
    ])
    func `is set where the program's features have it`(features: String?, canCheck: Bool) {
        var asked: [[String]] = []
        let found = Codex.cli.canCheckTurns { words in
            asked.append(words)
            return features
        }
        #expect(found == canCheck && asked == [["features", "list"]])
    }
}

@Suite struct `SHA-256` {
    /// Lengths of messages around whole blocks, and their hashes as Python's hashlib has them.
    @Test(arguments: [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (3, "ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc"),
        (55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59"),
        (56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562"),
        (63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488"),
        (64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108"),
        (119, "da18797ed7c3a777f0847f429724a2d8cd5138e6ed2895c3fa1a6d39d18f7ec6"),
        (120, "f52b23db1fbb6ded89ef42a23ce0c8922c45f25c50b568a93bf1c075420bbb7c"),
        (1000, "4e4c294b331f7a2099a379bec34b9f9fc03dc46ab465d998f4d683da53487e6d"),
    ])
    func `is that of others`(length: Int, hash: String) {
        #expect(SHA256.hex(of: (0..<length).map { UInt8($0 % 251) }) == hash)
    }
}
