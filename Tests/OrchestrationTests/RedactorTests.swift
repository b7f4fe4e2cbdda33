import Orchestration
import Testing

/// A token of a kind, put together here so that no reader of repositories takes it for a real one.
private func token(
    _ start: String,
    _ length: Int,
    of letters: String = "aB3dE5gH7jK9mN1pQ"
) -> String {
    start + String(repeating: letters, count: length / letters.count + 1).prefix(length)
}

@Suite struct `What is redacted` {
    private static let tokens = [
        token("ghp_", 36), token("gho_", 36), token("github_pat_", 82), token("glpat-", 20),
        token("sk-", 48), token("sk-proj-", 120, of: "aB3dE5gH7jK9_mN1p-Q"), token("hf_", 34),
        token("AKIA", 16, of: "QWERTY234567"), token("xoxb-", 40, of: "1234567890-"),
        token("npm_", 36),
        token("AIza", 35), token("eyJ", 30) + "." + token("eyJ", 60) + "." + token("x", 43),
        token("eyJ", 30) + "." + token("eyJ", 60),
        "-----BEGIN RSA" + " PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA" + " PRIVATE KEY-----",
        "-----BEGIN" + " PRIVATE KEY-----\\nMIIE\\n-----END" + " PRIVATE KEY-----",
    ]

    @Test(arguments: tokens)
    func `is what has the shape of a token or a key`(token: String) {
        let redactor = Redactor()
        for (before, after) in [("", ""), ("x=", "\n"), ("\"", "\","), ("é ", " é"), ("a/", "/b")] {
            #expect(redactor.redact(before + token + after) == "\(before)[redacted]\(after)")
        }
        #expect(redactor.redact("\(token) \(token)") == "[redacted] [redacted]")
        #expect(SecretShapes.secrets(in: Array("a \(token) b".utf8)) == [Array(token.utf8)])
    }

    @Test(arguments: [
        "task-with-a-long-name-0123456789012", "sk-a-branch-of-many-short-words-1",
        "eyJhbGciOi.x.y",
        "ghp_short", "an AKIA of nothing", "xoxb-", "-----BEGIN CERTIFICATE-----\nabc",
        "-----BEGIN PUBLIC" + " KEY-----", "commit 9c1185a5c5e9fc54612808977ee8f548b2258d31",
        "disk-0123456789abcdef0123456789", "_" + "ghp_0123456789012345678901234567890123456", "",
    ])
    func `is no other text`(text: String) {
        #expect(Redactor().redact(text) == text)
        #expect(SecretShapes.secrets(in: Array(text.utf8)).isEmpty)
    }

    @Test(arguments: [
        ("API_KEY", true), ("apikey", true), ("GITHUB_TOKEN", true), ("TOKENS", true),
        ("MY_SECRET_X", true),
        ("PGPASSWORD", true), ("DB_PASSWD", true), ("AWS_CREDENTIALS", true), ("SSH_KEYS", true),
        ("KEY", true), ("KEYBOARD", false), ("MONKEY_BAR", false), ("PATH", false), ("HOME", false),
        ("KEYMAP", false), ("PASS", true), ("DB_PWD", true), ("PWD", false), ("OLDPWD", false),
        ("PROXY_AUTH", true), ("HTTP_AUTHORIZATION", true), ("A_COOKIE", true), ("CREDS", true),
        ("CHAT_WEBHOOK", true), ("CHAT_WEBHOOK_URL", true), ("SENTRY_DSN", true),
        ("COMPASS", false), ("AUTHOR", false), ("SSH_AUTH_SOCK", false), ("KEYS_DIR", false),
        ("TOKEN_FILE", false), ("SECRET_NAME", false), ("KEY_ID", false), ("KEY_PATH", false),
        ("TOKEN_URL", false), ("AWS_SECRETKEY", true), ("", false),
    ])
    func `are variables with the name of a secret`(name: String, isSecret: Bool) {
        #expect(SecretVariable.isSecret(name) == isSecret)
        let text = "before horse-staple after"
        let expected = isSecret ? "before [redacted] after" : text
        #expect(Redactor(environment: [[name: "horse-staple"]]).redact(text) == expected)
        // A short value stands everywhere.
        #expect(Redactor(environment: [[name: "after"]]).redact(text) == text)
    }

