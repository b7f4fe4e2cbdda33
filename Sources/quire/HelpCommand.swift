import Application
import ArgumentParser
import Manifest
import Manual
import Reporting
import Version

/// `quire help`: a command's help, a topic of the manual, or a key of the manifest.
struct HelpCommand: ParsableCommand, PlacelessCommand {
    static let configuration = CommandConfiguration(
        commandName: "help",
        abstract: "Show the manual: a topic, a command's help, or a key of the manifest.",
        discussion: """
            Without a subject it lists all commands and topics. A key of the manifest is written after \
            "manifest.":

              quire help run
              quire help trees
              quire help manifest.verify

            Exit status: 0, or 64 for a subject that there is not.
            """
    )

    @Argument(help: "A command, a topic, or manifest.KEY.", completion: .subject)
    var subject: String?

    @Flag(
        help: ArgumentHelp(
            "Print a topic, or quire itself, as a page for man.",
            visibility: .hidden
        )
    )
    var man = false

    @Flag(help: ArgumentHelp("Print the names of all topics.", visibility: .hidden))
    var topics = false

    @OptionGroup var colors: ColorOption

    func run() throws {
        if topics { return Self.show(Topic.all.map { $0.name + "\n" }.joined()) }
        if man { return Self.show(try page()) }
        guard let subject else { return Self.show(Self.contents) }
        guard let command = Quire.command(named: subject) else {
            return Self.show(Self.layout.text(of: try blocks(about: subject)))
        }
        Self.show(Quire.helpMessage(for: command, columns: Terminal.columns) + "\n")
        // A topic may have a command's name, and tells more of it.
        if let topic = Topic.named(subject) {
            Self.show("\n" + Self.layout.text(of: topic.page))
        }
    }

    /// Returns the page for `man` about the subject.
    private func page() throws -> String {
        let release = Version.number
        guard let subject else {
            let summary = Quire.configuration.abstract
            let page = ManualPage(name: "quire", section: 1, summary: summary, release: release)
            let commands = Topic.named("commands")?.page ?? []
            return page.text(of: commands + ManualPage.contents(of: Topic.all))
        }
        guard let topic = Topic.named(subject) else { throw Self.unknown(subject) }
        let page = ManualPage(
            name: "quire-\(topic.name)",
            section: 7,
            summary: topic.summary,
            release: release
        )
        return page.text(of: topic.page)
    }

    /// Returns the topic of this name, or the part of it that a key names (`manifest.verify`).
    private func blocks(about subject: String) throws -> [Block] {
        if let topic = Topic.named(subject) { return topic.page }
        let parts = subject.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "manifest", let topic = Topic.named(parts[0]) else {
            throw Self.unknown(subject)
        }
        let found = topic.sections(about: parts[1])
        if !found.isEmpty { return found }
        let near: SafeText? = Keys.suggestion(forPattern: parts[1], among: topic.keys)
            .map { "did you mean \"manifest.\($0)\"?" }
        throw Trouble(
            "the manifest has no key \"\(parts[1])\"; \(near ?? "see quire help manifest")",
            status: ExitStatus.usage
        )
    }

    private static func unknown(_ subject: String) -> Trouble {
        let names = Quire.commandNames + Topic.all.map(\.name)
        let near: SafeText? = Keys.suggestion(forPattern: subject, among: names)
            .map { "did you mean \"\($0)\"?" }
        return Trouble(
            "there is no command or topic \"\(subject)\"; \(near ?? "see quire help")",
            status: ExitStatus.usage
        )
    }

    /// The help of the program itself, and the topics.
    private static var contents: String {
        let name = Topic.all.map(\.name.count).max() ?? 0
        let topics = Topic.all.flatMap { topic in
            let blanks = String(repeating: " ", count: name + 4)
            let lines = Self.plain.text(of: [.paragraph(topic.summary)]).split(separator: "\n")
            return lines.enumerated().map { index, line in
                index == 0
                    ? "  " + topic.name.padding(toLength: name + 2) + line
                    : blanks + line
            }
        }
        let help = Quire.helpMessage(for: Quire.self, columns: Terminal.columns)
        return help + "\nTOPICS:\n" + topics.map { $0 + "\n" }.joined()
            + "\n  See 'quire help <topic>', and 'quire help manifest.<key>'.\n"
    }

    /// The page that fits the terminal, or 80 columns in a pipe.
    private static var layout: TerminalPage {
        TerminalPage(width: Terminal.columns ?? 80, isStyled: Terminal.usesColor)
    }

    private static var plain: TerminalPage {
        TerminalPage(width: (Terminal.columns ?? 80) - 16, isStyled: false)
    }

    /// Writes a text of Quire's own.
    private static func show(_ text: String) { StandardStream.output.write(raw: Array(text.utf8)) }
}

/// `quire version`.
struct VersionCommand: ParsableCommand, PlacelessCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the version, the build and its parts, as --version and -V do."
    )

    @OptionGroup var colors: ColorOption

    @Flag(help: "Print JSON.")
    var json = false

    private struct Answer: Encodable {
        var quire: String
        var build: String
        var parts: [String]
    }

    func run() throws {
        guard json else { return Terminal.say(SafeText(lines: Version.report)) }
        let parts = Version.report.split(separator: "\n").dropFirst().map(String.init)
        try LookOptions.printJSON(
            Answer(quire: Version.number, build: Version.build, parts: parts)
        )
    }
}

extension String {
    /// Returns the text with blanks up to a length.
    fileprivate func padding(toLength length: Int) -> String {
        self + String(repeating: " ", count: max(length - count, 0))
    }
}
