/// The way from a session's last sign to the decision on it, in stages that follow one another.
///
/// A fact counts once, and may come before its stage: the stage is then passed when it is reached.
struct SessionStages {
    /// A fact that a stage waits for.
    enum Fact: CaseIterable {
        case processExited, outputEnded, logWritten, listLookedAt, threadSaved, usageRead
        case descendantsGone
    }

    /// A stage; the last one is the decision.
    enum Stage: CaseIterable {
        /// The session's process lives, or its output is open.
        case running
        /// The log takes the rest of the output.
        case writing
        /// The checklist that the session left is inspected and copied.
        case inspecting
        /// The thread's id is written to the task directory.
        case saving
        /// The agent's records are searched for a usage that the output lacks.
        case counting
        /// The processes that the session left behind are ended, then the checklist is put back if need be.
        case clearing
        /// Nothing of the session is left.
        case decided

        /// The facts that end the stage.
        var awaits: Set<Fact> {
            switch self {
            case .running: [.processExited, .outputEnded]
            case .writing: [.logWritten]
            case .inspecting: [.listLookedAt]
            case .saving: [.threadSaved]
            case .counting: [.usageRead]
            case .clearing: [.descendantsGone]
            case .decided: []
            }
        }
    }

    /// The current stage.
    private(set) var stage = Stage.running
    private var facts: Set<Fact> = []

    /// Notes a fact, and returns the stages that begin with it: each stage begins once, the last of them
    /// is the current one.
    mutating func note(_ fact: Fact) -> [Stage] {
        facts.insert(fact)
        var begun: [Stage] = []
        while let next = following, stage.awaits.isSubset(of: facts) {
            stage = next
            begun.append(next)
        }
        return begun
    }

    private var following: Stage? {
        Stage.allCases.firstIndex(of: stage).flatMap { Stage.allCases.dropFirst($0 + 1).first }
    }
}