    private static let variables: [(String, String, Bool)] = [
        ("MAX_TOKENS", "100000000", false), ("MAX_KEY", "100000000", false),
        ("OUTPUT_TOKENS", "100000000", false), ("A_TOKEN", "100000000", true),
        ("OUTPUT_TOKENS", "a10000000", true), ("SORT_KEY", "created_at", false),
        ("AUTH", "password", false), ("PASS", "password", true), ("API_KEY", "created_at1", true),
        ("API_KEY", "abcdefghijklmnop", true), ("A_TOKEN", "created_at", true),
        ("A_TOKEN", "          ", false), ("TOKEN_URL", "https://example.org/t", false),
        ("TOKEN_URL", "https://me:pass@example.org/t", true),
        ("PASS_FILE", "/run/secrets/it", false),
    ]

    @Test(arguments: variables)
    func `are values that no name alone makes secrets`(
        name: String,
        value: String,
        isSecret: Bool
    ) {
        #expect(SecretVariable.isSecret(name, value) == isSecret)
    }

    private static let urls: [(String, String?)] = [
        ("at postgres://me:p4ss@db/x", "at postgres://me:[redacted]@db/x"),
        ("redis://:p4ss@db", "redis://:[redacted]@db"),
        ("'https://me:a@b:c@host?x'", "'https://me:[redacted]@host?x'"),
        ("https://a:b@c,https://d:e@f", "https://a:[redacted]@c,https://d:[redacted]@f"),
        ("https://host:8080/@scope", nil), ("https://me@host:80", nil), ("http://h:1 a@b", nil),
        ("me:you@host", nil), ("://", nil), (":", nil), ("https://me:@host", nil),
        ("https://me:p4ss", nil),
    ]

    @Test(arguments: urls)
    func `is the password of a URL`(text: String, expected: String?) {
        #expect(Redactor().redact(text) == expected ?? text)
        #expect(SecretShapes.secrets(in: Array(text.utf8)).isEmpty)
    }

    @Test(
        arguments: [
            ("curl https://a:x;halt;@b", nil), ("curl https://a:$(halt)@b", nil),
            ("curl https://a:x|halt@b", nil), ("a-value;halt", nil),
            ("curl https://a:p4ss@b", "curl https://a:[redacted]@b"),
            ("echo one-value", "echo [redacted]"),
        ] as [(String, String?)]
    )
    func `is nothing in a command that may be one itself`(command: String, shown: String?) {
        let variables = [["A_TOKEN": "a-value;halt", "B_TOKEN": "one-value"]]
        let redactor = Redactor(environment: variables, isForCommands: true)
        #expect(redactor.redact(command) == shown ?? command)
        #expect(Redactor(environment: variables).redact(command) != command)
    }

