import Yams

// The arguments that a manifest hands to the agent.
extension TaskExpansion {
    /// Inserts values into the arguments, and reports those that no agent can be handed.
    func arguments(
        _ texts: [Template],
        _ values: Template.Values,
        _ node: Node?
    ) -> [String] {
        texts.map { text in
            let argument = text.text(values)
            // A placeholder that names nothing is told of already.
            if text.unknown.isEmpty, let reason = Self.refusal(ofArgument: argument) {
                reader.fail(node, "\"codex_args\" holds \"\(argument)\", \(reason)")
            }
            return argument
        }
    }

    /// Returns the reason why a text can't be an argument before those that Quire adds; `nil` if it can.
    private static func refusal(ofArgument text: String) -> String? {
        switch text {
        case "": "an empty argument, which the agent takes for its prompt; remove it"
        case "-":
            "with which the agent reads its prompt; Quire adds it itself, behind its own options; "
                + "remove it"
        case "--":
            "after which the agent takes Quire's own options for its prompt; remove it, and list "
                + "options alone"
        default: nil
        }
    }
}
