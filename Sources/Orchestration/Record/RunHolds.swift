/// The gates that hold the starts of a run's newest leg, its changes of concurrency, and its warnings.
package struct RunHolds: Hashable, Sendable {
    /// A change of the number of sessions that may run at once.
    package struct Change: Hashable, Sendable, Codable {
        /// The time of the change.
        package var at: WallTime
        /// The greatest number of sessions from then on.
        package var limit: Int
        /// The reason for the change.
        package var reason: String
    }

    /// A change that a person made while the leg ran.
    package struct Steering: Hashable, Sendable {
        /// The time of the change.
        package var at: WallTime
        /// The change.
        package var fact: Steered
    }

    /// The most changes of people that are kept.
    private static let mostSteering = 20

    /// The newest changes that people made while the leg ran, in order; without the plans of added tasks.
    package private(set) var steering: [Steering] = []
    /// The gates that are closed, in the order in which they closed.
    package private(set) var gates: [GateClosed] = []
    /// The newest windows of each limit that were read in the leg, by account and limit.
    package private(set) var limits: [LimitRead] = []
    /// The changes of concurrency, in order.
    package private(set) var concurrency: [Change] = []
    /// The warnings that concern the run and not one task, each once, in order.
    package private(set) var warnings: [String] = []
    /// The reasons why the leg could not go on; empty if it goes on, or ended otherwise.
    package private(set) var troubles: [String] = []

    /// Makes the holds of a leg that begins.
    package init() {}

    /// Folds a fact of the leg in.
    package mutating func apply(_ fact: RunEvent, at time: WallTime) {
        switch fact {
        case .gateClosed(let fact):
            gates.removeAll { $0.key == fact.key }
            gates.append(fact)
        case .gateOpened(let fact): gates.removeAll { $0.key == fact.key }
        case .limitRead(let fact):
            limits.removeAll { $0.gate == fact.gate }
            limits.append(fact)
            limits.sort { $0.gate < $1.gate }
        case .concurrencyChanged(let fact):
            concurrency.append(Change(at: time, limit: fact.limit, reason: fact.reason))
        case .warned(let fact) where fact.task == nil && !warnings.contains(fact.message):
            warnings.append(fact.message)
        case .runEnded(let fact):
            if fact.ending == .unable {
                troubles = gates.filter { $0.gate.canEndRun || $0.needsPerson == true }.map(
                    \.reason
                )
            }
            gates.removeAll { !$0.gate.outlivesLeg }
        case .runBegan: self = RunHolds()
        case .steered(var fact):
            fact.added = nil
            steering = steering.suffix(Self.mostSteering - 1) + [Steering(at: time, fact: fact)]
        default: break
        }
    }
}
