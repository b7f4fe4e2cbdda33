import Application
import ArgumentParser
import Autonomous
import Foundation
import Manifest
import Orchestration
import Reporting
import RunStore
import Simulation

/// `quire simulate`.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play a batch on virtual time: how long would it take, with which scheduler?",
        discussion: """
            Plays the decisions that "quire run" makes, on a manifest, on a synthetic workload or \
            on a workload file. No session is started and nothing is written but what is asked for.

              quire simulate m.yaml --slots 4,8,16       how long with 4, 8 or 16 sessions at once?
              quire simulate --workload trace --policy all
              quire simulate --workload-file w.json --policy pace,fifo --json
              quire simulate m.yaml --usage-window 5h --usage-tokens 20M

            Sizes of a manifest's tasks come from the sessions they took in earlier runs, then \
            from "size", then from what tasks usually take; the rest is drawn from the seed.
            """
    )

    @Argument(
        help: "The manifest: YAML or JSON.",
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String?

    @Option(
        help: ArgumentHelp(
            "A synthetic workload: "
                + WorkloadName.allCases.map(\.rawValue).joined(separator: ", ") + "."
        ),
        completion: .workloads
    )
    var workload: String?

    @Option(
        help: "A workload as JSON.",
        completion: .file(extensions: ["json"]),
        transform: Names.path(given:)
    )
    var workloadFile: String?

    @Option(help: "The synthetic workload's number of tasks.")
    var tasks: Int?

    @Option(help: ArgumentHelp("Sessions at once; several numbers compare.", valueName: "n,..."))
    var slots: String?

    @Option(help: "What everything is drawn from (default: 1).")
    var seed: Int?

    @Option(
        help: ArgumentHelp(
            "Schedulers to compare, or \"all\": "
                + Policy.allCases.map(\.rawValue).joined(separator: ", ")
                + " (default: the manifest's, else pace).",
            valueName: "name,..."
        ),
        completion: .policies
    )
    var policy: String?

    @Option(
        help: ArgumentHelp(
            "Give hints of the tasks' sizes that are off by a lognormal factor of this spread.",
            valueName: "spread"
        )
    )
    var hints: Double?

    @Flag(
        help: ArgumentHelp(
            "Play the workload's tasks a second time: the scheduler knows how long they took in "
                + "another run."
        )
    )
    var again = false

    @Option(
        help: ArgumentHelp(
            "End a task after so many sessions in a row without a new tick; 0, the default, for "
                + "never. A manifest has its own.",
            valueName: "n"
        )
    )
    var stallAfter: Int?

    @Option(
        help: ArgumentHelp("Write all starts to a file, a line each.", valueName: "file"),
        completion: .file(),
        transform: Names.path(given:)
    )
    var dispatches: String?

    @Option(
        help: ArgumentHelp("Write a page with pictures.", valueName: "file"),
        completion: .file(),
        transform: Names.path(given:)
    )
    var html: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(title: "Limits of each account") var limits: LimitOptions

    @OptionGroup var look: StateOptions

    func validate() throws {
        let sources = [manifest, workload, workloadFile].compactMap(\.self)
        guard sources.count == 1 else {
            throw ValidationError("Name one of: a manifest, --workload NAME, --workload-file FILE.")
        }
        try refuseIdleOptions()
        try checkRanges()
        _ = try (policies(), slotCounts(), limits.limits)
    }

    func run() throws {
        let pages = try html.map { try ReportFile(option: "--html", path: $0, format: .page) }
        let logs = try dispatches.map {
            try ReportFile(
                option: "--dispatches",
                path: $0,
                format: .dispatches
            )
        }
        let output = try ReportFile.output(besides: [pages, logs], hasAnswer: json)
        let (base, manifestPlan) = try source()
        let counts = try slotCounts() ?? [base.slots]
        var results: [SimulationPage.Result] = []
        for count in counts {
            var workload = base
            workload.slots = count
            let earlier = try earlierRun(slots: count)
            for policy in try policies(of: manifestPlan) {
                var batch = Batch(
                    workload,
                    plan: plan(of: workload, manifestPlan),
                    rule: policy.rule(for: workload),
                    settings: settings,
                    limits: try limits.limits,
                    after: earlier
                )
                batch.run()
                results.append(
                    SimulationPage.Result(slots: count, policy: policy.rawValue, batch: batch)
                )
            }
        }
        try logs?.write(log(of: results))
        try pages?.write(SimulationPage(workload: base, results: results).html)
        guard !json else { return try printJSON(base, results) }
        printTable(base, results, to: output)
        let status = Terminal.status(ExitStatus.complete, reportedOn: output)
        if status != ExitStatus.complete { throw ExitCode(status) }
    }

    /// Returns a run of the workload's tasks in other sessions, for `--again`.
    private func earlierRun(slots: Int) throws -> Batch? {
        guard again else { return nil }
        var workload = try drawn(isEarlier: true)
        workload.slots = slots
        workload.setHints(spread: nil, seed: workload.seed)
        var batch = Batch(workload, plan: plan(of: workload, nil), settings: settings)
        batch.run()
        return batch
    }

    private func plan(of workload: Workload, _ manifest: RunPlan?) -> RunPlan {
        guard var plan = manifest else { return workload.plan(stopsAfter: stallAfter ?? 0) }
        plan.concurrency = workload.slots
        return plan
    }

    /// The scheduler's settings: as in a run if tasks are ended for stalling, otherwise as published.
    private var settings: Scheduler.Settings {
        var settings = Scheduler.Settings()
        if (stallAfter ?? 0) == 0, manifest == nil { settings.parksAfter = nil }
        return settings
    }

    /// Returns the workload to play and, for a manifest, its plan.
    private func source() throws -> (Workload, RunPlan?) {
        if let manifest {
            let manifest = try ManifestFile.load(manifest)
            let place = Workspace.containing((manifest.path as NSString).deletingLastPathComponent)
            do {
                let directory = look.directory(in: place)
                let history = try ManifestHistory(directory: directory, manifest: manifest.path)
                let model = ManifestModel(manifest, history)
                return (model.workload(seed: seed ?? 1), model.plan)
            } catch {
                throw Trouble("\(error)", status: ExitStatus.missing)
            }
        }
        var workload = try drawn()
        // A file's sizes stay as they are, unless `--hints` blurs them.
        if let hints, !workload.tasks.contains(where: { $0.size != nil }) {
            throw Trouble(
                "--hints \(hints) changes nothing: no task of \(workload.name) has a \"size\"",
                status: ExitStatus.usage
            )
        }
        if workloadFile == nil || hints != nil {
            workload.setHints(spread: hints, seed: seed ?? workload.seed)
        }
        return (workload, nil)
    }

    private func drawn(isEarlier: Bool = false) throws -> Workload {
        if let workloadFile { return try Self.read(workloadFile) }
        guard let name = workload.flatMap(WorkloadName.init) else {
            let known = WorkloadName.allCases.map(\.rawValue).joined(separator: ", ")
            throw Trouble(
                "there is no workload \"\(workload ?? "")\"; there are \(known)",
                status: ExitStatus.usage
            )
        }
        return name.draw(
            seed: seed ?? 1,
            tasks: tasks,
            slots: try slotCounts()?.first,
            isEarlier: isEarlier
        )
    }

    private static func read(_ path: String) throws -> Workload {
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            let workload = try JSONDecoder().decode(Workload.self, from: data)
            guard let fault = workload.fault else { return workload }
            throw Trouble("\(path): \(fault)", status: ExitStatus.usage)
        } catch let error as DecodingError {
            throw Trouble("\(path) is no workload: \(error.forPeople)", status: ExitStatus.usage)
        } catch let error as Trouble {
            throw error
        } catch {
            throw Trouble(
                "\(path) can't be read: \(error.localizedDescription)",
                status: ExitStatus.missing
            )
        }
    }

    /// Returns all starts, a line each.
    private func log(of results: [SimulationPage.Result]) -> String {
        var lines = ReportFormat.dispatchesHeader
        for result in results {
            let names = result.batch.workload.tasks.map { Sanitizer.line($0.planName) }
            for start in result.batch.dispatches {
                lines +=
                    "\(result.policy) \(result.slots) \(start.at) \(names[start.task]) "
                    + "\(start.session) \(start.slot) \(start.stream.rawValue)\n"
            }
        }
        return Sanitizer.disarmed(lines)
    }

    private func printJSON(_ workload: Workload, _ results: [SimulationPage.Result]) throws {
        struct Row: Encodable {
            var slots: Int
            var figures: BatchFigures
            var comparison: BatchComparison

            func encode(to encoder: any Encoder) throws {
                try figures.encode(to: encoder)
                try comparison.encode(to: encoder)
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(slots, forKey: .slots)
            }

            enum Keys: CodingKey { case slots }
        }
        struct Answer: Encodable {
            var workload: String
            var seed: Int
            var tasks: Int
            var slots: Int
            var results: [Row]
        }
        let rows = results.map { result in
            Row(
                slots: result.slots,
                figures: result.figures,
                comparison: result.comparison(in: results)
            )
        }
        let answer = Answer(
            workload: workload.name,
            seed: workload.seed,
            tasks: workload.tasks.count,
            slots: results.first?.slots ?? workload.slots,
            results: rows
        )
        Terminal.say(try JSONText.answer(answer, keepsKeys: true))
    }

    private func printTable(
        _ workload: Workload,
        _ results: [SimulationPage.Result],
        to output: StandardStream
    ) {
        let table = SimulationTable(
            results.map { ($0.slots, $0.figures) },
            againstClairvoyant: results.map { $0.comparison(in: results).againstClairvoyant }
        )
        output.write(
            "workload \"\(workload.name)\", seed \(workload.seed): \(Format.count(workload.tasks.count, "task")), "
                + "\(workload.tasks.count { $0.completesAfter != nil }) of which can be completed"
                + (again ? "; their second run\n" : "\n")
                + (ScheduleWords.order(workload).map { "\($0)\n\n" } ?? "\n")
        )
        let width = Terminal.columns
        output.write(table.lines(width: width).joined(separator: "\n") + "\n")
        for lines in table.limitLines(width: width) { output.write("\n" + lines + "\n") }
    }
}

extension DecodingError {
    /// The error and its location.
    fileprivate var forPeople: String {
        switch self {
        case .keyNotFound(let key, let context):
            "\(context.path)\"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(context.path)\(context.debugDescription)"
        case .dataCorrupted(let context): "\(context.path)\(context.debugDescription)"
        @unknown default: "\(self)"
        }
    }
}

extension DecodingError.Context {
    fileprivate var path: String {
        codingPath.isEmpty ? "" : codingPath.map(\.stringValue).joined(separator: "/") + ": "
    }
}
