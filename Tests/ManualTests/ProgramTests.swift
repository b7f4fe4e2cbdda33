import Foundation
import Manifest
import Manual
import TestSupport
import Testing

@testable import Application

/// The program's commands and their options, as its parser dumps them.
private struct Parser: Decodable {
    struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable { var name: String }
            var kind: String
            var names: [Name]?
            var shouldDisplay: Bool
        }
        var commandName: String
        var shouldDisplay: Bool?
        var subcommands: [Command]?
        var arguments: [Argument]?

        /// The options, with their dashes; those of its subcommands, too.
        var options: Set<String> {
            let names = (arguments ?? []).filter { $0.shouldDisplay }.flatMap { $0.names ?? [] }
            let own = Set(names.map { ($0.name.count == 1 ? "-" : "--") + $0.name })
            return (subcommands ?? []).reduce(own) { $0.union($1.options) }
        }
    }
    var command: Command

    static func dumped() throws -> Command {
        let outcome = try quire(["--experimental-dump-help"])
        #expect(outcome.status == 0)
        return try JSONDecoder().decode(Parser.self, from: Data(outcome.output.utf8)).command
    }
}

@Suite struct `The manual and the program` {
    /// Options of nearly all commands, which the manual names once.
    private static let common: Set = [
        "--help", "-h", "--version", "--state-dir", "--workspace", "--json", "--only", "--skip",
        "--changed-since", "--shard", "--history", "--color",
    ]

    /// Returns the options in a text, such as `--into` and `-n`.
    private func options(in text: String) -> Set<String> {
        Set(
            code(in: text).flatMap { $0.matches(of: /(?:^|[ (])(--?[A-Za-z][a-z-]*)/) }.map {
                String($0.1)
            }
        )
    }

    @Test func `have the same commands, and each command the same options`() throws {
        let program = try Parser.dumped()
        let commands = (program.subcommands ?? []).filter { $0.shouldDisplay != false }
        let rows = Dictionary(
            uniqueKeysWithValues: try rows("commands").filter { $0[0].hasPrefix("`quire ") }.map {
                row in
                (
                    String(row[0].dropFirst(7).prefix { $0.isLetter || $0 == "-" }),
                    row.joined(separator: " ")
                )
            }
        )
        #expect(Set(rows.keys) == Set(commands.map(\.commandName)))
        let simulate = try #require(Topic.named("simulate")).text
        let all = try #require(Topic.named("commands")).text
        #expect(Self.common.isSubset(of: options(in: all)))
        for command in commands {
            let row = rows[command.commandName, default: ""]
            let told = options(in: command.commandName == "simulate" ? simulate : row)
            // An option that several commands have is explained with one of them.
            let isThere = told.union(Self.common).union(
                command.commandName == "plan" ? options(in: all) : []
            )
            #expect(command.options.subtracting(isThere).isEmpty, "\(command.commandName)")
            if command.commandName == "simulate" { continue }
            #expect(
                told.subtracting(command.options).subtracting(["-V", "--version"]).isEmpty,
                "\(command.commandName)"
            )
        }
    }

    @Test(arguments: Topic.all.map(\.name))
    func `know the same options in all topics`(name: String) throws {
        let program = try Parser.dumped()
        let known = (program.subcommands ?? []).reduce(program.options) { $0.union($1.options) }
        let text = try #require(Topic.named(name)).text
        let told = code(in: text).filter { $0.hasPrefix("-") }
            .map { String($0.prefix { !" =\\".contains($0) }) }
            // `-` stands for a stream, `- [ ]` for an entry, the others for options of Codex's.
            .filter { !["-", "-c", "--output-schema"].contains($0) }
        #expect(Set(told).subtracting(known).isEmpty)
    }

    @Test func `have the same keys of a manifest`() throws {
        let topic = try #require(Topic.named("manifest"))
        let keys =
            Keys.top + Keys.run.map { "run." + $0 } + Keys.group.map { "groups." + $0 } + Keys.task
        #expect(Set(topic.keys) == Set(keys))
        #expect(topic.keys.count == keys.count)
        let parts: [(String, [String])] = [
            ("run.budget", Keys.runBudget), ("run.prices", Keys.prices),
            ("run.admission", Keys.admission), ("run.prompts", Keys.prompts),
            ("run.agent", Keys.agent), ("run.concurrency", Keys.concurrency),
            ("groups.budget", Keys.budget), ("budget", Keys.budget), ("setup", Keys.command),
            ("verify", Keys.check), ("commit", Keys.commit), ("stall_after", Keys.stall),
            ("retries", Keys.retries),
        ]
        for (key, parts) in parts {
            for part in parts {
                let found = topic.sections(about: "\(key).\(part)")
                #expect(found.contains(.heading(level: 3, key)), "\(key).\(part)")
            }
        }
        for (key, words) in [
            ("run.launcher", Keys.launcher), ("branch", Keys.branch),
            ("run.prompts", Keys.templates),
        ] {
            let section = "\(topic.sections(about: key))"
            for word in words { #expect(section.contains("{\(word)}"), "\(key) {\(word)}") }
        }
    }

    @Test func `tell of every key whether it has a default, and what an example is`() throws {
        let topic = try #require(Topic.named("manifest"))
        let sections = topic.keys.map { key in (key, topic.sections(about: key)) }
        for (key, section) in sections where !Keys.top.contains(key) {
            let text = "\(section)"
            let isRequired = ["name", "prompt", "prompt_file"].contains(key)
            #expect(isRequired || text.contains("Default") || text.contains("(5)"), "\(key)")
            let hasExample = section.contains { if case .code = $0 { true } else { false } }
            #expect(hasExample || key == "name", "\(key)")
        }
    }

    @Test func `have the same exit statuses`() throws {
        let source = try file("Sources/Application/ExitStatus.swift")
        let known = Set(source.matches(of: /: Int32 = (\d+)/).map { String($0.1) })
        let told = Set(
            try rows("exit-status").flatMap { $0[0].split(separator: ", ").map(String.init) }
        )
        // SIGHUP ends a merge with 128 and its number.
        #expect(told == known.union(["129"]))
    }
}
