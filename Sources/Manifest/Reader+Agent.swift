import Orchestration
import Yams

// The settings of a task's agent.
extension Reader {
    /// Reads the features of the agent that a task's sessions run with, and whether they are hermetic.
    func agentSettings(_ own: [String: Node], _ defaults: [String: Node]) -> AgentSettings {
        func value(_ key: String) -> Node? { own[key] ?? defaults[key] }
        let node = value("codex_features")
        let features = strings(node, "\"codex_features\"") ?? []
        for name in features where name.wholeMatch(of: /[a-z0-9][a-z0-9_.-]*/) == nil {
            fail(
                node,
                "\"\(name.prefix(40))\" in \"codex_features\" can't be a feature's name; "
                    + "codex features list names them"
            )
        }
        return AgentSettings(
            features: features,
            isHermetic: bool(value("hermetic"), "\"hermetic\"") ?? false
        )
    }
}
