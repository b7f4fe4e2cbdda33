// The decisions on what people ask of a run while it runs.
extension Orchestrator {
    /// Carries a request out, or refuses it; the answer follows the facts, unless something must be read or
    /// written before.
    mutating func steer(_ call: Steering) {
        do throws(SteeringRefusal) {
            try turn.check(call.request)
            guard let answer = try decide(call) else { return }
            turn.order(.answer(call.id, answer))
        } catch {
            turn.order(.answer(call.id, .refused(error.words)))
        }
    }

    private mutating func decide(_ call: Steering) throws(SteeringRefusal) -> SteeringAnswer? {
        switch call.request {
        case .pause(let afterSessions): return pause(afterSessions, by: call.by)
        case .resume: return try resume(by: call.by)
        case .drain: return drain(by: call.by)
        case .stop(let tasks): return try stop(tasks, by: call.by)
        case .skip(let tasks): return try skip(tasks, by: call.by)
        case .retry(let tasks): return try retry(tasks, by: call.by)
        case .set(let settings): return try set(settings, call)
        case .tell(let tasks, _):
            let places = try turn.places(of: tasks)
            turn.order(.passWords(call, to: places.map { turn.state.tasks[$0].plan.name }))
        case .answer(let tasks, _):
            let places = try turn.places(of: tasks) { task in
                task.outcome == .needsYou
                    ? nil : "asks nothing now; to tell it something: quire tell"
            }
            turn.order(.passWords(call, to: places.map { turn.state.tasks[$0].plan.name }))
        case .add: turn.order(.readManifest(call))
        }
        return nil
    }

    // MARK: - The run

    private mutating func pause(_ afterSessions: Bool, by person: Steerer) -> SteeringAnswer {
        let running = turn.state.running.keys.filter { turn.sessions.cause(of: $0) == nil }
        let isPaused = turn.state.steering.pause != nil
        guard !isPaused || !afterSessions && !running.isEmpty else {
            return .accepted("the run is paused already", tasks: [])
        }
        var fact = Steered(.pause, by: person)
        fact.afterSessions = afterSessions ? true : nil
        turn.record(.steered(fact))
        let reason = "paused by \(person.words); to go on: quire resume"
        turn.close(GateClosed(gate: .pause, until: nil, reason: reason))
        if !afterSessions { turn.end(running, .pause, "the run is paused") }
        let sessions = Format.count(running.count, "session")
        let verb = Format.word(for: running.count, "ends", "end")
        let rest = Format.word(for: running.count, "goes", "go")
        let words =
            afterSessions ? "\(sessions) may finish" : "\(sessions) \(verb), and \(rest) on later"
        return .accepted(
            "paused: nothing more starts" + (running.isEmpty ? "" : ", \(words)"),
            tasks: running.map(\.task).sorted()
        )
    }

    private mutating func resume(by person: Steerer) throws(SteeringRefusal) -> SteeringAnswer {
        let steering = turn.state.steering
        guard steering.pause != nil || steering.drain != nil else {
            throw SteeringRefusal("the run is neither paused nor drained")
        }
        turn.record(.steered(Steered(.resume, by: person)))
        turn.open(GateKey(.pause))
        return .accepted("resumed: starts go on", tasks: [])
    }

    private mutating func drain(by person: Steerer) -> SteeringAnswer {
        guard turn.state.steering.drain == nil else {
            return .accepted("the run is drained already", tasks: [])
        }
        turn.record(.steered(Steered(.drain, by: person)))
        let running = turn.state.running.count
        let words = running == 0 ? "" : ", \(Format.count(running, "session")) may finish"
        return .accepted("drained: nothing more starts\(words)", tasks: [])
    }

    // MARK: - Tasks

