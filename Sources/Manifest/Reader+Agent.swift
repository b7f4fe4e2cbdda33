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
            isHermetic: bool(value("hermetic"), "\"hermetic\"") ?? false,
            states: bool(value("verdict"), "\"verdict\"") ?? false
        )
    }

    /// Reads a ladder of models; `nil` after a mistake.
    func models(_ node: Node) -> [String]? {
        let names = strings(node, "\"models\"") ?? []
        guard names.count == node.sequence?.count else { return nil }
        if names.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            fail(node, "a name in \"models\" is empty; write the model's name, or leave it out")
        } else if Set(names).count < names.count {
            fail(
                node,
                "\"models\" names a model twice; a task goes from each to the next, and never back"
            )
        } else if names.count < 2 {
            fail(node, "\"models\" needs two names at least; for one model write \"model: NAME\"")
        } else {
            return names
        }
        return nil
    }

    /// Refuses a task, or defaults, with a model that stays and models that follow one another.
    func refuseTwoModels(_ members: [String: Node]) {
        guard let node = members["models"], let model = members["model"], !node.isNull,
            !model.isNull
        else { return }
        fail(
            node,
            "there are both \"model\", from which a task never moves, and \"models\"; leave one of them out"
        )
    }
}
