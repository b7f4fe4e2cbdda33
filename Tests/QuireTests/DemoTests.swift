import Foundation
import TestSupport
import Testing

@Suite struct `The demo` {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// The lines of README's section on the demo that a shell is to run.
    private static let commands =
        text(project + "/README.md")
        .split(separator: "\n## ").first { $0.hasPrefix("Try it\n") }?
        .split(separator: "\n").map(String.init).filter { $0.contains("swift run quire ") } ?? []

    /// A workspace with the demo's manifest in its place.
    private func withDemo(_ body: (QuireRun) throws -> Void) throws {
        try withRun { run in
            let place = "config/examples"
            #expect(try shell("mkdir -p \(place) .autonomous", in: run.root).status == 0)
            try put(text("\(Self.project)/\(place)/demo.yaml"), "\(run.root)/\(place)/demo.yaml")
            try body(run)
        }
    }

    /// Runs a command of README's with the program that was built.
    private func call(_ command: String, in run: QuireRun) throws -> Outcome {
        let own = command.replacing("swift run quire ", with: "'\(Program.built("quire"))' ")
        return try shell(own, in: run.root)
    }

    @Test func `shows a check that fails and is mended, and a question that is answered`() throws {
        try withDemo { run in
            let words = try #require(Self.commands.first).split(separator: " && ").last
            let outcome = try call(String(try #require(words)), in: run)
            let said = outcome.output
            #expect(outcome.status == 0, "\(said)\(outcome.error)")
            let tasks = text(run.root + "/config/examples/demo.yaml").firstMatch(
                of: /The demo: (\d+) tasks/
            )
            let count = try #require(tasks).1
            #expect(said.contains("run \"demo\" is finished: \(count) complete\n"))
            #expect(text(Self.project + "/README.md").contains("a demo of \(count) tasks"))
            var rest = said[...]
            for words in [
                "checked-login: its check failed: it ended with status 1",
                "checked-login: its check passed", "checked-login: COMPLETE",
            ] {
                rest = try #require(
                    rest.firstRange(of: words).map { rest[$0.upperBound...] },
                    "\(said)"
                )
            }
            rest = said[...]
            for words in [
                "choose-queue: NEEDS-YOU (0/2, 2 sessions): it asks: The services need one queue",
                "choose-queue: to answer: quire answer choose-queue \"…\"\n",
                "choose-queue: its question is answered, and it goes on", "choose-queue: COMPLETE",
            ] {
                rest = try #require(
                    rest.firstRange(of: words).map { rest[$0.upperBound...] },
                    "\(said)"
                )
            }
            #expect(text(run.task("choose-queue") + "/answers.md").contains("> RabbitMQ.\n"))
        }
    }

    @Test func `lets a person answer, as README says`() throws {
        try withDemo { run in
            let commands = Self.commands.dropFirst()
            let statuses = commands.map {
                $0.firstMatch(of: /ends with (\d+)$/).flatMap { Int32($0.1) } ?? 0
            }
            #expect(statuses == [101, 0, 0])
            for (command, status) in zip(commands, statuses) {
                let outcome = try call(command, in: run)
                #expect(outcome.status == status, "\(command): \(outcome.output)\(outcome.error)")
            }
            #expect(run.list("choose-queue").contains("- [x] Task 2: "))
        }
    }
}