    private mutating func stop(
        _ patterns: [String],
        by person: Steerer
    ) throws(SteeringRefusal) -> SteeringAnswer {
        let places = try turn.places(of: patterns) { task in
            if let outcome = task.outcome { return "has ended: \(outcome.rawValue)" }
            return task.plan.isLeftOut == true ? "is left out of this leg" : nil
        }
        let names = places.map { turn.state.tasks[$0].plan.name }
        turn.record(.steered(Steered(.stop, by: person, tasks: names)))
        var running = 0
        for name in names {
            guard let task = turn.state.task(name) else { continue }
            if let number = task.runningSession {
                running += 1
                let reason = "its task is stopped by \(person.words)"
                turn.end([SessionKey(task: name, number: number)], .stop, reason)
            } else if turn.checks.contains(name) {
                running += 1
                turn.order(.terminateCheck(name))
            } else {
                turn.cancelIfIdle(name)
            }
        }
        let rest = running == 0 ? "" : " once what runs of it has ended"
        return .accepted("\(Steered.naming(names)) cancelled\(rest)", tasks: names)
    }

    private mutating func skip(
        _ patterns: [String],
        by person: Steerer
    ) throws(SteeringRefusal) -> SteeringAnswer {
        let checks = turn.checks
        let places = try turn.places(of: patterns) { task in
            if let outcome = task.outcome { return "has ended: \(outcome.rawValue)" }
            if task.plan.isLeftOut == true { return "is left out of this leg already" }
            return task.runningSession == nil && !checks.contains(task.plan.name)
                ? nil : "is at work: to end it, quire stop \(task.plan.name)"
        }
        let chosen = Set(places)
        let all = turn.withDependents(places) { $0.isOpen }
        let names = all.map { turn.state.tasks[$0].plan.name }
        turn.record(.steered(Steered(.skip, by: person, tasks: names)))
        for place in all where turn.state.tasks[place].isInspected {
            turn.order(.releaseTask(turn.state.tasks[place].plan.name))
        }
        let others = all.count - chosen.count
        let need = Format.word(for: others, "needs", "need")
        let rest = others == 0 ? "" : ", with \(Format.count(others, "task")) that \(need) them"
        let own = places.map { turn.state.tasks[$0].plan.name }
        return .accepted("\(Steered.naming(own)) left out of this leg\(rest)", tasks: names)
    }

    private mutating func retry(
        _ patterns: [String],
        by person: Steerer
    ) throws(SteeringRefusal) -> SteeringAnswer {
        let places = try turn.places(of: patterns, where: turn.objectionToRetry)
        let all = turn.withDependents(places) { $0.outcome == .blocked }
        let chosen = Set(all)
        for place in all {
            let task = turn.state.tasks[place]
            for need in task.plan.needs {
                guard let other = turn.state.place(of: need), !chosen.contains(other),
                    let reason = turn.state.tasks[other].reasonForBlocking
                else { continue }
                let words =
                    "\"\(task.plan.name)\" needs \"\(need)\", which \(reason): retry that, too"
                throw SteeringRefusal(words)
            }
        }
        let names = all.map { turn.state.tasks[$0].plan.name }
        let skipped = names.filter { turn.state.steering.skipped[$0] != nil }
        let ended = all.filter { turn.state.tasks[$0].outcome != nil }
        turn.record(.steered(Steered(.retry, by: person, tasks: names)))
        for place in ended { turn.reopen(turn.state.tasks[place].plan.name) }
        for name in skipped { turn.order(.openTask(name)) }
        return .accepted("\(Steered.naming(names)) taken up again", tasks: names)
    }

    // MARK: - What had to be written or read

    /// Records and answers a request whose words were passed on, or could not be.
    mutating func wordsPassed(_ call: Steering, to names: [String], _ troubles: [String]) {
        let troubled = troubles.first.map { "; \($0)" } ?? ""
        guard !names.isEmpty else {
            let reason = troubles.first ?? "nobody got the words"
            return turn.order(.answer(call.id, .refused(reason)))
        }
        turn.record(.steered(Steered(call.request.kind, by: call.by, tasks: names)))
        var words = "the next session of \(Steered.naming(names)) is told"
        if case .answer = call.request {
            words = "\(Steered.naming(names)) answered"
            for name in names where turn.state.task(name)?.outcome == .needsYou {
                guard !turn.state.leg.hooks.isOpen(name), turn.state.leg.shutdown == nil else {
                    continue
                }
                turn.goOn(withAnswerTo: name)
                turn.order(.openTask(name))
            }
        }
        turn.order(.answer(call.id, .accepted(words + troubled, tasks: names)))
    }

