import Orchestration

/// A run played by hand: events go in at stated times, and the commands come back as short lines.
struct Scenario {
    var orchestrator: Orchestrator
    private var awake = Duration.zero
    /// The delays that were said of the sessions that ended, in order.
    private(set) var delays: [Double?] = []
    /// How far the wall clock was set on, or, less than zero, back.
    var clockOffset = Duration.zero

    /// Begins a run whose tasks' checklists are in the stated condition; missing unless stated.
    ///
    /// `changed` and `anew` name tasks whose directories are not as they were left, `leftOut` those
    /// that the leg leaves out and tells of, `questions` those that lie in directories.
    init(
        _ plan: RunPlan,
        found: [String: ChecklistState] = [:],
        state: RunState = RunState(),
        changed: [String]? = nil,
        anew: [String]? = nil,
        lookingAt leftOut: [String] = [],
        asking questions: [String: String] = [:]
    ) {
        orchestrator = Orchestrator(recovering: state, seed: 1)
        (self.plan, self.found) = (plan, found)
        (self.changed, self.anew, self.leftOut) = (changed, anew, leftOut)
        self.questions = questions
    }

    private let plan: RunPlan
    private let found: [String: ChecklistState]
    private let changed: [String]?
    private let anew: [String]?
    private let leftOut: [String]
    private let questions: [String: String]

    var state: RunState { orchestrator.state }

    /// How long the run has taken.
    var seconds: Double { awake.inSeconds }

    /// Begins the leg and returns what it starts with.
    mutating func begin(retryFailed: Bool = false) -> [String] {
        var events = [
            Event.runBegan(
                RunBegan(
                    run: "r",
                    name: "r",
                    pid: 1,
                    quireVersion: "0",
                    plan: plan,
                    retryFailed: retryFailed,
                    changed: changed,
                    anew: anew
                )
            )
        ]
        let reopening = Set((changed ?? []) + (anew ?? []))
        let opened = state.tasksToOpen(
            plan: plan,
            retryFailed: retryFailed,
            reopening: reopening
        )
        for name in leftOut + opened {
            let checklist = found[name] ?? .missing
            var inspected = TaskInspected(task: name, checklist: checklist)
            inspected.question = questions[name]
            events.append(.taskInspected(inspected))
        }
        return play(events)
    }

    /// Lets time pass and hands events over.
    mutating func play(_ events: [Event], after pause: Double = 0) -> [String] {
        play(events, at: awake + .seconds(pause))
    }

    private mutating func play(_ events: [Event], at time: Duration) -> [String] {
        awake = time
        let wall = WallTime(millisecondsSinceEpoch: 1_000_000_000_000) + awake + clockOffset
        let moment = Moment(awake: awake, wall: wall)
        let commands = orchestrator.handle(events, at: moment)
        for case .record(.sessionEnded(let fact)) in commands { delays.append(fact.retryIn) }
        return commands.compactMap(Self.line)
    }

    /// Lets a session be answered by the model.
    mutating func answer(_ task: String, _ session: Int, after pause: Double = 1) -> [String] {
        play([.sessionAnswered(SessionKey(task: task, number: session))], after: pause)
    }

    /// The wall clock's time so many seconds after the run's beginning.
    static func wall(_ seconds: Double) -> WallTime {
        WallTime(millisecondsSinceEpoch: 1_000_000_000_000) + .seconds(seconds)
    }

    /// Lets deadlines come until one has consequences.
    mutating func playNextDeadline() -> [String] {
        for _ in 0..<100 {
            guard let next = orchestrator.nextDeadline else { return ["no deadline"] }
            let lines = play([], at: max(awake, next))
            if !lines.isEmpty { return lines }
        }
        return ["a hundred deadlines without a consequence"]
    }

    /// Ends a session with a completed turn and this progress, or with a failure.
    mutating func end(
        _ task: String,
        _ session: Int,
        ticked: Int? = nil,
        of total: Int = 4,
        failure: Failure? = nil,
        after pause: Double = 1,
        thread: String? = nil,
        tokens: Int64? = nil,
        question: String? = nil
    ) -> [String] {
        var result = SessionResult(
            termination: .exited(failure == nil ? 0 : 1),
            failure: failure,
            thread: thread,
            usage: tokens.map { TokenUsage(input: $0) }
        )
        result.question = question
        let before = state.task(task)?.checklist ?? .missing
        let checklist = ticked.map { .good(Progress(ticked: $0, total: total)) } ?? before
        let key = SessionKey(task: task, number: session)
        return play([.sessionEnded(key, result, checklist)], after: pause)
    }

