import Orchestration

/// A simulated task directory together with the agents that work on it.
struct Agent: Sendable {
    /// A session's behaviour, drawn when it starts.
    enum Course: Sendable {
        case ends(after: Duration, Failure?)
        case hangs(ignoresTermination: Bool)
        /// `until` is its own death; `nil` for a wait without end.
        case waitsForNetwork(until: (after: Duration, failure: Failure)?)
    }

    var checklist = ChecklistState.missing
    let entries: Int

    func course(faults: Faults, using generator: inout SplitMix64) -> Course {
        if chance(faults.hanging, &generator) {
            return .hangs(ignoresTermination: chance(faults.ignoring, &generator))
        }
        if chance(faults.offline, &generator) { return waiting(faults, &generator) }
        let duration = Duration.milliseconds(Int.random(in: 1000...600_000, using: &generator))
        if chance(faults.failing, &generator),
            let kind = faults.classes.randomElement(using: &generator)
        {
            return .ends(after: duration, Failure(kind, "simulated \(kind.rawValue)"))
        }
        return .ends(after: duration, nil)
    }

    private func waiting(_ faults: Faults, _ generator: inout SplitMix64) -> Course {
        guard chance(faults.dyingOffline, &generator),
            let kind = [FailureClass.killed, .streamCut, .incomplete].randomElement(
                using: &generator
            )
        else { return .waitsForNetwork(until: nil) }
        let after = Duration.milliseconds(Int.random(in: 6000...600_000, using: &generator))
        return .waitsForNetwork(until: (after, Failure(kind, "simulated \(kind.rawValue)")))
    }

    /// Applies a session's work to the checklist.
    mutating func work(_ role: Role, _ faults: Faults, _ generator: inout SplitMix64) {
        if chance(faults.damaging, &generator) {
            checklist = .damaged("simulated damage")
        } else if chance(faults.idle, &generator) {
            return
        } else if role == .initializer {
            checklist = .good(Progress(ticked: 0, total: entries))
        } else if let progress = checklist.progress {
            let ticked = min(progress.total, progress.ticked + 1)
            checklist = .good(Progress(ticked: ticked, total: progress.total))
        }
    }

    private func chance(_ share: Double, _ generator: inout SplitMix64) -> Bool {
        share > 0 && Double.random(in: 0..<1, using: &generator) < share
    }
}