    /// Adds the tasks of a manifest that the run does not have yet, or refuses them all.
    mutating func manifestRead(_ call: Steering, _ grown: GrownManifest) {
        do throws(SteeringRefusal) {
            try turn.check(call.request)
            turn.order(.answer(call.id, try add(grown, by: call.by)))
        } catch {
            turn.order(.answer(call.id, .refused(error.words)))
        }
    }

    private mutating func add(
        _ grown: GrownManifest,
        by person: Steerer
    ) throws(SteeringRefusal) -> SteeringAnswer {
        guard case .read(let groups, let tasks) = grown else {
            if case .refused(let words) = grown { throw SteeringRefusal(words) }
            return nothingToAdd
        }
        let new = tasks.filter { turn.state.place(of: $0.name) == nil }
        guard !new.isEmpty else { return nothingToAdd }
        let known = Set(turn.state.plan.groups.map(\.name))
        let priorities = Set(new.map(\.priority))
        guard priorities.allSatisfy(turn.state.scheduler.hasRoom(forPriority:)) else {
            throw SteeringRefusal(
                "the tasks have too many different priorities for a run under way"
            )
        }
        var fact = Steered(.add, by: person, tasks: new.map(\.name))
        fact.added = new
        for task in new {
            let left = task.needs.first { turn.state.steering.skipped[$0] != nil }
            guard let left else { continue }
            throw SteeringRefusal(
                "\"\(task.name)\" needs \"\(left)\", which is left out of this leg: quire retry \(left) first"
            )
        }
        let used = Set(new.compactMap(\.group))
        let newGroups = groups.filter { used.contains($0.name) && !known.contains($0.name) }
        if !newGroups.isEmpty { fact.groups = newGroups }
        turn.record(.steered(fact))
        for task in new {
            if let outcome = turn.state.task(task.name)?.outcome, outcome != .complete {
                turn.record(.taskReopened(TaskReopened(task: task.name)))
            }
            if turn.state.task(task.name)?.isOpen == true { turn.order(.openTask(task.name)) }
        }
        return .accepted(
            "\(Steered.naming(new.map(\.name))) added; everything else that changed in the manifest counts "
                + "from the next start",
            tasks: new.map(\.name)
        )
    }

    private var nothingToAdd: SteeringAnswer {
        .accepted("the manifest has no task that the run lacks", tasks: [])
    }
}

extension Turn {
    /// Returns the reason why a task can't be taken up again, in words that follow its name.
    fileprivate func objectionToRetry(_ task: TaskState) -> String? {
        let name = task.plan.name
        if state.leg.hooks.isOpen(name) {
            return "has a hook that runs: try again once that has ended"
        }
        switch task.outcome {
        case .complete: return "is complete; to do it anew, start the run with --redo \(name)"
        case .needsYou: return "asks a person: quire answer \(name)"
        case .failed, .stalled, .damaged, .capped, .blocked, .unchecked, .cancelled: return nil
        case nil: break
        }
        if state.steering.stopping[name] != nil {
            return "is being stopped: try again once it has ended"
        }
        if task.runningSession != nil || checks.contains(name) { return "is at work" }
        guard task.plan.isLeftOut == true else { return nil }
        return state.steering.skipped[name] == nil
            ? "is not selected in this leg: start the run again with it" : nil
    }
}

extension TaskState {
    /// The reason why a task that needs this one can't go on, in words; `nil` if it can.
    fileprivate var reasonForBlocking: String? {
        if plan.isLeftOut == true, outcome == nil { return "is left out of this leg" }
        return outcome.flatMap { $0.endsDependents ? "is \($0.rawValue)" : nil }
    }
}
