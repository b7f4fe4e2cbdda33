import Orchestration
import Yams

// The trees of tasks.
extension Reader {
    /// The size of the largest file that is committed unless said otherwise.
    private static let largestFile: Int64 = 10 << 20
    /// The time that a tree's setup may take unless said otherwise.
    private static let setupTime = Duration.seconds(20 * 60)

    /// Reads a task's tree; `nil` if it works in the workspace.
    ///
    /// `run` is the run's name as it stands in branches.
    func tree(
        of task: String,
        run: String,
        setup: UserCommand?,
        _ own: [String: Node],
        _ defaults: [String: Node]
    ) -> TreeSettings? {
        func value(_ key: String) -> Node? { own[key] ?? defaults[key] }
        let isolation = choice(value("isolation"), "\"isolation\"", of: ["none", "worktree"])
        guard isolation == "worktree" else {
            for key in ["base", "branch", "include", "setup"] {
                guard let node = own[key], node.string != "false" else { continue }
                fail(node, "\"\(key)\" needs a tree of the task's own; add isolation: worktree")
            }
            return nil
        }
        return TreeSettings(
            base: reference(value("base")) ?? "HEAD",
            branch: branch(value("branch"), of: own["name"], ["run": run, "task": task]),
            include: strings(value("include"), "\"include\"") ?? [],
            setup: setup,
            commits: commits(value("commit"))
        )
    }

    /// Reads the commits of a task without a tree of its own, which are made only where asked for.
    func commitsWithoutTree(_ own: [String: Node], _ defaults: [String: Node]) -> CommitSettings? {
        guard (own["isolation"] ?? defaults["isolation"])?.string != "worktree",
            let node = own["commit"] ?? defaults["commit"], !node.isNull
        else { return nil }
        return commits(node)
    }

    /// Reads the directory that trees are made in.
    func worktrees(_ node: Node?) -> String? {
        guard let node, !node.isNull, let path = word(node, "\"worktrees\"") else { return nil }
        if path.isEmpty || path.hasPrefix("~") && path != "~" && !path.hasPrefix("~/") {
            fail(
                node,
                "\"worktrees\" is \(node.kind), but must be a directory: a path from the workspace, "
                    + "or one that begins with / or ~/"
            )
        }
        return path
    }

    /// Reads patterns of files in the task's directory.
    func artifacts(_ node: Node?) -> [String] {
        let patterns = strings(node, "\"artifacts\"") ?? []
        for pattern in patterns {
            let isInside = !pattern.hasPrefix("/") && !pattern.split(separator: "/").contains("..")
            guard pattern.isEmpty || !isInside else { continue }
            fail(
                node,
                "\"artifacts\" has \"\(pattern)\", but must name files in the task's directory, such "
                    + "as dist/*.tar.gz or report.html"
            )
        }
        return patterns
    }

    /// Reads the command that sets a tree up: a text, or one with a limit on its time.
    func setup(_ node: Node?) -> (command: Node, timeout: Duration)? {
        guard let node, !node.isNull else { return nil }
        guard case .mapping = node else { return (node, Self.setupTime) }
        let members = members(node, "\"setup\"", keys: Keys.command)
        guard let command = members["command"] else {
            fail(node, "\"setup\" needs a \"command\": a line for the shell")
            return nil
        }
        let timeout = duration(members["timeout"], "\"timeout\"") ?? Self.setupTime
        if timeout == .zero { fail(members["timeout"], "\"timeout\" must be longer than 0") }
        return (command, timeout)
    }

    /// Reads the name of a commit, which git must not take for an option.
    private func reference(_ node: Node?) -> String? {
        guard let node, let text = word(node, "\"base\"") else { return nil }
        if text.isEmpty || text.hasPrefix("-") {
            fail(node, "\"base\" is \(node.kind), but must be a branch, a tag or a commit")
        }
        return text
    }

    /// Reads the branch of the task that has a name; `values` are those of placeholders.
    private func branch(_ node: Node?, of name: Node?, _ values: [String: String]) -> String {
        let text = node.flatMap { word($0, "\"branch\"") } ?? "quire/{run}/{task}"
        let template = Template(text, keys: Set(Keys.branch))
        for name in template.unknown {
            let near = Keys.suggestion(for: name, among: Keys.branch)
            let advice = near.map { "did you mean {\($0)}?" } ?? "there are {run} and {task}"
            fail(node, about: "{\(name)}", "\"branch\" has no {\(name)}; \(advice)")
        }
        if !text.contains("{task}") {
            fail(node, "\"branch\" must contain {task}, or the tasks would share a branch")
        }
        let branch = template.text(values)
        // Quire's own references have the task's name, too.
        if let task = values["task"], let fault = BranchName.fault(in: "quire/" + task) {
            fail(
                name ?? node,
                "the name \"\(task)\" can't be used for a branch: \(fault); rename the task"
            )
        } else if let fault = BranchName.fault(in: branch) {
            fail(
                node,
                "\"branch\" gives \"\(branch)\", which git takes for no branch: \(fault)"
            )
        }
        return branch
    }

    private func commits(_ node: Node?) -> CommitSettings? {
        let usual = CommitSettings(largestFile: Self.largestFile)
        guard let node, !node.isNull else { return usual }
        guard case .mapping = node else {
            return bool(node, "\"commit\"") ?? true ? usual : nil
        }
        let members = members(node, "\"commit\"", keys: Keys.commit)
        var commits = usual
        commits.author = author(members["author"])
        commits.subject = subject(members["subject"]) ?? usual.subject
        commits.largestFile = bytes(members["max_file"], "\"max_file\"") ?? usual.largestFile
        return commits
    }

    /// Reads the subject of commits; braces around anything but a word are text.
    private func subject(_ node: Node?) -> String? {
        guard let node, let text = word(node, "\"subject\"") else { return nil }
        if text.allSatisfy(\.isWhitespace) || text.contains(where: \.isNewline) {
            fail(node, "\"subject\" must be a line of text")
        }
        let known = CommitSettings.placeholders
        for match in text.matches(of: /{([A-Za-z_]+)}/) where !known.contains(String(match.1)) {
            let near = Keys.suggestion(for: String(match.1), among: known)
            let all = known.map { "{\($0)}" }.joined(separator: ", ")
            let advice = near.map { "did you mean {\($0)}?" } ?? "there are \(all)"
            fail(node, about: "\(match.0)", "\"subject\" has no \(match.0); \(advice)")
        }
        return text
    }

    private func author(_ node: Node?) -> String? {
        guard let node, let text = word(node, "\"author\"") else { return nil }
        guard text.wholeMatch(of: /[^<>\n]+ <[^<>\s]+@[^<>\s]+>/) != nil else {
            fail(
                node,
                "\"author\" is \(node.kind), but must be like Ada Lovelace <ada@example.org>"
            )
            return nil
        }
        return text
    }
}

extension String {
    /// The text as a part of a branch's name: letters, digits, `.`, `_` and `-` alone.
    var inBranches: String {
        var result = ""
        for scalar in unicodeScalars {
            let isPlain =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || scalar.value < 0x3A && scalar.value > 0x2F)
            if isPlain
                || "._".unicodeScalars.contains(scalar) && !result.isEmpty && result.last != "."
            {
                result.unicodeScalars.append(scalar)
            } else if !result.isEmpty, result.last != "-" {
                result += "-"
            }
        }
        while let last = result.last, "-.".contains(last) { result.removeLast() }
        if result.lowercased().hasSuffix(".lock") { result.removeLast(5) }
        return result.isEmpty ? "run" : result
    }
}