    @Test func `are words of the user's, and values in one line`() {
        let redactor = Redactor(
            environment: [["A_TOKEN": "first line\nsecond line"]],
            words: ["acme"]
        )
        #expect(
            redactor.redact("at acme: first line\nsecond line.") == "at [redacted]: [redacted]."
        )
        #expect(redactor.redact("first line second line") == "[redacted]")
        #expect(redactor.redact("second line, first line") == "[redacted], [redacted]")
        let lines = Redactor(environment: [["A_TOKEN": "{\n  one\n  another-line\n\n}"]])
        #expect(lines.redact("one, another-line {}") == "one, [redacted] {}")
        let nested = Redactor(words: ["word", "wordy-one"])
        #expect(nested.redact("a wordy-one, a word") == "a [redacted], a [redacted]")
    }

    @Test func `is a value that was cut at either end`() {
        let redactor = Redactor(environment: [["A_TOKEN": "0123456789abcdef"]])
        #expect(redactor.redact("x 0123456789a…") == "x [redacted]…")
        #expect(redactor.redact("x 01234…") == "x 01234…")
        #expect(redactor.redact("x 0123456789a… (left out) y") == "x [redacted]… (left out) y")
        #expect(redactor.redact("x 0123456789a, y") == "x 0123456789a, y")
        #expect(redactor.redact(Array("x 0123456789a".utf8)) == Array("x [redacted]".utf8))
        #expect(redactor.redact(Array("9abcdef y".utf8), isCut: true) == Array("[redacted] y".utf8))
        #expect(redactor.redact(Array("9abcdef y".utf8)) == Array("9abcdef y".utf8))
    }

    @Test func `is a private key whose beginning was cut`() {
        let rest = "IIE\nabc=\n-----END RSA" + " PRIVATE KEY-----"
        let certificate = "IIE\n-----END CERTIFICATE-----"
        #expect(Redactor().redact(rest + "\nx", isCut: true) == "[redacted]\nx")
        #expect(Redactor().redact(rest, isCut: false) == rest)
        #expect(Redactor().redact(certificate, isCut: true) == certificate)
        var fact = CheckEnded(task: "t", session: 1, .failed)
        fact.output = rest + "\nx"
        let event = Event.checkEnded(fact, .missing, list: nil, nil)
        #expect(!"\(event.redacted(by: Redactor()))".contains("abc="))
    }

    /// Returns the characters of the longest value, or part of one that was cut, with which a text begins.
    private static func length(of values: [String], at rest: Substring) -> Int? {
        let found: [Int] = values.compactMap { value in
            let count = zip(value, rest).prefix { $0 == $1 }.count
            let isCut =
                rest.dropFirst(count).first == "…" && value.prefix(count).utf8.count >= 6
            return count == value.count || isCut ? count : nil
        }
        return found.max()
    }

    @Test func `is one of very many values, some of which begin alike`() {
        let values = (0..<4001).map { "value-\($0)-of-many" }
        let redactor = Redactor(environment: values.map { ["A_TOKEN": $0] }, words: ["value-4"])
        let text = values.map { "<\($0)>" }.joined() + "<value-4002-of-many><value-x>"
        let expected =
            String(repeating: "<[redacted]>", count: 4001) + "<[redacted]002-of-many><value-x>"
        #expect(redactor.redact(text) == expected)
    }

    @Test func `is found by a search that knows nothing, and leaves the rest as it was`() {
        var random = SplitMix64(seed: 22)
        let values = ["horse-staple", "horse-staples", "aaaaaaaab", "ββββββ"]
        let redactor = Redactor(
            environment: [["X_SECRET": values[0]]],
            words: Array(values.dropFirst())
        )
        let pieces = values + ["horse-", "aaaa", "β", " ", "\n", "staple", "…", "e", "-", "s"]
        for _ in 0..<2000 {
            let parts = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            // A text that ends in a space was not cut within a value.
            let text = parts.joined() + " "
            var (expected, rest) = ("", text[...])
            while let first = rest.first {
                let found = Self.length(of: values, at: rest)
                expected += found == nil ? String(first) : Redactor.mark
                rest = rest.dropFirst(found ?? 1)
            }
            #expect(redactor.redact(text) == expected, "\(text.debugDescription)")
        }
    }
}

@Suite struct `An event` {
    private static let secret = token("ghp_", 36)
    private static let key = SessionKey(task: "t", number: 1)

    private static var events: [Event] {
        var result = SessionResult(
            termination: .notStarted(errno: 2, doing: "starting \(secret)"),
            failure: Failure(.turnFailed, "it said \(secret)"),
            incident: ListIncident(words: "entry \(secret) is gone", isTampering: true)
        )
        result.artifacts = Artifacts(["a-\(secret)"], in: "/place")
        var inspected = TaskInspected(task: "t", checklist: .damaged("no \(secret)"))
        inspected.incident = result.incident
        inspected.artifacts = result.artifacts
        return [
            .sessionEnded(key, result, .damaged("no \(secret)")), .taskInspected(inspected),
            .taskHeld(task: "t", reason: secret), .taskUnavailable(task: "t", reason: secret),
            .checkpointMade(
                CheckpointMade(task: "t", session: 1, work: CheckpointedWork(failure: secret))
            ),
            .storeFailed(secret), .storeLost(secret), .warned(Warned(task: "t", message: secret)),
        ]
    }

    @Test(arguments: events)
    func `holds no secret once it was redacted`(event: Event) {
        #expect("\(event)".contains(Self.secret))
        let redacted = event.redacted(by: Redactor())
        #expect(!"\(redacted)".contains(Self.secret) && "\(redacted)".contains(Redactor.mark))
        #expect(redacted.redacted(by: Redactor()) == redacted)
    }
}
