package import Orchestration

/// The emphasis of lines for people, where colours are wanted.
package enum Paint: String, Sendable {
    /// Something failed: red.
    case failure = "31"
    /// Something holds the run up, or should be known: yellow.
    case warning = "33"
}

extension SafeText {
    /// Returns the text in a colour; each line for itself, as CI systems forget colours at a line's end.
    package func painted(_ paint: Paint?, if usesColor: Bool = true) -> SafeText {
        guard usesColor, let paint else { return self }
        let lines = description.split(separator: "\n", omittingEmptySubsequences: false)
        return SafeText(
            trusted: lines.map { $0.isEmpty ? "" : "\u{1B}[\(paint.rawValue)m\($0)\u{1B}[0m" }
                .joined(separator: "\n")
        )
    }
}

extension Outcome {
    /// The emphasis of a task with this outcome; `nil` for none.
    package var paint: Paint? { isFailure ? .failure : self == .needsYou ? .warning : nil }
}

extension Verdict {
    /// True if a session with this verdict failed.
    package var isFailure: Bool {
        switch self {
        case .failed, .timedOut, .overBudget, .damaged, .lost: true
        case .initialized, .ticked, .idled, .stopped: false
        }
    }
}

extension RunEvent {
    /// The emphasis of the fact's line; `nil` for none.
    var paint: Paint? {
        switch self {
        case .taskEnded(let fact): fact.outcome.paint
        case .sessionEnded(let fact): fact.verdict.isFailure ? .failure : nil
        case .checkEnded(let fact):
            fact.result.takesTicksBack || fact.result == .couldNotRun ? .failure : nil
        case .runEnded(let fact): fact.ending == .unable ? .failure : nil
        case .gateClosed, .concurrencyChanged, .shutdownAdvanced, .warned, .sessionSignalled:
            .warning
        case .runBegan, .taskReopened, .taskInspected, .sessionStarted, .sessionSpawned,
            .sessionUsed, .threadStarted, .checkpointMade, .checkBegan, .hookBegan, .hookEnded,
            .gateOpened, .limitRead, .steered:
            nil
        }
    }
}
