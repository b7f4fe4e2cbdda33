import Foundation
import Manual
import TestSupport
import Testing

@Suite struct `quire help` {
    @Test func `lists all commands and all topics`() throws {
        let outcome = try quire(["help"])
        #expect(outcome.status == 0 && outcome.error.isEmpty)
        let names = outcome.output.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        for topic in Topic.all {
            #expect(names.contains(topic.name), "\(topic.name)")
            #expect(unwrapped(outcome.output).contains(unwrapped(topic.summary)), "\(topic.name)")
        }
        for command in ["run", "plan", "merge", "doctor", "help", "version"] {
            #expect(names.contains(command), "\(command)")
        }
        #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: [
        ("nope", "there is no command or topic \"nope\"; see quire help"),
        ("tree", "did you mean \"trees\"?"), ("mrege", "did you mean \"merge\"?"),
        ("exit-statsu", "did you mean \"exit-status\"?"),
        ("manifest.verfy", "did you mean \"manifest.verify\"?"),
        ("manifest.nothing", "the manifest has no key \"nothing\"; see quire help manifest"),
        ("trees.verify", "there is no command or topic"),
        ("manifest.", "did you mean \"manifest\"?"),
    ])
    func `refuses what there is not, and suggests what there is`(
        subject: String,
        words: String
    ) throws {
        let outcome = try quire(["help", subject])
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.error.contains(words), "\(outcome.error)")
    }

    @Test(arguments: ["run", "merge-runs", "help", "simulate"])
    func `shows a command's help as the command does`(command: String) throws {
        let help = try quire(["help", command])
        #expect(help.status == 0)
        let own = try quire([command, "--help"]).output
        // The topic of the same name stands below.
        let topic = Topic.named(command).map { _ in "\nSIMULATE\n" } ?? ""
        #expect(help.output.hasPrefix(own + topic))
        #expect(Topic.named(command) != nil || help.output == own)
    }

    @Test func `shows a key alone`() throws {
        let key = try quire(["help", "manifest.verify"])
        #expect(key.status == 0)
        #expect(key.output.hasPrefix("verify\n\nA shell command"), "\(key.output)")
        #expect(!key.output.contains("verify_base\n"))
        let part = try quire(["help", "manifest.verify.timeout"])
        #expect(part.output == key.output)
        let both = try quire(["help", "manifest.budget"])
        #expect(both.output.hasPrefix("run.budget\n") && both.output.contains("\ngroups.budget\n"))
        #expect(try quire(["help", "manifest.run.budget"]).output.hasPrefix("run.budget\n"))
    }

    @Test func `is plain in a pipe`() throws {
        for topic in Topic.all {
            let outcome = try quire(["help", topic.name])
            #expect(outcome.status == 0 && !outcome.output.contains("\u{1B}"), "\(topic.name)")
        }
    }

    @Test(arguments: Fact.all)
    func `answers a question`(fact: Fact) throws {
        let outcome = try quire(["help", fact.subject])
        #expect(outcome.status == 0, "\(fact.question)")
        let page = unwrapped(outcome.output)
        #expect(page.contains(fact.answer), "\(fact.question)\n\(outcome.output)")
    }

    @Test func `has twenty questions`() {
        #expect(Set(Fact.all.map(\.question)).count >= 20)
    }

    @Test func `needs no directory to work in`() throws {
        let outcome = try quire(["help", "trees"], environment: ["QUIRE_STATE_DIR": "\u{FFFD}"])
        #expect(outcome.status == 0)
    }
}

@Suite struct `The command line` {
    @Test func `tells the version in three ways`() throws {
        let version = try quire(["--version"])
        #expect(version.output.hasPrefix("quire "))
        for words in [["-V"], ["version"]] {
            let outcome = try quire(words)
            #expect(outcome.status == 0 && outcome.output == version.output, "\(words)")
        }
    }

    @Test(arguments: [
        ("rnu", "run"), ("stauts", "status"), ("merge-run", "merge-runs"), ("hepl", "help"),
    ])
    func `suggests a command`(typed: String, meant: String) throws {
        let outcome = try quire([typed])
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(
            outcome.error.contains("there is no command \"\(typed)\"; did you mean \"\(meant)\"?")
        )
    }
}
