extension Event {
    /// Returns the event without the secrets in its texts.
    ///
    /// Every text from outside that a fact may hold comes in an event. Names and paths by which work is found
    /// stay as they are.
    package func redacted(by redactor: Redactor) -> Event {
        switch self {
        case .runBegan, .taskAnswered, .sessionSpawned, .sessionUsed, .threadStarted,
            .sessionActive, .sessionTimeBegins, .sessionIsOver,
            .sessionAnswered, .sessionWorked,
            .sessionWaitsForNetwork, .shutdownRequested, .storeRecovered, .limitRead, .machineRead,
            // What they say goes back to the person alone.
            .steered, .wordsPassed, .manifestRead:
            return self
        case .taskInspected(var fact):
            // There may be a million of these.
            guard
                fact.checklist.damage != nil || fact.incident != nil || fact.artifacts != nil
                    || fact.question != nil
            else { return self }
            fact.question = fact.question.map(redactor.redact)
            fact.checklist = fact.checklist.redacted(by: redactor)
            fact.incident = fact.incident?.redacted(by: redactor)
            fact.artifacts = fact.artifacts?.redacted(by: redactor)
            return .taskInspected(fact)
        case .taskHeld(let task, let reason):
            return .taskHeld(task: task, reason: redactor.redact(reason))
        case .taskUnavailable(let task, let reason):
            return .taskUnavailable(task: task, reason: redactor.redact(reason))
        case .sessionEnded(let key, let result, let checklist):
            return .sessionEnded(
                key,
                result.redacted(by: redactor),
                checklist.redacted(by: redactor)
            )
        case .checkEnded(var fact, let checklist, let list, let artifacts):
            fact.message = fact.message.map(redactor.redact)
            // The end of what the check said.
            fact.output = fact.output.map { redactor.redact($0, isCut: true) }
            return .checkEnded(
                fact,
                checklist.redacted(by: redactor),
                list: list,
                artifacts?.redacted(by: redactor)
            )
        case .hookEnded(var fact):
            fact.message = fact.message.map(redactor.redact)
            return .hookEnded(fact)
        case .checkpointMade(var fact):
            fact.work.uncommitted = fact.work.uncommitted.map(redactor.redact)
            fact.work.failure = fact.work.failure.map(redactor.redact)
            return .checkpointMade(fact)
        case .accountRefused(let account, let reason):
            return .accountRefused(account: account, reason: redactor.redact(reason))
        case .storeFailed(let reason): return .storeFailed(redactor.redact(reason))
        case .storeLost(let reason): return .storeLost(redactor.redact(reason))
        case .warned(var fact):
            fact.message = redactor.redact(fact.message)
            return .warned(fact)
        }
    }
}

extension SessionResult {
    fileprivate func redacted(by redactor: Redactor) -> SessionResult {
        var result = self
        if case .notStarted(let errno, let doing) = termination {
            result.termination = .notStarted(errno: errno, doing: redactor.redact(doing))
        }
        if let message = failure?.message { result.failure?.message = redactor.redact(message) }
        result.question = question.map(redactor.redact)
        result.statement?.question = (statement?.question).map(redactor.redact)
        result.statement?.evidence = (statement?.evidence).map(redactor.redact)
        result.statementTrouble = statementTrouble.map(redactor.redact)
        result.incident = incident?.redacted(by: redactor)
        result.artifacts = artifacts?.redacted(by: redactor)
        return result
    }
}

extension ChecklistState {
    fileprivate func redacted(by redactor: Redactor) -> ChecklistState {
        if case .damaged(let words) = self { .damaged(redactor.redact(words)) } else { self }
    }
}

extension ListIncident {
    fileprivate func redacted(by redactor: Redactor) -> ListIncident {
        var incident = self
        incident.words = redactor.redact(words)
        return incident
    }
}

extension Artifacts {
    fileprivate func redacted(by redactor: Redactor) -> Artifacts {
        var artifacts = self
        artifacts.files = files.map(redactor.redact)
        return artifacts
    }
}
