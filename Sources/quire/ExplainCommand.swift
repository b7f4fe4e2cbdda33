import Application
import ArgumentParser
import Autonomous
import Dates
import Driver
import Foundation
import Orchestration
import Reporting
import RunStore

/// `quire explain`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell why a task runs, waits or has ended, and when its turn comes.",
        discussion: "All of it comes from the run's journal; nothing is guessed."
    )

    @Argument(help: "The task's name.", completion: .task)
    var task: String

    @Argument(
        help: "The manifest whose run to look at (default: the newest run).",
        completion: .manifest,
        transform: Names.path(given:)
    )
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
        var model: String?
        var move: ModelMove?
        var words: [String]
    }

    func run() throws {
        let (row, state) = try find()
        guard let place = state.tasks.firstIndex(where: { $0.plan.name == task }) else {
            let names = state.tasks.prefix(5).map(\.plan.name).joined(separator: ", ")
            throw Trouble(
                "the run \"\(row.name)\" has no task \"\(task)\"; its tasks are \(names)"
                    + (state.tasks.count > 5 ? " …" : ""),
                status: ExitStatus.missing
            )
        }
        var explanation = Explanation(
            state,
            place,
            isRunAlive: row.status(in: look.stateDirectory(of: manifest)) == "running",
            workspace: look.place(of: manifest),
            at: SystemClock.wall
        )
        if explanation.outcome == .damaged, explanation.isNews {
            explanation.redact(by: Redactor(ofRuns: [row.run]))
        }
        guard look.json else {
            var lines = explanation.words.map { "\($0)" as SafeText }
            // The first line says how the task stands.
            lines[0] = lines[0].painted(explanation.outcome?.paint, if: Terminal.usesColor)
            return Terminal.say(lines.joined(separator: "\n"))
        }
        try LookOptions.printJSON(answer(state, place, explanation))
    }

    /// Returns the newest run that has the task; if none has, the newest run.
    private func find() throws -> (LegRecord, RunState) {
        let (reader, rows) = try look.runs(manifest, in: try look.reader(of: manifest))
        var newest: (LegRecord, RunState)?
        do {
            for row in rows {
                let isOver = row.status(in: look.stateDirectory(of: manifest)) != "running"
                let state = try reader.state(of: row.run, isOver: isOver)
                if state.task(task) != nil { return (row, state) }
                newest = newest ?? (row, state)
            }
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        guard let newest else {
            throw Trouble("there is no run to explain [this is a bug]", status: ExitStatus.missing)
        }
        return newest
    }

    private func answer(_ state: RunState, _ place: Int, _ explanation: Explanation) -> Answer {
        let task = state.tasks[place]
        let standing = explanation.standing
        return Answer(
            task: task.plan.name,
            phase: explanation.phase,
            sessions: task.sessions,
            ticked: explanation.progress?.ticked,
            total: explanation.progress?.total,
            group: task.plan.group,
            remainingSeconds: standing?.remaining,
            rankSeconds: standing?.rank,
            ahead: standing?.ahead.map { state.tasks[$0].plan.name },
            startsAtTheLatestAfter: standing?.latest,
            model: task.rung.model,
            move: task.rung.move,
            words: explanation.words
        )
    }
}

/// A task's state in plain words.
struct Explanation {
    let standing: Standing?
    let phase: String
    private(set) var words: [String] = []

    /// The progress of the checklist on disk.
    let progress: Orchestration.Progress?

    private let state: RunState
    private let task: TaskState
    private let now: WallTime
    private let news: DirectoryNews?
    /// The outcome, by the task's directory.
    let outcome: Outcome?
    private let isRunAlive: Bool

    /// True if the task's directory tells something that the journal does not.
    var isNews: Bool { news?.reopening != nil }

    private var scheduler: SchedulerName { state.plan.scheduler ?? .pace }

    /// Explains a task of a run; if the run is not alive, its directory in the workspace is read, too.
    init(
        _ state: RunState,
        _ place: Int,
        isRunAlive: Bool,
        workspace: Workspace,
        at now: WallTime
    ) {
        self.now = now
        self.state = state
        self.isRunAlive = isRunAlive
        let task = state.tasks[place]
        self.task = task
        standing = state.scheduler.standing(of: place)
        let recorded = task.checklist.progress
        news =
            isRunAlive
            ? nil
            : DirectoryNews(
                task.plan.name,
                outcome: task.outcome,
                progress: recorded,
                in: workspace
            )
        progress = news.map(\.progress) ?? recorded
        outcome = news?.reopening == nil ? task.outcome : news?.outcome
        phase =
            outcome?.rawValue
            ?? (isRunAlive && task.runningSession != nil ? "running" : "waiting")
        words.append(headline)
        switch task.phase {
        case .ended where outcome == .needsYou:
            words.append("To answer: \(QuestionWords.command(task.plan.name))")
        case .ended: break
        case .running(let number) where isRunAlive: explainRunning(number)
        case .running(let number): words.append("Session \(number) was cut off when Quire died.")
        case .waiting: explainWaiting()
        }
        if let model = modelWords { words.append(model) }
        if outcome == nil, let order = ScheduleWords.order(state.scheduler.estimates, scheduler) {
            words.append(order)
        }
        if let reopening = news?.reopening {
            let ended =
                task.outcome == .needsYou
                ? "It asked a person" : "It was \(task.outcome?.rawValue ?? "open")"
            words.append("\(ended), but \(reopening).")
        }
        if !isRunAlive, outcome == nil {
            words.append("The run itself does not go on now; start it again to continue.")
        }
    }

