import Orchestration
import Testing

@testable import Manifest

@Suite struct `Placeholders` {
    private func prompt(
        _ text: String,
        _ rest: String = "matrix: {k: [one]}, name: \"a-{k}\""
    ) -> String? {
        try? parse("version: 1\ntasks: [{\(rest), prompt: '\(text)'}]").tasks.first?.prompt
    }

    @Test(arguments: [
        ("Port {k}.", "Port one."), ("{k}{k}", "oneone"), ("{{k}}", "{k}"), ("{{{k}}}", "{one}"),
        ("{{oops}}", "{oops}"), ("a {{ b", "a { b"), ("{{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 1}"),
        ("{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 1}}"), ("${HOME} ${k}", "${HOME} $one"),
        ("f() { return; }", "f() { return; }"), ("{} {1} {a,b} { k }", "{} {1} {a,b} { k }"),
        ("}} {", "}} {"), ("{k", "{k"), ("{{a}} {{b}} {k}", "{a} {b} one"),
    ])
    func `are put in for a matrix, and other braces are text`(text: String, expected: String) {
        #expect(prompt(text) == expected)
    }

    @Test(arguments: ["{x}", "{{x}}", "import {useState}", "{\"a\": 1}", "${x} {k}"])
    func `are text without a matrix`(text: String) {
        #expect(prompt(text, "name: a") == text)
    }

    static let mistakes = [
        (
            "name: \"a-{k}\", prompt: \"Port {k}, {oops}.\"",
            "m.yaml:3:65: {oops} names nothing in the task's matrix; it has {k}; for the text itself "
                + "write {{oops}}"
        ),
        ("name: \"a-{kk}\", prompt: p", "m.yaml:3:40: {kk} names nothing in the task's matrix"),
        (
            "name: \"a-{k}\", prompt_file: \"{K}.md\"",
            "{K} names nothing in the task's matrix; did you mean {k}?"
        ),
        ("name: \"a-{k}\", prompt_file: port.md", "/w/port.md:1:6: {service} names nothing"),
        ("name: \"a-{k}\", prompt: p, directory: \"src/{x}\"", "{x} names nothing"),
        ("name: \"a-{k}\", prompt: p, env: {A: \"{x}\"}", "{x} names nothing"),
        ("name: \"a-{k}\", prompt: p, codex_args: [\"{x}\"]", "{x} names nothing"),
        ("name: \"a-{k}\", prompt: p, model: \"{x}\"", "{x} names nothing"),
        (
            "name: \"a-{k}\", prompt: p, isolation: worktree, setup: {command: \"m {x}\"}",
            "{x} names nothing"
        ),
        ("name: \"a-{k}\", prompt: p, needs: [\"{x}\"]", "needs \"{x}\", which is not defined"),
    ]

    @Test(arguments: mistakes)
    func `that name nothing are told with their place and a suggestion`(
        task: String,
        message: String
    ) {
        let text = "version: 1\ntasks:\n  - {matrix: {k: [one, two]}, \(task)}\n"
        #expect(messages(text).contains { $0.contains(message) }, "\(messages(text))")
        #expect(messages(text).count == (task.contains("needs") ? 2 : 1), "\(messages(text))")
    }

    @Test func `of another entry's name stand for all of its tasks`() throws {
        let manifest = try parse(
            "version: 1\ntasks:\n- {name: \"a-{x}\", prompt: p, matrix: {x: [1, 2]}}\n"
                + "- {name: \"b-{y}\", prompt: p, matrix: {y: [1]}, needs: [\"a-{x}\"]}"
        )
        #expect(manifest.tasks.last?.plan.needs == ["a-1", "a-2"])
    }

    @Test(arguments: [("{Slot}", "{slot}"), ("{tsk}", "{task}"), ("{comand}", "{command}")])
    func `of a launcher are told, too`(word: String, meant: String) {
        let found = messages(
            "version: 1\nrun: {launcher: [x, \"\(word)\"]}\ntasks: [{name: a, prompt: p}]"
        )
        #expect(
            found.contains { $0.contains("has no \(word); did you mean \(meant)?") },
            "\(found)"
        )
    }
}
