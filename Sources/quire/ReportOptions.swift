import Application
import ArgumentParser
import Foundation
import Reporting

/// The reader that the output is formatted for.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case auto, text, github
}

/// The options for the reports that CI reads.
struct ReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Write JUnit XML to this file at the end.", valueName: "file"),
        completion: .file(),
        transform: Names.path(given:)
    )
    var junit: String?

    @Option(
        help: ArgumentHelp("Write Markdown to this file at the end.", valueName: "file"),
        completion: .file(),
        transform: Names.path(given:)
    )
    var markdown: String?

    @Option(
        help: ArgumentHelp(
            "Whether to add annotations and a step summary for GitHub Actions: auto does where it "
                + "runs there."
        )
    )
    var format: OutputFormat = .auto

    /// True if GitHub Actions reads the output.
    private var isForGitHub: Bool {
        switch format {
        case .auto: Terminal.isReadByGitHub
        case .text: false
        case .github: true
        }
    }

    /// Checks that all requested reports can be written.
    ///
    /// `events` is the file of `--events`, which must differ from the others; no report is appended to
    /// `manifest`. With `hasAnswer`, standard output is reserved for an answer that programs read.
    ///
    /// - Throws: `Trouble` if a report can't be written.
    func open(
        events: ReportFile? = nil,
        manifest: String? = nil,
        hasAnswer: Bool = false
    ) throws -> CIReports {
        let junit = try junit.map {
            try ReportFile(option: "--junit", path: $0, format: .junit)
        }
        let markdown = try markdown.map {
            try ReportFile(option: "--markdown", path: $0, format: .markdown)
        }
        let output = try ReportFile.output(
            besides: [events, junit, markdown],
            hasAnswer: hasAnswer
        )
        return CIReports(
            junit: junit,
            markdown: markdown,
            manifest: manifest,
            isForGitHub: isForGitHub,
            output: output
        )
    }
}

/// The reports that CI reads, checked and ready to be written.
struct CIReports {
    fileprivate let junit: ReportFile?
    fileprivate let markdown: ReportFile?
    fileprivate let manifest: String?
    fileprivate let isForGitHub: Bool
    /// The stream for lines to people: standard error if a report or an answer goes to standard output.
    let output: StandardStream

    /// True if any report was requested.
    private var isNeeded: Bool { junit != nil || markdown != nil || isForGitHub }

    /// Runs a function that may print agents' words, while GitHub ignores workflow commands.
    func guarding<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard isForGitHub else { return try body() }
        let token = "quire-" + UUID().uuidString
        output.write(GitHubReport.suspend(token: token))
        defer { output.write(GitHubReport.resume(token: token)) }
        return try body()
    }

    /// Writes all requested reports; one that fails does not prevent the others.
    ///
    /// - Throws: `Trouble` that names all that could not be written.
    func write(_ make: () throws -> RunReport) throws {
        guard isNeeded else { return }
        let report = try make()
        var troubles: [SafeText] = []
        func write(_ text: @autoclosure () -> String, to file: ReportFile?) throws {
            do {
                try file?.write(text())
            } catch let trouble as Trouble {
                troubles.append(trouble.message)
            }
        }
        try write(JUnitReport.render(report), to: junit)
        try write(MarkdownReport.render(report), to: markdown)
        if isForGitHub {
            output.write(GitHubReport.annotations(report))
            addSummary(report)
        }
        if !troubles.isEmpty {
            throw Trouble(troubles.joined(separator: "\n"), status: ExitStatus.missing)
        }
    }

    /// Appends the report to the step's summary, which other commands of the step append to as well.
    ///
    /// Nobody asked for it by name, so a failure is only a warning.
    private func addSummary(_ report: RunReport) {
        guard let path = Terminal.environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else { return }
        let text = MarkdownReport.render(report, limit: GitHubReport.summaryLimit)
        do {
            let handle = try ReportFile.openShared(
                path,
                option: "the step summary",
                sparing: manifest
            )
            try handle.write(contentsOf: Data(text.utf8))
        } catch let trouble as Trouble {
            Terminal.complain("warning: \(trouble.message), or say --format text to do without")
        } catch {
            Terminal.complain(
                "warning: the step summary \(path) can't be written: \(error.localizedDescription); "
                    + "say --format text to do without"
            )
        }
    }
}
