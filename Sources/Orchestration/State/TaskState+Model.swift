// The ladder of models: a task begins on the first, and moves up on evidence alone.
extension TaskState {
    /// The failures of the check on one model that move the task up.
    private static let redChecks = 2

    /// The place of a task on its ladder.
    package struct Rung: Hashable, Sendable {
        /// The model of the newest session; `nil` before the first that had one by its ladder.
        package var model: String?
        /// The newest move; `nil` before the first.
        package var move: ModelMove?
        /// Failures of the check on this model since it last passed, those aside that the untouched base
        /// has, too.
        var redChecks = 0
    }

    /// The model of the next session by the task's ladder, and the move to it; `nil` for a task without one.
    ///
    /// A model that is no longer on the ladder is its first one.
    var nextModel: (model: String, move: ModelMove?)? {
        guard let models = plan.models, let first = models.first else { return nil }
        guard let place = self.rung.model.flatMap(models.firstIndex) else { return (first, nil) }
        guard models.indices.contains(place + 1), let evidence else { return (models[place], nil) }
        return (models[place + 1], ModelMove(from: models[place], evidence.0, evidence.1))
    }

    /// The model of the next session; `nil` for the agent's own choice.
    var modelOfNext: String? { nextModel?.model ?? plan.model }

    /// The model of the newest session; `nil` for the agent's own choice.
    var modelOfNewest: String? { self.rung.model ?? plan.model }

    /// True if the next session has a better model, whatever would end the task otherwise.
    var movesUp: Bool { nextModel?.move != nil }

    private var evidence: (ModelMove.Evidence, String)? {
        if self.rung.redChecks >= Self.redChecks, let trouble = self.checkTrouble {
            let times = Format.count(self.rung.redChecks, "time")
            return (.redCheck, "its check failed \(times): it \(trouble.words)")
        }
        if checklist == .missing {
            guard plan.initializerAttempts > 0, self.idle >= plan.initializerAttempts else {
                return nil
            }
            return (
                .stall, "\(Format.count(self.idle, "initializer session")) wrote no task_list.md"
            )
        }
        return stall.map { (.stall, $0) }
    }

    /// Notes the model of a session that starts; after a move the counts that led to it begin anew.
    mutating func note(_ model: String?, _ move: ModelMove?) {
        guard let model else { return }
        self.rung.model = model
        guard let move else { return }
        (self.rung.move, self.rung.redChecks) = (move, 0)
        (self.idle, effort.idleTokens, effort.idleSeconds) = (0, 0, 0)
        (self.growing, fewestLeft) = (0, nil)
        self.checkTrouble?.count = 0
    }

    /// Counts the result of a check for the model that did the work.
    mutating func countCheck(_ fact: CheckEnded) {
        if fact.result == .passed {
            self.rung.redChecks = 0
        } else if fact.result.takesTicksBack, fact.isAsBase != true, self.rung.model != nil {
            self.rung.redChecks += 1
        }
    }
}
