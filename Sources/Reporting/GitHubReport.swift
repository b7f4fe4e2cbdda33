import Orchestration

/// Workflow commands: lines that GitHub Actions reads from the output of a step.
package enum GitHubReport {
    /// The number of annotations of one kind that GitHub shows for a step.
    private static let shown = 10
    /// The size limit of a step's summary, in bytes; GitHub drops summaries of more than 1 MiB.
    package static let summaryLimit = 1_000_000

    /// Returns annotations: an error for each failed task and for missing shards, a warning for each task
    /// with work left, and a notice for each task that is complete after retries.
    package static func annotations(_ report: RunReport) -> WorkflowCommands {
        let tasks = report.tasks.filter { !$0.isLeftOut }
        let failed = tasks.filter(\.isFailed)
        let left = tasks.filter { !$0.isFailed && $0.outcome != .complete }
        let missing = report.missingWords.map { [Annotation(title: report.name, words: $0)] } ?? []
        let uncommitted = report.tasks.flatMap { task in
            (task.work?.uncommitted ?? []).map { Annotation(title: task.name, words: $0) }
        }
        return WorkflowCommands(
            lines("error", missing + failed.map(Annotation.init))
                + lines("warning", left.map(Annotation.init) + uncommitted)
                + lines("notice", tasks.filter(\.isFlaky).map(Annotation.init))
        )
    }

    /// Returns the command that makes GitHub ignore workflow commands until `resume`.
    ///
    /// Agents' words go to the same output, so the token must be known to Quire alone.
    package static func suspend(token: String) -> WorkflowCommands {
        WorkflowCommands("::stop-commands::\(token)\n")
    }

    /// Returns the command that ends `suspend`.
    package static func resume(token: String) -> WorkflowCommands {
        WorkflowCommands("::\(token)::\n")
    }

    private struct Annotation {
        var title: String
        var words: String

        init(title: String, words: String) {
            (self.title, self.words) = (title, words)
        }

        init(_ task: TaskRecord) {
            let troubles = task.troubles.count
            title = "\(task.name): \(task.outcome?.rawValue ?? "unfinished")"
            words =
                task.outcome == .complete
                ? "complete after \(Format.count(troubles, "session")) that failed"
                : task.wordsAndAdvice
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

    /// Escapes text for use as a command's property.
    ///
    /// Source: `escapeProperty` of GitHub's actions toolkit.
    static func property(_ text: String) -> String {
        escape(text, ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
    }

    /// Escapes text for use as a command's data.
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
