import ArgumentParser
import Foundation
import Orchestration
import Reporting
import RunStore

/// `quire explain`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell why a task runs, waits or has ended, and when its turn comes.",
        discussion: "What it tells is what the run's journal tells: nothing is guessed."
    )

    @Argument(help: "The task's name.")
    var task: String

    @Argument(help: "The manifest whose run to look at (default: the newest run).")
    var manifest: String?

    @OptionGroup var look: LookOptions

    private struct Answer: Encodable {
        var task: String
        var phase: String
        var sessions: Int
        var ticked: Int?
        var total: Int?
        var group: String?
        var remainingSeconds: Double?
        var rankSeconds: Double?
        var ahead: [String]?
        var startsAtTheLatestAfter: Int?
        var words: [String]
    }

    func run() throws {
        let (reader, row) = try look.run(manifest, in: try look.reader())
        let state: RunState
        do {
            state = try reader.state(of: row.id)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        guard let place = state.tasks.firstIndex(where: { $0.plan.name == task }) else {
            let names = state.tasks.prefix(5).map(\.plan.name).joined(separator: ", ")
            throw Trouble(
                "the run \"\(row.name)\" has no task \"\(task)\"; its tasks are \(names)"
                    + (state.tasks.count > 5 ? " …" : ""),
                status: ExitStatus.usage
            )
        }
        let explanation = Explanation(state, place, isRunAlive: row.status == "running")
        guard look.json else { return Terminal.say(explanation.words.joined(separator: "\n")) }
        try LookOptions.printJSON(answer(state, place, explanation))
    }

    private func answer(_ state: RunState, _ place: Int, _ explanation: Explanation) -> Answer {
        let task = state.tasks[place]
        let standing = explanation.standing
        return Answer(
            task: task.plan.name,
            phase: explanation.phase,
            sessions: task.sessions,
            ticked: task.checklist.progress?.ticked,
            total: task.checklist.progress?.total,
            group: task.plan.group,
            remainingSeconds: standing?.remaining,
            rankSeconds: standing?.rank,
            ahead: standing?.ahead.map { state.tasks[$0].plan.name },
            startsAtTheLatestAfter: standing?.latest,
            words: explanation.words
        )
    }
}

/// A task's standing in plain words.
struct Explanation {
    let standing: Standing?
    let phase: String
    private(set) var words: [String] = []

    private let state: RunState
    private let task: TaskState

    init(_ state: RunState, _ place: Int, isRunAlive: Bool) {
        self.state = state
        task = state.tasks[place]
        standing = state.scheduler.standing(of: place)
        switch task.phase {
        case .ended(let outcome): phase = outcome.rawValue
        case .running: phase = "running"
        case .waiting: phase = "waiting"
        }
        words.append(headline)
        switch task.phase {
        case .ended: break
        case .running(let number): explainRunning(number)
        case .waiting: explainWaiting()
        }
        if !isRunAlive, task.outcome == nil {
            words.append("The run itself does not go on now; start it again to continue.")
        }
    }

    private var headline: String {
        let entries = task.checklist.progress.map { "\($0.ticked) of \($0.total) entries ticked" }
        let facts = "\(entries ?? "no checklist yet"), \(task.sessions) sessions so far"
        let reason = task.reason.map { ": \($0)" } ?? ""
        return "\(task.plan.name) is \(phase)\(task.outcome == nil ? "" : reason) (\(facts))."
    }

    private mutating func explainRunning(_ number: Int) {
        guard let running = state.running[SessionKey(task: task.plan.name, number: number)] else {
            return
        }
        let why =
            switch running.start.stream {
            case .age: "it had waited longest: every 32nd start of a group goes to that task"
            case .length:
                "it is among the longest of its group, and must begin for the batch to end"
            case .rank: "it was thought to be finished soonest of the tasks that waited"
            case nil: "the scheduler chose it"
            }
        words.append("Session \(number) runs in slot \(running.start.slot + 1), because \(why).")
    }

    private mutating func explainWaiting() {
        if let shutdown = state.shutdown {
            words.append("Nothing starts: the run is being stopped (\(shutdown.step.rawValue)).")
        }
        for gate in state.gates.values.sorted(by: { $0.gate.rawValue < $1.gate.rawValue }) {
            words.append("Nothing starts: \(gate.reason).")
        }
        let needs = task.plan.needs.filter { state.task($0)?.outcome != .complete }
        if !needs.isEmpty { words.append("It needs \(names(needs)), which is not complete yet.") }
        guard let standing else {
            if needs.isEmpty {
                words.append(
                    task.isInspected
                        ? "It waits for the delay after its last session to pass."
                        : "Its directory has not been opened yet, or another run holds it."
                )
            }
            return
        }
        explainStanding(standing)
    }

    private mutating func explainStanding(_ standing: Standing) {
        words.append(rankWords(standing))
        if standing.isGroupFull {
            words.append("Its group \"\(standing.group)\" runs as many sessions as it may.")
        }
        if standing.isOutranked { words.append("Tasks of a larger priority wait as well.") }
        if standing.groupsAhead > 0 {
            words.append(
                "\(standing.groupsAhead) groups have had less session time for their weight, and "
                    + "go first."
            )
        }
        let ahead = standing.ahead.map { state.tasks[$0].plan.name }
        words.append(
            ahead.isEmpty
                ? "Nothing is ahead of it in its group: it goes with the next slot for the group."
                : "Ahead of it in its group: \(names(ahead))."
        )
        if let latest = standing.latest {
            words.append(
                "Whatever the order, it starts after at most \(latest) starts of its group."
            )
        }
    }

    private func rankWords(_ standing: Standing) -> String {
        if standing.isParked {
            return "It ticked nothing in \(standing.idle) sessions in a row, so it is parked: it "
                + "goes when nothing else waits, or when it has waited longest."
        }
        guard let remaining = standing.remaining else {
            let guess = Duration.seconds(standing.rank).forPeople
            return task.plan.size == nil
                ? "Nothing is known of its size: it is ranked as \(guess) of work."
                : "Going by its size hint, it is ranked as \(guess) of work."
        }
        let left = Duration.seconds(remaining).forPeople
        let rank = Duration.seconds(standing.rank).forPeople
        return standing.rank > remaining * 1.01
            ? "About \(left) of work is left; as it does not come on, it is ranked as \(rank)."
            : "About \(left) of work is left."
    }

    private func names(_ names: [String]) -> String {
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }
}
