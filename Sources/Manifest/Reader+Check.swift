import Orchestration
import Yams

/// The command that checks a task's work, as a manifest has it.
struct CheckTexts {
    let command: Template
    let timeout: Duration
    let directory: String?
    let environment: [String: Template]
    let occasion: CheckPlan.Occasion
}

// The checks of tasks' work.
extension Reader {
    /// The time that a check may take unless said otherwise.
    private static let checkTime = Duration.seconds(20 * 60)

    /// Reads a check: a text, or one with settings.
    func check(
        _ node: Node?,
        command read: (Node, String) -> Template?,
        variables: ([Node?]) -> [String: Template]
    ) -> CheckTexts? {
        guard let node, !node.isNull else { return nil }
        let members: [String: Node]
        if case .mapping = node {
            members = self.members(node, "\"verify\"", keys: Keys.check)
        } else {
            members = ["command": node]
        }
        guard let text = members["command"] else {
            fail(node, "\"verify\" needs a \"command\": a line for the shell")
            return nil
        }
        let timeout = duration(members["timeout"], "\"timeout\"") ?? Self.checkTime
        if timeout == .zero { fail(members["timeout"], "\"timeout\" must be longer than 0") }
        let occasions = CheckPlan.Occasion.allCases.map(\.rawValue)
        refuseNoCommand(text, "verify")
        guard let command = read(text, "verify") else { return nil }
        return CheckTexts(
            command: command,
            timeout: timeout,
            directory: innerDirectory(members["directory"], of: "verify"),
            environment: variables([members["environment"]]),
            occasion: choice(members["on"], "\"on\"", of: occasions)
                .flatMap(CheckPlan.Occasion.init) ?? .completion
        )
    }

    /// Refuses what was meant as a switch, and a command that does nothing and so passes each time.
    func refuseNoCommand(_ node: Node, _ key: String) {
        guard case .scalar(let scalar) = node else { return }
        if scalar.style == .plain, node.bool != nil || node.int != nil || node.float != nil {
            return fail(
                node,
                "\"\(key)\" is \(scalar.string.prefix(40)), but must be a command for the shell; to run "
                    + "nothing leave it out, and for a command of that name write it in quotes"
            )
        }
        let lines = scalar.string.split(whereSeparator: \.isNewline).map {
            $0.drop(while: \.isWhitespace)
        }
        let commands = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        if commands.isEmpty, lines.contains(where: { !$0.isEmpty }) {
            fail(node, "\"\(key)\" is only a comment; write the command, or leave it out")
        }
    }

    /// Reads whether an untouched base is checked; by default where the task has a tree of its own.
    func checksBase(_ own: Node?, _ usual: Node?, hasTree: Bool) -> Bool {
        let isWanted = bool(own ?? usual, "\"verify_base\"")
        if isWanted == true, !hasTree, let own, !own.isNull {
            fail(own, "\"verify_base\" needs a tree of the task's own; add isolation: worktree")
        }
        return hasTree && isWanted ?? true
    }

    /// Reads whether a check runs within sessions, too.
    func checksInSession(_ own: Node?, _ usual: Node?, hasCheck: Bool) -> Bool {
        guard let node = own ?? usual, !node.isNull else { return false }
        let isWanted = bool(node, "\"verify_in_session\"") ?? false
        if isWanted, !hasCheck, let own {
            fail(own, "\"verify_in_session\" needs a check; add verify: and its command")
        }
        return isWanted
    }

    /// Reads a directory within that of the task's work, or of another `owner`.
    func innerDirectory(
        _ node: Node?,
        of key: String,
        from owner: String = "the task's directory"
    ) -> String? {
        guard let node, !node.isNull, let path = word(node, "\"directory\"") else { return nil }
        if path.isEmpty || path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            fail(
                node,
                "the \"directory\" of \"\(key)\" is \(node.kind), but must be a path from "
                    + "\(owner), and within it"
            )
        }
        return path
    }
}
