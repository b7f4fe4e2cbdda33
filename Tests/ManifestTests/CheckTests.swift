import Orchestration
import Testing

@testable import Manifest

@Suite struct `The check of a task` {
    private func task(_ defaults: String, _ task: String = "name: a") throws -> Manifest.Task {
        try parse("version: 1\ndefaults: {\(defaults)}\ntasks: [{\(task), prompt: p}]").tasks[0]
    }

    @Test(
        arguments: [
            ("verify: make test", "name: a", "make test", 1200, .completion),
            (
                "verify: x", "name: a, verify: {command: make, timeout: 1m, on: tick}", "make", 60,
                .tick
            ),
            ("verify: {command: make}", "name: a", "make", 1200, .completion),
            ("verify: 'true'", "name: a", "true", 1200, .completion),
            ("verify: \"# all\\nmake\"", "name: a", "# all\nmake", 1200, .completion),
            ("verify: x", "name: a, verify: ~", nil, 0, .completion),
            (
                "verify: \"make {k} ${HOME}\"", "name: \"a-{k}\", matrix: {k: [one]}",
                "make one ${HOME}", 1200, .completion
            ),
        ] as [(String, String, String?, Int, CheckPlan.Occasion)]
    )
    func `is a command with the values of the matrix`(
        defaults: String,
        own: String,
        command: String?,
        seconds: Int,
        occasion: CheckPlan.Occasion
    ) throws {
        let task = try task(defaults, own)
        #expect(
            task.check?.command == command.map { UserCommand($0, timeout: .seconds(seconds)) }
        )
        #expect(task.plan.check?.occasion == (command == nil ? nil : occasion))
        // So that a task goes on whose command is another.
        #expect(task.plan.check?.fingerprint == task.check?.fingerprint)
    }

    @Test func `has a directory and variables of its own`() throws {
        let check = try task(
            "verify: {command: make, directory: Core/Tests, environment: {CI: 1, A: \"{k}\"}}",
            "name: \"a-{k}\", matrix: {k: [one]}"
        ).check
        #expect(check?.directory == "Core/Tests")
        #expect(check?.environment == ["CI": "1", "A": "one"])
    }

    @Test func `has variables that may be secrets, as the task's own may`() throws {
        let manifest = try parse(
            "version: 1\ndefaults: {verify: {command: make, environment: {A_TOKEN: of-the-check}}}\n"
                + "tasks: [{name: a, prompt: p, env: {B_TOKEN: of-the-task}}]"
        )
        let redactor = Redactor(environment: manifest.environments)
        #expect(redactor.redact("of-the-check, of-the-task") == "[redacted], [redacted]")
    }

    @Test(
        arguments: [
            ("isolation: worktree", "name: a", true), ("growth: allow", "name: a", false),
            ("isolation: worktree", "name: a, verify_base: false", false),
            ("isolation: worktree, verify_base: false", "name: a, verify_base: true", true),
            ("isolation: worktree, verify_base: true", "name: a, isolation: none", false),
        ]
    )
    func `is that of the base, too, where there is a tree`(
        defaults: String,
        own: String,
        checksBase: Bool
    ) throws {
        #expect(try task("verify: x, " + defaults, own).check?.checksBase == checksBase)
    }

    @Test(
        arguments: [
            ("verify: x", "name: a", nil),
            ("verify: x, verify_in_session: true", "name: a", .seconds(450)),
            ("verify_in_session: true", "name: a, verify: x, idle_timeout: 1h", .seconds(1200)),
            ("verify_in_session: true", "name: a", nil),
            ("verify: x, verify_in_session: true", "name: a, verify_in_session: false", nil),
        ] as [(String, String, Duration?)]
    )
    func `runs within sessions where that is asked for, as long as their silence may last`(
        defaults: String,
        own: String,
        limit: Duration?
    ) throws {
        #expect(try task(defaults, own).check?.inSession?.limit == limit)
        let launched = try parse(
            "version: 1\nrun: {launcher: [x]}\ndefaults: {\(defaults)}\ntasks: [{\(own), prompt: p}]"
        )
        let warned = launched.warnings.filter { $0.message.contains("no effect with a launcher") }
        #expect(warned.count == (limit == nil ? 0 : 1))
    }

    @Test func `has places of its own`() throws {
        let text = "version: 1\nrun: {check_slots: 3}\ntasks: [{name: a, prompt: p}]"
        #expect(try parse(text).plan.checkSlots == 3)
        #expect(try parse("version: 1\ntasks: [{name: a, prompt: p}]").plan.checkSlots == nil)
    }

    @Test(arguments: [
        ("verify: \" \"", "\"verify\" is empty"),
        ("verify: true", "write it in quotes"), ("verify: no", "write it in quotes"),
        ("verify: 5", "is 5, but must be a command"), ("verify: 1.5", "must be a command"),
        ("verify: {command: false}", "is false, but must be a command"),
        ("verify: \"# make test\"", "is only a comment"),
        ("verify: {command: \"# a\\n  # b\\n\"}", "is only a comment"),
        ("verify: {timeout: 1m}", "\"verify\" needs a \"command\""),
        ("verify: {command: x, timeout: 0}", "\"timeout\" must be longer than 0"),
        ("verify: {command: x, directory: /tmp}", "must be a path from the task's directory"),
        ("verify: {command: x, directory: a/../..}", "must be a path from the task's directory"),
        ("verify: {command: x, on: ticks}", "\"on\""),
        ("verify: {command: x, env: {A: b}}", "env"),
        ("verify: x, verify_base: true", "add isolation: worktree"),
        ("verify_in_session: true", "needs a check"),
        ("verify: x, verify_in_session: 5", "in_session"),
    ])
    func `is refused if it is none`(setting: String, words: String) {
        let found = messages("version: 1\ntasks: [{name: a, prompt: p, \(setting)}]")
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }
}
