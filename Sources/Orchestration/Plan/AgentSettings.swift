/// The parts of an agent's own surroundings that a task's sessions run with.
package struct AgentSettings: Hashable, Sendable {
    /// The names of the agent's features that are switched on, which sessions otherwise do without.
    package var features: [String]
    /// True if the user's own configuration, rules, hooks and plugins are kept out.
    package var isHermetic: Bool

    /// Makes settings: none of the features, and the user's own surroundings.
    package init(features: [String] = [], isHermetic: Bool = false) {
        (self.features, self.isHermetic) = (features, isHermetic)
    }

    /// The settings of a task without any.
    package static let usual = AgentSettings()
}
