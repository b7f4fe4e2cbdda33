import Application
import ArgumentParser
import Foundation
import Glibc
import Orchestration
import Reporting
import RunStore

/// `quire merge-runs`.
struct MergeCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge-runs",
        abstract: "Join the runs of a manifest's shards into one report.",
        discussion: """
            Reads the stores that "quire run --shard K/N" left on N machines. Says which shard is \
            missing; refuses one that is there twice, and stores of different manifests. A single \
            store of a run without shards makes a report, too.

            Exit status: that of the whole, as of "quire run"; 101 where a shard is missing; 64 for \
            stores that don't belong together.
            """
    )

    @Argument(
        help: ArgumentHelp(
            "State directories, or directories with .autonomous/.quire in them.",
            valueName: "dir"
        ),
        completion: .directory,
        transform: Names.path(given:)
    )
    var directories: [String]

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var reports: ReportOptions

    @OptionGroup var colors: ColorOption

    func run() throws {
        let reports = try reports.open(hasAnswer: json)
        let report: RunReport
        do {
            report = try MergedRuns(directories.map(\.resolvedPath)).report
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        try reports.guarding {
            if json { return try LookOptions.printJSON(report) }
            reports.output.write(
                FinalTable.render(
                    report: report,
                    width: Terminal.columns,
                    usesColor: Terminal.usesColor
                )
            )
        }
        if let words = report.missingWords { Terminal.complain("warning: \(words)") }
        try reports.write { report }
        let status = ExitStatus.of(report)
        throw ExitCode(json ? status : Terminal.status(status, reportedOn: reports.output))
    }
}

/// The runs of a manifest's shards, found in several stores.
private struct MergedRuns {
    private var runs: [RunReport.Part] = []

    init(_ directories: [String]) throws {
        for directory in directories { runs += try Self.runs(in: directory) }
        try check()
        runs.sort { ($0.whole?.shard.number ?? 0) < ($1.whole?.shard.number ?? 0) }
    }

    /// Returns the newest run in a store, and if it is a shard, the other shards of the same manifest.
    private static func runs(in given: String) throws -> [RunReport.Part] {
        for directory in [given, given + "/.quire", given + "/.autonomous/.quire"] {
            guard let reader = try StoreReader.open(directory: directory) else { continue }
            let rows = try reader.runs()
            guard let newest = rows.first else { continue }
            let first = try RunReport.Part(newest, in: directory, reader)
            guard let part = first.whole else { return [first] }
            // A shard whose manifest was at another path before has a second, older run under another id.
            var seen: Set = [part.shard]
            let others = try rows.dropFirst().filter { row in
                guard let other = try reader.beginning(of: row.run)?.part else { return false }
                return other.manifest == part.manifest && other.shard.count == part.shard.count
                    && seen.insert(other.shard).inserted
            }
            return [first] + (try others.map { try RunReport.Part($0, in: directory, reader) })
        }
        throw Trouble(
            "no run is recorded in \(given), nor in .autonomous/.quire there; name the state "
                + "directory that its quire run used (--state-dir)",
            status: ExitStatus.missing
        )
    }

    private func check() throws {
        guard let first = runs.first, runs.count > 1 else { return }
        if let odd = runs.first(where: { $0.whole == nil }) {
            throw Trouble(
                "the run \(odd.leg.run) in \(odd.directory) is no shard, and stands for itself; "
                    + "leave it or the others out",
                status: ExitStatus.usage
            )
        }
        var seen: [Shard: RunReport.Part] = [:]
        for run in runs {
            guard let part = run.whole, let whole = first.whole else { continue }
            guard part.manifest == whole.manifest, part.shard.count == whole.shard.count else {
                throw Trouble(
                    "\(first.words) and \(run.words) are of different manifests, or of different "
                        + "versions, selections or numbers of shards of one; merge those that "
                        + "belong together",
                    status: ExitStatus.usage
                )
            }
            if let other = seen.updateValue(run, forKey: part.shard) {
                throw Trouble(
                    "\(other.words) is there twice, also in \(run.directory); leave out the one "
                        + "that doesn't count",
                    status: ExitStatus.usage
                )
            }
        }
    }

    var report: RunReport { RunReport(runs) }
}

extension RunReport.Part {
    /// The run's name, shard and directory, for messages.
    fileprivate var words: String {
        "shard \(whole.map { "\($0.shard)" } ?? "-") of \"\(leg.name)\" in \(directory)"
    }
}
