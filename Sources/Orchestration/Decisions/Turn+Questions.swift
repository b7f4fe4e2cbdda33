// Tasks that ask a person: they end for now, and go on once they are answered.
extension Turn {
    /// Goes on with a task that ended with a question; does nothing if it has another outcome by now, or the
    /// leg's last hook runs: the answer is there for the next leg.
    mutating func goOn(withAnswerTo name: String) {
        guard state.task(name)?.outcome == .needsYou, !hooks.isEnding else { return }
        record(.taskReopened(TaskReopened(task: name, isAnswered: true)))
    }

    /// Ends the tasks that need one that asks a person, once nothing else is left to do in the leg.
    ///
    /// Until then an answer may come, with which they go on.
    mutating func endWaitForAnswers() {
        guard asksPeople, state.unfinished > 0 else { return }
        let asking = state.tasks.filter { $0.outcome == .needsYou }.map(\.plan.name)
        guard !asking.isEmpty,
            state.tasks.allSatisfy({ !$0.isOpen || $0.pendingNeeds > 0 && isLookedAt($0) })
        else { return }
        for name in asking { blockDependents(of: name, .needsYou) }
    }

    /// Warns of a session that asked what the task had asked before: nobody is asked twice.
    mutating func reportRepetition(_ place: Int, of question: String?) {
        let task = state.tasks[place]
        guard let question, task.outcome == nil, !task.isAsking else { return }
        warn(
            "a session asked again what the task had asked before, and is not heard: "
                + question.oneLine(200),
            task: task.plan.name
        )
    }

    /// Warns of a question that nobody needs to answer any more, as its task is complete.
    mutating func reportDroppedQuestion(of task: TaskState) {
        guard let words = task.asking else { return }
        let name = task.plan.name
        warn("its list is complete, so nobody is asked; \(words.oneLine(200))", task: name)
    }
}

extension TaskState {
    /// The question with which the task ends for now; `nil` if it waits for no answer.
    var asking: String? { self.isAsking ? self.question.map { TaskEnded.asking + $0 } : nil }

    /// Notes the question that a session left; the same one as before asks nobody.
    mutating func note(question: String?) {
        self.isAsking = question != nil && question != self.question
        if let question { self.question = question }
    }
}

extension TaskEnded {
    /// The words before the question in the reason of a task that asks a person.
    package static let asking = "it asks: "

    /// The most characters of a question in a fact; the whole of it is in the task's directory.
    package static let questionLength = 1000
}
