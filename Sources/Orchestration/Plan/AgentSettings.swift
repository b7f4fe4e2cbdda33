/// The parts of an agent's own surroundings that a task's sessions run with.
package struct AgentSettings: Hashable, Sendable {
    /// The names of the agent's features that are switched on, which sessions otherwise do without.
    package var features: [String]
    /// True if the user's own configuration, rules, hooks and plugins are kept out.
    package var isHermetic: Bool
    /// True if sessions end with a statement in the form of `SessionStatement`.
    package var states: Bool

    /// Makes settings: none of the features, the user's own surroundings, and no statements.
    package init(features: [String] = [], isHermetic: Bool = false, states: Bool = false) {
        (self.features, self.isHermetic, self.states) = (features, isHermetic, states)
    }

    /// The settings of a task without any.
    package static let usual = AgentSettings()
}
