import Foundation
import Orchestration
import Testing

@testable import Manifest

@Suite struct `A manifest's format` {
    private static let rocket =
        #"{"version": 1, "tasks": [{"name": "a", "prompt": "\ud83d\ude80 up", "x": 1}]}"#

    @Test func `escapes of JSON are read, and places stay those of the file`() throws {
        let text = Self.rocket.replacing(#", "x": 1"#, with: "")
        #expect(try parse(text).tasks.first?.prompt == "🚀 up")
        #expect(
            messages(Self.rocket) == [
                "m.yaml:1:69: unknown key \"x\" in a task; known keys: "
                    + Keys.task.sorted().joined(separator: ", ")
            ]
        )
        let lower = text.replacing("ud83d", with: "uD83D")
        #expect(try parse(lower).tasks.first?.prompt == "🚀 up")
    }

    @Test(arguments: [
        "\u{2028}", "\u{2029}", "\u{85}", "\u{7F}", "\u{9F}", "\u{FEFF}", "\u{FFFF}", "é",
        "\u{10FFFF}",
    ])
    func `every character that JSON allows is read as it is`(character: String) throws {
        let text =
            "{\"version\": 1, \"tasks\": [{\"name\": \"a\", \"prompt\": \"x\(character)y\"}]}"
        #expect(try parse(text).tasks.first?.prompt == "x\(character)y")
    }

