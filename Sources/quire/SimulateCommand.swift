import ArgumentParser
import Foundation
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

            Sizes of a manifest's tasks come from the sessions they took in earlier runs, then \
            from "size", then from what tasks usually take; the rest is drawn from the seed.
            """
    )

    @Argument(help: "The manifest: YAML or JSON.")
    var manifest: String?

    @Option(
        help: ArgumentHelp(
            "A synthetic workload: "
                + WorkloadName.allCases.map(\.rawValue).joined(separator: ", ") + "."
        )
    )
    var workload: String?

    @Option(help: "A workload as JSON.")
    var workloadFile: String?

    @Option(help: "The synthetic workload's number of tasks.")
    var tasks: Int?

    @Option(help: ArgumentHelp("Sessions at once; several numbers compare.", valueName: "n,…"))
    var slots: String?

    @Option(help: "What everything is drawn from.")
    var seed = 1

    @Option(
        help: ArgumentHelp(
            "Schedulers to compare, or \"all\": "
                + Policy.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "name,…"
        )
    )
    var policy = "pace"

    @Option(
        help: ArgumentHelp(
            "Give hints of the tasks' sizes that are off by a lognormal factor of this spread.",
            valueName: "spread"
        )
    )
    var hints: Double?

    @Option(help: "End a task after so many sessions in a row without a new tick; 0 for never.")
    var stallAfter = 0

    @Option(help: ArgumentHelp("Write all starts to a file, a line each.", valueName: "file"))
    var dispatches: String?

    @Option(help: ArgumentHelp("Write a page with pictures.", valueName: "file"))
    var html: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var look: StateOptions

    func validate() throws {
        let sources = [manifest, workload, workloadFile].compactMap(\.self)
        guard sources.count == 1 else {
            throw ValidationError("Name one of: a manifest, --workload, --workload-file.")
        }
        if let tasks, !(1...10_000_000).contains(tasks) {
            throw ValidationError("--tasks must be from 1 to 10,000,000.")
        }
        if let hints, !(0...10).contains(hints) {
            throw ValidationError("--hints must be from 0 to 10.")
        }
        if !(0...1_000_000).contains(stallAfter) {
            throw ValidationError("--stall-after must be from 0 to 1,000,000.")
        }
        _ = try (policies, slotCounts)
    }

    func run() throws {
        let (base, manifestPlan) = try source()
        let counts = try slotCounts ?? [base.slots]
        var results: [SimulationPage.Result] = []
        for count in counts {
            var workload = base
            workload.slots = count
            for policy in try policies {
                var batch = Batch(
                    workload,
                    plan: plan(of: workload, manifestPlan),
                    rule: policy.rule(for: workload),
                    settings: settings
                )
                batch.run()
                results.append(
                    SimulationPage.Result(slots: count, policy: policy.rawValue, batch: batch)
                )
            }
        }
        if let dispatches { try writeDispatches(results, to: dispatches) }
        if let html { try write(SimulationPage(workload: base, results: results).html, to: html) }
        json ? try printJSON(base, results) : printTable(base, results)
    }

    private func plan(of workload: Workload, _ manifest: RunPlan?) -> RunPlan {
        guard var plan = manifest else { return workload.plan(stopsAfter: stallAfter) }
        plan.concurrency = workload.slots
        return plan
    }

    /// As in a run where tasks are ended for stalling; as published where they are not.
    private var settings: Scheduler.Settings {
        var settings = Scheduler.Settings()
        if stallAfter == 0, manifest == nil { settings.parksAfter = nil }
        return settings
    }

    private var policies: [Policy] {
        get throws {
            if policy == "all" { return Policy.allCases }
            return try policy.split(separator: ",").map { name in
                guard let policy = Policy(rawValue: String(name)) else {
                    let known = Policy.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("There is no scheduler \"\(name)\"; there are \(known).")
                }
                return policy
            }
        }
    }

    private var slotCounts: [Int]? {
        get throws {
            try slots?.split(separator: ",").map { text in
                guard let count = Int(text), (1...1_000_000).contains(count) else {
                    throw ValidationError("--slots: \"\(text)\" is no number from 1 to 1,000,000.")
                }
                return count
            }
        }
    }

    /// What is played; with a manifest, the plan that it makes.
    private func source() throws -> (Workload, RunPlan?) {
        if let manifest {
            let model = try ManifestModel(manifest, state: look, seed: seed)
            return (model.workload, model.plan)
        }
        var workload = try drawn()
        workload.setHints(spread: hints, seed: seed)
        return (workload, nil)
    }

    private func drawn() throws -> Workload {
        if let workloadFile { return try Self.read(workloadFile) }
        guard let name = workload.flatMap(WorkloadName.init) else {
            let known = WorkloadName.allCases.map(\.rawValue).joined(separator: ", ")
            throw Trouble(
                "there is no workload \"\(workload ?? "")\"; there are \(known)",
                status: ExitStatus.usage
            )
        }
        return name.draw(seed: seed, tasks: tasks, slots: try slotCounts?.first)
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
            throw Trouble("\(path) can't be read: \(error)", status: ExitStatus.missing)
        }
    }

    private func writeDispatches(_ results: [SimulationPage.Result], to path: String) throws {
        var lines = "# policy slots seconds task session slot why\n"
        for result in results {
            let names = result.batch.workload.tasks.map(\.planName)
            for start in result.batch.dispatches {
                lines +=
                    "\(result.policy) \(result.slots) \(start.at) \(names[start.task]) "
                    + "\(start.session) \(start.slot) \(start.stream.rawValue)\n"
            }
        }
        try write(lines, to: path)
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw Trouble("\(path) can't be written: \(error)", status: ExitStatus.missing)
        }
    }

    private func printJSON(_ workload: Workload, _ results: [SimulationPage.Result]) throws {
        struct Row: Encodable {
            var slots: Int
            var figures: BatchFigures

            func encode(to encoder: any Encoder) throws {
                try figures.encode(to: encoder)
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
        let rows = results.map { Row(slots: $0.slots, figures: $0.figures) }
        let answer = Answer(
            workload: workload.name,
            seed: workload.seed,
            tasks: workload.tasks.count,
            slots: results.first?.slots ?? workload.slots,
            results: rows
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Terminal.say(String(decoding: try encoder.encode(answer), as: UTF8.self))
    }

    private func printTable(_ workload: Workload, _ results: [SimulationPage.Result]) {
        let table = SimulationTable(results.map { ($0.slots, $0.figures) })
        Terminal.say(
            "workload \"\(workload.name)\", seed \(workload.seed): \(workload.tasks.count) tasks, "
                + "\(workload.tasks.count { $0.completesAfter != nil }) of which can be completed"
        )
        Terminal.say("")
        Terminal.say(table.lines(width: Terminal.columns ?? 120).joined(separator: "\n"))
    }
}

extension DecodingError {
    /// What is wrong and where.
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
