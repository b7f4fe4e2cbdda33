/// The abilities of one version of an agent's program, as its check-up found them.
package struct AgentAbilities: Hashable, Sendable {
    /// The features that can be switched, each with the setting that it has now; removed features are
    /// left out.
    package var features: [String: Bool]
    /// The long options of a session's command, such as `--json`.
    package var options: Set<String>
    /// True if the program lets a command check the ends of its turns.
    package var checksTurns = false
    /// True if the program lets a session end with a statement by a schema.
    package var states = false

    /// Makes abilities; see the properties.
    package init(features: [String: Bool] = [:], options: Set<String> = []) {
        (self.features, self.options) = (features, options)
    }

    /// The abilities of a program that could not be asked.
    package static let unknown = AgentAbilities()

    /// True if the program named any of its features.
    package var areFeaturesKnown: Bool { !features.isEmpty }
}
