import Orchestration

/// What GitHub Actions reads from the output of a step: its workflow commands.
package enum GitHubReport {
    /// How many annotations of a kind GitHub shows of a step.
    private static let shown = 10
    /// How large a step's summary may be, in bytes; GitHub drops one of more than 1 MiB.
    package static let summaryLimit = 1_000_000

    /// Annotations: an error for each task that failed and each shard that is missing, a warning for
    /// work that is left, a notice for what is complete after retries.
    package static func annotations(_ report: RunReport) -> WorkflowCommands {
        let tasks = report.tasks.filter { !$0.isLeftOut }
        let failed = tasks.filter(\.isFailed)
        let left = tasks.filter { !$0.isFailed && $0.outcome != .complete }
        let missing = report.missingWords.map { [Annotation(title: report.name, words: $0)] } ?? []
        return WorkflowCommands(
            lines("error", missing + failed.map(Annotation.init))
                + lines("warning", left.map(Annotation.init))
                + lines("notice", tasks.filter(\.isFlaky).map(Annotation.init))
        )
    }

    /// Has GitHub take no line for a command until `resume`.
    ///
    /// What agents say goes to the same output; nobody but Quire may know the token.
    package static func suspend(token: String) -> WorkflowCommands {
        WorkflowCommands("::stop-commands::\(token)\n")
    }

    /// Ends what `suspend` began.
    package static func resume(token: String) -> WorkflowCommands {
        WorkflowCommands("::\(token)::\n")
    }

    private struct Annotation {
        var title: String
        var words: String

        init(title: String, words: String) {
            (self.title, self.words) = (title, words)
        }

        init(_ task: RunReport.Task) {
            let troubles = task.troubles.count
            title = "\(task.name): \(task.outcome?.rawValue ?? "unfinished")"
            words =
                task.outcome == .complete
                ? "complete after \(Format.count(troubles, "session")) that failed" : task.words
        }
    }

    private static func lines(_ kind: String, _ annotations: [Annotation]) -> String {
        var annotations = annotations
        if annotations.count > shown {
            let rest = annotations.count - shown + 1
            annotations.removeLast(rest)
            annotations.append(
                Annotation(title: "and \(rest) more", words: "\(rest) more; see the step's summary")
            )
        }
        return annotations.map {
            "::\(kind) title=\(property($0.title))::\(data($0.words))\n"
        }.joined()
    }

    /// Text as a command's property.
    ///
    /// Source: `escapeProperty` of GitHub's actions toolkit.
    static func property(_ text: String) -> String {
        escape(text, ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
    }

    /// Text as a command's data.
    ///
    /// Source: `escapeData` of GitHub's actions toolkit.
    static func data(_ text: String) -> String {
        escape(text, ["%": "%25", "\r": "%0D", "\n": "%0A"])
    }

    private static func escape(_ text: String, _ codes: [Unicode.Scalar: String]) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if let code = codes[scalar] {
                result += code
            } else if Sanitizer.isPlain(scalar) {
                result.unicodeScalars.append(scalar)
            }
        }
        return Sanitizer.disarmed(result)
    }
}
