import Application
import ArgumentParser
import FileAccess
import Orchestration
import Reporting
import Trees

/// `quire export`.
struct ExportCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the work of tasks with trees of their own as patches.",
        discussion: """
            Takes the tasks named, or all whose checklists are complete. Each gets a directory with a \
            patch for each commit, and the file "series" lists all patches in the order in which they \
            apply, those that a task needs before its own:

              quire export --into patches
              cd patches && git am --3way --keep-cr $(cat series)

            A directory that an earlier export wrote is replaced as a whole; nothing else is.

            Exit status: 0 everything written; 64 errors in the call; 69 something it needs is missing; \
            101 something was left out.
            """
    )

    @Argument(help: "The tasks; all complete ones unless given.", completion: .task)
    var tasks: [String] = []

    @Option(
        help: ArgumentHelp("Where the tasks' directories of patches go.", valueName: "dir"),
        completion: .directory,
        transform: Names.path(given:)
    )
    var into = "patches"

    @Flag(help: "One patch for each task instead of one for each commit.")
    var single = false

    @OptionGroup var state: StateOptions

    func run() throws {
        let isLeftOut = try TreeTasks.told {
            let trees = try TreeTasks(state)
            let chosen = try trees.chosen(tasks)
            let groups = trees.byRepository(chosen.records)
            guard groups.count < 2 else {
                let names = groups.map { "\($0.1[0].task) of \($0.0.topLevel)" }
                throw Trouble(
                    "the tasks are of several repositories (\(names.joined(separator: ", "))); name "
                        + "those of one",
                    status: ExitStatus.usage
                )
            }
            guard let (repository, records) = groups.first else { return chosen.isLeftOut }
            let git = try ManifestFile.git()
            let ready = try records.filter { try !trees.tellUnresolved($0, in: repository, git) }
            let redactor = chosen.checks.redactor
            let uncommitted = try ready.filter { try trees.tellUncommitted($0, git, redactor) }
            let all = try trees.records.all()
            return try export(ready, of: repository, among: all, git) || chosen.isLeftOut
                || !uncommitted.isEmpty || ready.count < records.count
        }
        if isLeftOut { throw ExitCode(ExitStatus.unfinished) }
    }

    /// Writes what there is; returns whether something was left out.
    private func export(
        _ records: [TreeRecord],
        of repository: Repository,
        among all: [TreeRecord],
        _ git: Git
    ) throws -> Bool {
        guard let place = try Directory.open(into.absolutePath, made: true) else {
            throw Trouble("\(into.absolutePath) can't be made", status: ExitStatus.missing)
        }
        // The directory may have patches of others, and a task may need another through a third.
        let ordered = try MergeCandidates.ordered(all, of: repository, git)
        let chosen = ordered.filter { record in records.contains { $0.task == record.task } }
        let isLeftOut: Bool? = try place.alone {
            let export = PatchExport(into: place, isSingle: single, git)
            var isLeftOut = false
            var written: [TreeRecord] = []
            for record in chosen {
                switch try export.write(record, of: repository) {
                case .written(let count, let note):
                    let words = note.map { ", \($0)" } ?? ""
                    Terminal.say(
                        "\(record.task): \(Format.count(count, "patch")) in "
                            + "\(into)/\(record.task)\(words)"
                    )
                    written.append(record)
                case .unchanged: Terminal.say("\(record.task): has committed nothing")
                case .leftOut(let reason):
                    Terminal.say("\(record.task): left out, since \(reason)")
                    isLeftOut = true
                }
            }
            for record in written {
                let missing = try export.missing(for: record, among: all)
                if !missing.isEmpty { complain(of: missing, for: record) }
            }
            guard let words = try export.writeSeries(ordered.map(\.task)) else { return isLeftOut }
            Terminal.complain("warning: \(words)")
            return true
        }
        guard let isLeftOut else {
            throw Trouble(
                "another \"quire export\" writes to \(into); wait for its end",
                status: ExitStatus.missing
            )
        }
        return isLeftOut
    }

    /// Says that a task's patches alone don't apply.
    private func complain(of missing: [String], for record: TreeRecord) {
        Terminal.complain(
            "warning: \(record.task) builds on the work of \(missing.joined(separator: ", ")), whose "
                + "patches are not in \(into); apply that first, or export it, too: quire export "
                + "\(missing.joined(separator: " ")) --into \(into)"
        )
    }
}
