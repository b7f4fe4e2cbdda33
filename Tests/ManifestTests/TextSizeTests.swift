import Testing

@testable import Manifest

@Suite struct `The size of expanded texts` {
    /// A list of so many values, each of this length.
    private func values(_ count: Int, length: Int = 1) -> [String] {
        (0..<count).map { number in
            let text = String(number)
            return String(repeating: "0", count: max(0, length - text.utf8.count)) + text
        }
    }

    private func yaml(_ values: [String]) -> String {
        "[" + values.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }

    @Test func `is that of the texts themselves, and known before they are made`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var matrix = Matrix()
            let keys = ["a", "b", "c"].prefix(Int.random(in: 0...3, using: &random))
            for key in keys {
                let length = Int.random(in: 1...5, using: &random)
                matrix.add(key, values(Int.random(in: 1...6, using: &random), length: length))
            }
            let pieces = ["é", "{{", " x ", "$"] + keys.map { "{\($0)}" }
            let text = (0..<8).compactMap { _ in pieces.randomElement(using: &random) }.joined()
            let template = Template(text, keys: Set(keys))
            let expanded = matrix.combinations.map { template.text($0).utf8.count }
            #expect(expanded.count == matrix.count)
            let size = template.isVariable ? expanded.reduce(0, +) : 0
            #expect(matrix.bytes(of: template) == size, "\(text), \(matrix)")
        }
    }

    @Test func `is as large as it can be told where it is larger`() {
        var matrix = Matrix()
        for key in ["a", "b", "c", "d"] {
            matrix.add(key, Array(repeating: "x", count: 1 << 16))
        }
        #expect(matrix.count == .max)
        #expect(matrix.bytes(of: Template("{a} text", keys: ["a"])) == .max)
    }

    /// What a task of 99,990 combinations has beside its name and matrix.
    private static let absurd = [
        "prompt: \"{a} LONG\"", "prompt: p, model: \"{b} LONG\"",
        "prompt: p, env: {A: \"{a}LONG\"}",
        "prompt: p, codex_args: [\"{a}LONG\"]", "prompt: p, setup: \"true {a} LONG\"",
        "prompt: p, verify: {command: \"true\", environment: {A: \"{b} LONG\"}}",
    ]

    @Test(arguments: absurd)
    func `refuses a product that no machine holds`(rest: String) {
        let long = String(repeating: "x", count: 15_000)
        let matrix = "{a: \(yaml(values(303))), b: \(yaml(values(330)))}"
        let told = messages(
            "version: 1\ntasks: [{name: \"{a}-{b}\", matrix: \(matrix), "
                + rest.replacing("LONG", with: long) + "}]"
        )
        let words = #/those of "\{a}-\{b}" alone would take 143\d MiB in 99990 tasks/#
        #expect(told.count == 1, "\(told.map { $0.suffix(300) })")
        #expect(told.first?.contains(words) == true, "\(told.map { $0.suffix(300) })")
        #expect(told.first?.contains("come to more than 256 MiB") == true)
    }

    @Test func `is that of a prompt file for each task that has it`() {
        func text(_ length: Int) -> String {
            """
            version: 1
            tasks:
              - name: "t-{b}"
                matrix: {b: \(yaml(values(1000))), service: ["\(String(repeating: "x", count: length))"]}
                prompt_file: port.md
            """
        }
        #expect(messages(text(1000)).isEmpty)
        let told = messages(text(1 << 20))
        let words = "those of \"t-{b}\" alone would take 1000 MiB in 1000 tasks"
        #expect(told.count == 1 && told[0].contains(words), "\(told.map { $0.suffix(300) })")
    }

    @Test func `counts what all entries have together, and what tasks share not at all`() {
        let long = String(repeating: "x", count: 1 << 20)
        func entry(_ name: String, _ text: String) -> String {
            "  - {name: \"\(name)-{k}\", prompt: \"\(text)\", matrix: {k: \(yaml(values(150)))}}\n"
        }
        let shared = (1...3).map { entry("t\($0)", long) }.joined()
        #expect(messages("version: 1\ntasks:\n" + shared).isEmpty)
        let own = (1...3).map { entry("t\($0)", "{k}" + long) }.joined()
        let told = messages("version: 1\ntasks:\n" + own)
        // The first entry has room, the others have none.
        #expect(told.count == 2, "\(told)")
        #expect(told.first?.contains("\"t2-{k}\" alone would take 150 MiB in 150 tasks") == true)
    }
}
