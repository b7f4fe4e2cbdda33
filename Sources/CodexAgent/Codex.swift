package import Agent
import Orchestration

/// The Codex CLI, or another program that takes its arguments and speaks its JSON Lines.
package struct Codex: Agent {
    package let program: AgentProgram

    /// The CLI, looked up in `PATH`.
    package static let cli = Codex(
        program: .named(
            "codex",
            advice: "install the Codex CLI (https://github.com/openai/codex), or try "
                + "\"agent: simulated\""
        )
    )

    /// The stand-in for the CLI that is a part of Quire.
    package static let simulated = Codex(program: .own(["codex-sim"]))

    /// Makes an agent of a program that speaks as Codex does.
    package init(program: AgentProgram) { self.program = program }

    package var statementSchema: String? { StatementForm.schema }

    package var format: String { "Codex's JSON Lines" }

    /// Returns the arguments of `codex exec`.
    ///
    /// Source: `codex exec --help` and trials with Codex CLI 0.163.0. All options precede `resume`, which
    /// accepts only some (not `-p`, `-s`, `-C`, `--add-dir`, `--color`, `--oss`) and follows those before
    /// it. No model is named unless the user named one.
    package func arguments(for session: AgentSession) -> [String] {
        var arguments = [
            "exec", "-c", "approval_policy=\"never\"",
            "-c", "sandbox_mode=\"\(session.sandbox.rawValue)\"",
            "--skip-git-repo-check", "--json",
        ]
        if let hook = session.turnCheck.flatMap(StopHook.init) { arguments += hook.arguments }
        arguments += Self.settings(for: session)
        if let schema = session.statementSchema { arguments += ["--output-schema", schema] }
        if let model = session.model { arguments += ["--model", model] }
        // The last setting of an option counts, and that is the user's.
        arguments += session.extra
        // After the user's arguments: an option among them with any number of values (`--image`) would
        // swallow `resume`.
        for directory in session.directories { arguments += ["--add-dir", directory] }
        if let thread = session.resumes.flatMap(ThreadID.checked) {
            arguments += ["resume", thread]
        }
        arguments.append("-")
        return arguments
    }

    package func reader(resuming report: ThreadReport?) -> any SessionReader {
        CodexReader(resuming: report)
    }

    package func logReader() -> any LogReader { CodexLogReader() }

    package func records(inheriting variable: (String) -> String?) -> any AgentRecords {
        CodexHome(variable)
    }
}
