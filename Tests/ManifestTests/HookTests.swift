import Orchestration
import Testing

@testable import Manifest

@Suite struct `The hooks of a manifest` {
    private func manifest(
        _ run: String,
        _ defaults: String = "",
        _ task: String = ""
    ) throws
        -> Manifest
    {
        try parse(
            "version: 1\nrun: {\(run)}\ndefaults: {\(defaults)}\ntasks: [{name: a, prompt: p\(task)}]"
        )
    }

    private func command(
        _ text: String,
        _ seconds: Int = 60,
        in directory: String? = nil
    )
        -> HookCommand
    {
        HookCommand(UserCommand(text, timeout: .seconds(seconds)), directory: directory)
    }

    @Test func `are a line, a list of words, or one of them with settings`() throws {
        let hooks = try manifest(
            "",
            "hooks: {before_session: make x, after_session: [say, it's], on_complete: "
                + "{command: [make, y], timeout: 5s, directory: sub}, on_fail: {command: make z}}"
        ).tasks[0].hooks
        #expect(
            hooks == [
                .beforeSession: command("make x"), .afterSession: command(#"say 'it'\''s'"#),
                .onComplete: command("make y", 5, in: "sub"), .onFail: command("make z"),
            ]
        )
    }

    @Test func `of a task replace those of the defaults one by one`() throws {
        let task = try manifest(
            "",
            "hooks: {on_complete: one, on_fail: two, before_session: three}",
            ", hooks: {on_fail: ~, before_session: four}"
        ).tasks[0]
        #expect(task.hooks == [.onComplete: command("one"), .beforeSession: command("four")])
        #expect(task.plan.hooks == TaskHookPlan([.onComplete]))
    }

    @Test func `have the values of the matrix, which no shell reads in a list`() throws {
        let text =
            "version: 1\ntasks: [{name: \"a-{k}\", prompt: p, matrix: {k: [\"x; y\"]}, "
            + "hooks: {on_fail: [echo, \"{k}\"], on_complete: \"echo {k}\"}}]"
        // The name is no name of a task, but of another matter.
        let named = text.replacing("a-{k}", with: "a")
        let hooks = try parse(named).tasks[0].hooks
        #expect(hooks == [.onFail: command("echo 'x; y'"), .onComplete: command("echo x; y")])
    }

    @Test func `of the run are its own`() throws {
        let manifest = try manifest("hooks: {run_begin: up, run_end: {command: down, timeout: 2m}}")
        #expect(manifest.hooks == [.runBegin: command("up"), .runEnd: command("down", 120)])
        #expect(manifest.plan.hooks == RunHookPlan([.runBegin, .runEnd], notify: nil))
        #expect(try self.manifest("").plan.hooks == nil)
        #expect(try self.manifest("").tasks[0].plan.hooks == nil)
    }

    @Test(
        arguments: [
            ("[notify-send, Quire]", #"notify-send Quire "$@""#, "notify-send", NotifyTopic.usual),
            ("./tell", #"./tell "$@""#, "./tell", NotifyTopic.usual),
            ("exec ./tell", #"exec ./tell "$@""#, nil, NotifyTopic.usual),
            ("A=1 ./tell", #"A=1 ./tell "$@""#, nil, NotifyTopic.usual),
            ("{command: [a, b c], on: [failed, end]}", #"a 'b c' "$@""#, "a", [.failed, .end]),
        ] as [(String, String, String?, [NotifyTopic])]
    )
    func `hand messages over`(
        text: String,
        command: String,
        program: String?,
        topics: [NotifyTopic]
    ) throws {
        let notify = try #require(try manifest("notify: \(text)").notify)
        #expect(notify.command == self.command(command))
        #expect(notify.program == program)
        #expect(notify.topics == topics)
    }

    @Test(arguments: [
        (
            "run: {hooks: {run_began: x}}",
            "unknown key \"run_began\" in \"hooks\"; did you mean \"run_begin\"?"
        ),
        ("run: {hooks: {on_fail: x}}", "unknown key \"on_fail\" in \"hooks\""),
        ("defaults: {hooks: {on_completion: x}}", "did you mean \"on_complete\"?"),
        ("defaults: {hooks: {run_end: x}}", "unknown key \"run_end\""),
        ("defaults: {hooks: {on_fail: true}}", "write it in quotes"),
        ("defaults: {hooks: {on_fail: \" \"}}", "\"on_fail\" is empty"),
        ("defaults: {hooks: {on_fail: []}}", "\"on_fail\" is empty"),
        ("defaults: {hooks: {on_fail: \"# x\"}}", "is only a comment"),
        ("defaults: {hooks: {on_fail: {timeout: 5s}}}", "\"on_fail\" needs a \"command\""),
        ("defaults: {hooks: {on_fail: {command: x, timeout: 0s}}}", "must be longer than 0"),
        ("defaults: {hooks: {on_fail: {command: x, time: 1s}}}", "unknown key \"time\""),
        ("defaults: {hooks: {on_fail: {command: x, directory: ../y}}}", "must be a path from"),
        ("defaults: {hooks: make}", "expected a mapping for \"hooks\""),
        ("run: {notify: {on: [end]}}", "\"notify\" needs a \"command\""),
        ("run: {notify: {command: x, on: [needsyou]}}", "did you mean \"needs-you\"?"),
        ("run: {notify: {command: x, on: []}}", "names nothing"),
    ])
    func `are refused with advice`(text: String, words: String) {
        let found = messages("version: 1\n\(text)\ntasks: [{name: a, prompt: p}]")
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }
}