    /// Ends the check of a task's work, after which the list has this progress.
    mutating func check(
        _ task: String,
        _ result: CheckResult,
        _ output: String = "no",
        ticked: Int,
        of total: Int = 4,
        base: String? = nil,
        after pause: Double = 1
    ) -> [String] {
        var fact = CheckEnded(task: task, session: state.task(task)?.sessions ?? 0, result)
        if result != .passed {
            (fact.termination, fact.message, fact.output) = (.exited(1), "said \(output)", output)
        }
        fact.progress = Progress(ticked: ticked, total: total)
        fact.base = base
        let list = ChecklistState.good(Progress(ticked: ticked, total: total))
        return play([.checkEnded(fact, list, list: nil, nil)], after: pause)
    }

    /// Ends a hook.
    mutating func hook(
        _ hook: Hook,
        _ task: String? = nil,
        _ result: HookResult = .passed,
        after pause: Double = 1
    ) -> [String] {
        let session = task.flatMap { state.task($0)?.sessions }
        let began = HookBegan(hook, task: task, session: session)
        let message = result.isTrouble ? "said no" : nil
        return play([.hookEnded(HookEnded(began, result, message: message))], after: pause)
    }

    private static func line(_ command: Command) -> String? {
        switch command {
        case .record(let fact): line(fact)
        case .startSession: nil
        case .terminateSession(let key): "terminate \(key.task)#\(key.number)"
        case .killSession(let key): "kill \(key.task)#\(key.number)"
        case .startCheck(let check): "check \(check.task)#\(check.session)"
        case .terminateCheck(let task): "terminate the check of \(task)"
        case .killCheck(let task): "kill the check of \(task)"
        case .startHook(let hook):
            "hook \(hook.hook.rawValue)\(hook.task.map { " of \($0)" } ?? "")"
        case .notify(let message):
            "notify "
                + message.news.map { "\($0.topic.rawValue) \($0.task ?? "-")" }
                .joined(separator: ", ") + (message.ending.map { "; \($0.rawValue)" } ?? "")
        case .terminateHook(let key):
            "terminate the hook \(key.hook.rawValue)\(key.task.map { " of \($0)" } ?? "")"
        case .killHook(let key):
            "kill the hook \(key.hook.rawValue)\(key.task.map { " of \($0)" } ?? "")"
        case .releaseTask: nil
        case .readMachine: "look at the machine"
        case .openTask(let task): "open \(task)"
        case .passWords(_, let tasks): "pass words to \(tasks.joined(separator: ", "))"
        case .readManifest: "read the manifest"
        case .answer(_, .accepted(let words, _)): "accepted: \(words)"
        case .answer(_, .refused(let reason)): "refused: \(reason)"
        case .endRun(let ending): "end \(ending.rawValue)"
        }
    }

    private static func line(_ fact: RunEvent) -> String? {
        switch fact {
        case .sessionStarted(let fact):
            "start \(fact.task)#\(fact.session) slot \(fact.slot) \(fact.role.rawValue)"
                + (fact.resumes.map { " resuming \($0)" } ?? "")
                + (fact.isProbe == true ? " as a probe" : "")
        case .checkEnded(let fact): "\(fact.task): \(fact.words)"
        case .sessionEnded(let fact):
            "\(fact.task)#\(fact.session) \(fact.verdict.rawValue), charged to \(fact.charge.rawValue)"
        case .taskEnded(let fact): "\(fact.task) \(fact.outcome.rawValue): \(fact.reason)"
        case .taskReopened(let fact): "\(fact.task) reopened"
        case .gateClosed(let fact):
            "gate \(fact.key.words) closed"
                + (fact.startsOneByOne == true ? " but for one at a time" : "")
        case .gateOpened(let fact):
            "gate \(fact.key.words) opened"
        case .concurrencyChanged(let fact): "\(fact.limit) at once"
        case .shutdownAdvanced(let fact):
            "\(fact.step.rawValue) with \(fact.running) running"
                + (fact.checks.map { " and \($0) checked" } ?? "")
        case .warned(let fact): "warning: \(fact.message)"
        case .runBegan, .taskInspected, .sessionSpawned, .sessionUsed, .threadStarted,
            .sessionSignalled, .checkpointMade, .checkBegan, .hookBegan, .hookEnded, .limitRead,
            .steered,
            .runEnded:
            nil
        }
    }
}

extension GateKey {
    fileprivate var words: String {
        gate.rawValue + (limit.map { " for \($0)" } ?? "") + (account.map { " of \($0)" } ?? "")
    }
}