    @Test func `what Foundation writes is read as Foundation reads it`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let scalars = (0..<8).compactMap { _ in
                Unicode.Scalar(
                    UInt32.random(in: 1...0x10FFFF, using: &generator)
                        >> UInt32.random(in: 0...13, using: &generator)
                )
            }
            let prompt = "p" + String(String.UnicodeScalarView(scalars)) + "p"
            let document: [String: Any] = [
                "version": 1, "tasks": [["name": "a", "prompt": prompt]],
            ]
            let data = try JSONSerialization.data(withJSONObject: document)
            let text = String(decoding: data, as: UTF8.self)
            // As Python writes it, too.
            let escaped = text.unicodeScalars.map { scalar -> String in
                guard scalar.value > 0x7E else { return String(Character(scalar)) }
                return String(Character(scalar)).utf16.map { unit in
                    let digits = String(unit, radix: 16)
                    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }.joined()
            }.joined()
            for text in [text, escaped] {
                #expect(
                    try parse(text).tasks.first?.prompt.unicodeScalars.elementsEqual(
                        prompt.unicodeScalars
                    ) == true,
                    "\(text)"
                )
            }
        }
    }

    @Test(arguments: [
        (
            #"{"version": 1, "tasks": [{"name": "a", "prompt": "\ud83d x"}]}"#,
            "m.yaml:1:53: the escape is half of a character"
        ),
        (
            #"{"version": 1, "tasks": [{"name": "a", "prompt": "\ude80"}]}"#,
            "the escape is half of a character"
        ),
        (
            "version: 1\ntasks:\n\t- {name: a, prompt: p}\n",
            "m.yaml:3:1: it is not YAML: a tab stands where"
        ),
        (
            "version: 1\nrun:\n\tname: x\n",
            "a tab stands where YAML wants spaces; indent with spaces"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p}]\n---\n",
            "m.yaml:3:1: a second YAML document begins here, but a manifest is one"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p}]\n...\nversion: 1\n",
            "a second YAML document begins here, but a manifest is one"
        ),
        ("{version: 1} x", "m.yaml:1:14: the manifest has ended before this; remove what"),
        (
            "{\n  // mine\n  \"version\": 1, \"tasks\": []}",
            "m.yaml:2:3: a comment stands here, which JSON does not have"
        ),
        (
            "{\"version\": 1, /* x */ \"tasks\": [{\"name\": \"a\", \"prompt\": \"//x\"}]}",
            "m.yaml:1:16: a comment stands here, which JSON does not have"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: !!binary aGVsbG8=}]",
            "m.yaml:2:27: the tag !!binary changes what a value is"
        ),
        ("version: 1\ntasks: [{name: a, prompt: !foo bar}]", "the tag !foo changes"),
        ("version: 1\ntasks: !!set {name: a}", "m.yaml:2:8: the tag !!set changes"),
        ("version: 1\ntasks: [!<tag:x,2000:y> {name: a}]", "the tag tag:x,2000:y changes"),
        (
            "version: 1\ntasks: " + String(repeating: "[", count: 20_000),
            "it nests deeper than YAML is read"
        ),
        ("version: 1\nname: \"\u{1}\"\n", "control characters are not allowed (U+1)"),
        (
            "version: 1\ntasks: [{name: a, <<: 7, prompt: p}]",
            "\"<<\" merges mappings, but here is \"7\""
        ),
    ])
    func `what is not to be read is told in words and with its place`(text: String, message: String)
    {
        #expect(messages(text).contains { $0.contains(message) }, "\(messages(text))")
    }

    @Test func `what only looks like a comment of JSON, and plain tags, are read`() throws {
        let json = #"{"version": 1, "tasks": [{"name": "a", "prompt": "http://x /* y */ \"//"}]}"#
        #expect(try parse(json).tasks.first?.prompt == "http://x /* y */ \"//")
        let flow = "{version: 1, tasks: [{name: a, prompt: see //x}]}"
        #expect(try parse(flow).tasks.first?.prompt == "see //x")
        let tags = """
            --- !!map
            version: !!int 1
            tasks: !!seq [{name: a, prompt: !!str p, resume: !!bool true, weight: !!float 2.5}]
            ...

            """
        #expect(try parse(tags).tasks.first?.prompt == "p")
        #expect(try parse("version: 1\ntasks: [{name: a, prompt: go!}]").tasks.count == 1)
    }

    @Test(arguments: [
        ("max_sessions", "99999999999999999999", "from 0 to 1000000"),
        ("priority", "-99999999999999999999", "from -1000 to 1000"),
        ("weight", "1e9", "at most 1000000"), ("size", "99999999999999999999", "at most 1000000"),
        ("session_timeout", "99999999999999999999h", "at most 10 years (3650d)"),
        ("idle_timeout", "99999d", "at most 10 years (3650d)"),
        ("budget", "{tokens: 9999999G}", "at most 1000000G"),
        ("memory", "99999999999999999999T", "at most 1048576T"),
    ])
    func `a number that is too large is told as that`(key: String, value: String, most: String) {
        let told = messages("version: 1\ntasks: [{name: a, prompt: p, \(key): \(value)}]")
        #expect(told.count == 1 && told[0].contains(most), "\(told)")
        #expect(!told.contains { $0.contains("expected") }, "\(told)")
    }

    @Test(arguments: [
        (
            "tasks: [{name: \"a-{k}\", prompt: p, matrix: {k: []}}, {name: b, prompt: p, needs: [\"a-{k}\"]}]",
            "\"k\" in the matrix of \"a-{k}\" has no values"
        ),
        (
            "tasks: [{name: \"a-{k}\", prompt: p, matrix: {k: [1]}}, {name: b, prompt: p, needs: [\"a-{kk}\"]}]",
            "did you mean \"a-{k}\"?"
        ),
        (
            "run: {agent: {command: [\"a\\0b\"]}}\ntasks: [{name: a, prompt: p}]",
            "each of \"command\" holds a NUL"
        ),
        (
            "tasks: [{name: \"\(String(repeating: "é", count: 101))\", prompt: p}]",
            "use letters, digits"
        ),
    ])
    func `a mistake is told once, and nothing else of it`(text: String, words: String) {
        let told = messages("version: 1\n" + text)
        #expect(told.count == 1 && told[0].contains(words), "\(told)")
    }

    @Test func `merge keys and extensions are accepted`() throws {
        let manifest = try parse(
            """
            version: 1
            x-usual: &usual {max_sessions: 7, env: {A: "1", B: "1"}}
            x-more: &more {max_sessions: 9, size: large}
            run: {x-note: anything}
            tasks:
              - {name: a, prompt: p, <<: *usual}
              - {name: b, prompt: p, <<: [*usual, *more], max_sessions: 3, x-owner: me}
              - {name: c, prompt: p, env: {<<: {A: "2"}, C: "3"}}
            """
        )
        #expect(manifest.tasks.map(\.plan.maxSessions) == [7, 3, TaskMaximum.usual])
        #expect(manifest.tasks[1].plan.size == 20)
        #expect(manifest.tasks[1].environment == ["A": "1", "B": "1"])
        #expect(manifest.tasks[2].environment == ["A": "2", "C": "3"])
    }

    private enum TaskMaximum {
        static let usual =
            (try? parse("version: 1\ntasks: [{name: a, prompt: p}]").tasks.first?.plan.maxSessions)
            ?? -1
    }

    /// Followed as often as they are named, the aliases of such keys are 10^30 values.
    @Test(
        arguments: [
            { "? [\($0)]\n: x" }, { "? {\($0.replacing(", ", with: ": x, ")): x}\n: x" },
            { "[\($0)]: x" }, { "{a: {[\($0)]: x}}" }, { "? - [\($0)]\n: x" },
        ] as [@Sendable (String) -> String]
    )
    func `keys that stand for no end of values are refused before they are compared`(
        key: @Sendable (String) -> String
    ) {
        let levels = (1...30).map { level in
            let names = (1...10).map { level == 1 ? "v\($0)" : "*l\(level - 1)" }
            let words = level == 1 ? names : names.map { $0 + " " }
            let text = key(words.joined(separator: ", "))
            let lines = text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
            return "x-\(level): &l\(level)\n\(lines)"
        }
        let text = "version: 1\n\(levels.joined(separator: "\n"))\ntasks: [{name: a, prompt: p}]\n"
        let messages = messages(text)
        #expect(messages.count == 1 && messages[0].contains("write keys out"), "\(messages)")
    }

    @Test func `aliases in keys, and any number in values, are fine`() throws {
        let values = Array(repeating: "*usual", count: 20_000).joined(separator: ", ")
        let manifest = try parse(
            """
            version: 1
            x-key: &key retries
            x-usual: &usual {limit: 7}
            x-all: [\(values)]
            tasks: [{name: a, prompt: "*not* & no alias", *key : *usual}]
            """
        )
        #expect(manifest.tasks[0].plan.retries.limit == 7)
    }

    @Test func `what is absurd is refused with a message`() {
        let bomb = (1...9).map { level in
            "x-\(level): &l\(level) {"
                + (level == 1
                    ? "A: b"
                    : "<<: ["
                        + Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ")
                        + "]") + "}"
        }.joined(separator: "\n")
        let merged = "version: 1\n\(bomb)\ntasks: [{name: a, prompt: p, env: {<<: *l9}}]"
        #expect(messages(merged).contains { $0.contains("merges; name fewer") })
        let lists = (1...9).map { level in
            "x-\(level): &l\(level) ["
                + Array(repeating: level == 1 ? "b" : "*l\(level - 1)", count: 10).joined(
                    separator: ", "
                ) + "]"
        }.joined(separator: "\n")
        #expect(!messages("version: 1\n\(lists)\ntasks: *l9").isEmpty)
        let values = "[" + (1...100).map(String.init).joined(separator: ",") + "]"
        let matrix =
            "version: 1\ntasks: [{name: \"{a}-{b}-{c}\", prompt: p, matrix: {a: \(values), b: \(values), c: \(values)}}]"
        #expect(messages(matrix).contains { $0.contains("makes more than 100000 tasks") })
        let long = String(repeating: "x", count: 16 << 20)
        #expect(
            messages("version: 1\ntasks: [{name: a, prompt: \(long)}]").contains {
                $0.contains("the prompt has more than 4 MiB")
            }
        )
        let many = "[\((1...1100).map(String.init).joined(separator: ","))]"
        let needs =
            "version: 1\ntasks:\n- {name: \"a-{i}\", prompt: p, matrix: {i: \(many)}}\n- {name: \"b-{j}\", prompt: p, matrix: {j: \(many)}, needs: [\"a-{i}\"]}"
        #expect(messages(needs).contains { $0.contains("need more others than 1000000 in all") })
    }

    private func load(_ bytes: [UInt8]) throws -> Result<Manifest, ManifestErrors> {
        let path = NSTemporaryDirectory() + "quire-" + UUID().uuidString + ".yaml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return Result { () throws(ManifestErrors) in try Manifest.load(path: path) }
    }

    private static let plain = "version: 1\ntasks: [{name: a, prompt: grüße}]\n"

    static let encodings: [[UInt8]] = [
        [0xEF, 0xBB, 0xBF] + Array(plain.utf8),
        [0xFF, 0xFE] + plain.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
        [0xFE, 0xFF] + plain.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] },
    ]

    @Test(arguments: encodings)
    func `a byte-order mark is no part of it`(bytes: [UInt8]) throws {
        #expect(try load(bytes).get().tasks.first?.prompt == "grüße")
    }

    @Test(arguments: [
        (
            Array("version: 1\nname: gr".utf8) + [0xFC, 0x0A],
            ":2:9: it is not text in UTF-8: a byte is 0xFC"
        ),
        (Array("a\nb".utf8) + [0], ":2:2: it is not text, but holds a byte that is 0"),
        ([0xFF, 0xFE, 0x41], "it begins as UTF-16 and is not"),
    ])
    func `bytes that are no text are told with their place`(bytes: [UInt8], message: String) throws
    {
        guard case .failure(let errors) = try load(bytes) else {
            Issue.record("it was read")
            return
        }
        #expect(errors.description.contains(message), "\(errors)")
    }

    @Test func `a directory and a file that is not there are told as such`() {
        func message(_ path: String) -> String {
            do {
                _ = try Manifest.load(path: path)
                return ""
            } catch { return error.description }
        }
        #expect(message("/") == "/: it is a directory; name the manifest file in it")
        #expect(message("/no/where.yaml").contains("there is no such file"))
    }
}
