package import Orchestration

/// How often each thing goes wrong in a simulated world; shares of sessions, 0 to 1.
package struct Faults: Hashable, Sendable {
    /// Sessions that complete and tick nothing.
    package var idle = 0.0
    /// Sessions that fail, each with a class drawn evenly from `classes`.
    package var failing = 0.0
    /// The classes drawn from.
    package var classes = FailureClass.allCases.filter { $0 != .authentication }
    /// Sessions that fall silent and end only when they are ended.
    package var hanging = 0.0
    /// Hanging sessions that ignore a polite end.
    package var ignoring = 0.0
    /// Sessions that wait for the network and end only when they are ended.
    package var offline = 0.0
    /// Sessions that damage the checklist.
    package var damaging = 0.0

    /// A world in which nothing goes wrong.
    package init() {}

    /// Faults of random weights, so that different seeds try different mixtures.
    package static func random(using generator: inout some RandomNumberGenerator) -> Faults {
        func weight(_ most: Double) -> Double {
            Bool.random(using: &generator) ? Double.random(in: 0...most, using: &generator) : 0
        }
        var faults = Faults()
        faults.idle = weight(0.4)
        faults.failing = weight(0.3)
        faults.hanging = weight(0.1)
        faults.ignoring = weight(1)
        faults.offline = weight(0.1)
        faults.damaging = weight(0.01)
        return faults
    }
}