    /// Takes the secrets out of the words.
    mutating func redact(by redactor: Redactor) { words = words.map(redactor.redact) }

    private var headline: String {
        let entries = progress.map { "\($0.ticked) of \(Format.count($0.total, "entry")) ticked" }
        let facts =
            "\(entries ?? (outcome == .damaged ? "a damaged checklist" : "no checklist yet")), \(Format.count(task.sessions, "session")) so far"
        let reason = (news?.reopening == nil ? task.reason : nil).map { ": \($0)" } ?? ""
        let state = outcome.map(StandingWords.predicate) ?? "is \(phase)"
        return "\(task.plan.name) \(state)\(reason) (\(facts))."
    }

    /// The standing of the task on its ladder of models; `nil` for a task without one.
    private var modelWords: String? {
        guard let models = task.plan.models, let model = task.rung.model ?? models.first else {
            return nil
        }
        let why = task.rung.move.map { ", in place of \($0.from), since \($0.reason)" } ?? ""
        let next =
            models.drop { $0 != model }.dropFirst().first
            .map { "; evidence against it leads to \($0)" } ?? ""
        return "Its model is \(model)\(why)\(next)."
    }

    private mutating func explainRunning(_ number: Int) {
        guard let running = state.running[SessionKey(task: task.plan.name, number: number)] else {
            return
        }
        let why =
            running.start.isProbe == true
            ? "one session finds out whether starts are still held"
            : ScheduleWords.reason(
                running.start.stream,
                scheduler,
                isUnknown: number == 1 && task.plan.size == nil
            )
        words.append("Session \(number) runs in slot \(running.start.slot), because \(why).")
    }

    private mutating func explainWaiting() {
        guard task.plan.isLeftOut != true else {
            let person = state.steering.skipped[task.plan.name]
            words.append(
                person.map { "It was left out of the newest leg by \($0.words)." }
                    ?? "The newest leg of the run left it out: it was not selected."
            )
            return
        }
        if let person = state.steering.drain, isRunAlive {
            words.append("Nothing starts: the run is drained by \(person.words).")
        }
        if let set = state.steering.priorities[task.plan.name] {
            words.append("Its priority, \(set.value), was set by \(set.by.words).")
        }
        switch task.check {
        case .none, .passed: break
        case .due: return words.append("What its list claims waits for its check (verify).")
        case .running:
            return words.append(
                isRunAlive
                    ? "Its check (verify) runs." : "Its check (verify) was cut off, and runs again."
            )
        }
        if let shutdown = state.leg.shutdown, isRunAlive {
            words.append("Nothing starts: the run is being stopped (\(shutdown.step.rawValue)).")
        }
        let gates = state.gates(holding: task.plan.name)
        for gate in gates {
            let hold = GateWords.hold(gate, at: now, offset: LocalTime.offset)
            words.append(
                // A usage limit does not end with the run.
                isRunAlive || gate.gate.outlivesLeg
                    ? "Starts are held\(hold): \(gate.reason)"
                    : "Starts were held\(hold) when the run ended: \(gate.reason)"
            )
        }
        let needs = task.plan.needs.filter { state.task($0)?.outcome != .complete }
        if !needs.isEmpty {
            let verb = Format.word(for: needs.count, "is", "are")
            words.append(
                "It needs \(Format.names(needs, most: 5)), which \(verb) not complete yet."
            )
        }
        guard let standing else {
            if needs.isEmpty, gates.isEmpty {
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
        words.append(
            standing.isParked
                ? parkedWords(standing) : ScheduleWords.rank(standing, task, scheduler)
        )
        if standing.isGroupFull {
            words.append("Its group \"\(standing.group)\" runs as many sessions as it may.")
        }
        if standing.isGroupHeld {
            words.append("The budget of its group \"\(standing.group)\" is used up or set aside.")
        }
        if standing.isOutranked {
            words.append(
                scheduler == .pace
                    ? "Tasks of a larger priority wait as well: while they do, every 32nd start "
                        + "goes to smaller ones."
                    : "Tasks of a larger priority wait as well, and go first."
            )
        }
        if standing.groupsAhead > 0 {
            let count = standing.groupsAhead
            words.append(
                "\(Format.count(count, "group")) \(Format.word(for: count, "has", "have")) had less "
                    + "session time for \(Format.word(for: count, "its", "their")) weight, and "
                    + "\(Format.word(for: count, "goes", "go")) first."
            )
        }
        let place = scheduler == .pace ? " in its group" : ""
        let ahead = standing.ahead.map { state.tasks[$0].plan.name }
        words.append(
            ahead.isEmpty
                ? "Nothing is ahead of it\(place) by rank."
                : "Ahead of it\(place): \(Format.names(ahead, most: 5))."
        )
        if let latest = standing.latest {
            let starts =
                standing.hasOtherPriorities
                ? "of tasks of its priority (\(task.plan.priority)) in its group" : "of its group"
            words.append(
                "Whatever the order, it starts after at most \(Format.count(latest, "start")) \(starts)."
            )
        }
    }

    private func parkedWords(_ standing: Standing) -> String {
        "It is parked, so it goes when nothing else waits, or when it has waited longest: "
            + "\(task.parking)."
    }
}
