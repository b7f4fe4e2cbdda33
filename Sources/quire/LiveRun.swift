import Application
import ArgumentParser
import Autonomous
import Driver
import Orchestration
import Reporting
import RunStore

/// The options of commands that steer a run while it runs.
struct SteeringOptions: ParsableArguments {
    @Option(
        name: .customLong("of"),
        help: ArgumentHelp(
            "The manifest whose run is meant (default: the newest run that lives).",
            valueName: "manifest"
        ),
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String?

    @OptionGroup var look: LookOptions

    /// Sends a request to the run that lives, and prints its answer.
    ///
    /// - Throws: `Trouble` with status 69 if none lives, with what can be done instead, and with status 64 if
    ///   the run refuses the request.
    func send(
        _ request: SteeringRequest,
        of manifest: String? = nil,
        instead: (LegRecord) -> SafeText
    ) throws {
        let client = "quire \(request.kind.rawValue)"
        let live = try LiveRun.find(manifest ?? self.manifest, look)
        guard let run = live.run else { throw live.trouble(instead) }
        let answer = try LiveRun.ask(run, in: live.stateDirectory, client: client, request)
        guard look.json else {
            switch answer {
            case .accepted(let words, _): return Terminal.say("\(run.name): \(words)")
            case .refused(let reason): throw Trouble("\(reason)", status: ExitStatus.usage)
            }
        }
        try LookOptions.printJSON(Printed(run: run.run, name: run.name, answer))
        if case .refused = answer { throw ExitCode(ExitStatus.usage) }
    }

    private struct Printed: Encodable {
        var run: String
        var name: String
        var accepted: Bool
        var words: String
        var tasks: [String]

        init(run: String, name: String, _ answer: SteeringAnswer) {
            (self.run, self.name) = (run, name)
            switch answer {
            case .accepted(let words, let tasks):
                (accepted, self.words, self.tasks) = (true, words, tasks)
            case .refused(let reason): (accepted, words, tasks) = (false, reason, [])
            }
        }
    }
}

/// The run under way that a person steers.
struct LiveRun {
    /// The newest leg of the run; `nil` if none lives.
    let run: LegRecord?
    /// The newest leg of the runs that don't live.
    private let newest: LegRecord?
    let stateDirectory: String

    /// Finds the newest run that lives, of a manifest if one is named.
    static func find(_ manifest: String?, _ look: LookOptions) throws -> LiveRun {
        let directory = look.stateDirectory(of: manifest)
        let reader = try look.reader(of: manifest)
        // Throws if there is none at all; without a manifest, an older run may be the one that lives.
        let (found, named) = try look.runs(manifest, in: reader)
        let runs = manifest == nil ? try all(found) : named
        return LiveRun(
            run: runs.first { $0.status(in: directory) == "running" },
            newest: runs.first,
            stateDirectory: directory
        )
    }

    private static func all(_ reader: StoreReader) throws -> [LegRecord] {
        do {
            return try reader.runs()
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Returns the trouble that no run lives, with what can be done instead.
    func trouble(_ instead: (LegRecord) -> SafeText) -> Trouble {
        guard let newest else {
            return Trouble("no run is under way in \(stateDirectory)", status: ExitStatus.missing)
        }
        let state = newest.status(in: stateDirectory)
        return Trouble(
            "no run is under way: \"\(newest.name)\" \(state == "killed" ? "was killed" : "has ended (\(state))"); "
                + instead(newest),
            status: ExitStatus.missing
        )
    }

    /// Sends a request to a run that lives, and returns its answer.
    static func ask(
        _ run: LegRecord,
        in directory: String,
        client: String,
        _ request: SteeringRequest
    ) throws -> SteeringAnswer {
        do throws(ControlTrouble) {
            var control = try ControlClient(run: run.run, in: directory, client: client)
            return try control.send(request)
        } catch {
            if error == .nobody, let holder = holder(of: run.run, in: directory),
                holder.host != Owner.current(work: "").host
            {
                throw Trouble(
                    "the run \"\(run.name)\" is carried out on \(holder.host) (process \(holder.pid)): "
                        + "steer it there",
                    status: ExitStatus.missing
                )
            }
            let words = error == .nobody ? Self.unreachable : "\(error)"
            throw Trouble("the run \"\(run.name)\": \(words)", status: ExitStatus.missing)
        }
    }

    private static let unreachable =
        "it is under way, but nobody listens at its control socket: it may be beginning or ending, or be "
        + "carried out by an older quire; to stop it: press Ctrl-C where it runs, or kill its process"

    private static func holder(of run: String, in directory: String) -> Owner? {
        [Exclusive.run, .task].lazy
            .compactMap { OwnerLock.holder($0.path(of: run, in: directory)) }
            .first { $0.work == run }
    }
}
