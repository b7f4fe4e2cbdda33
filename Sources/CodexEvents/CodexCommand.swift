import Orchestration

/// What the agent may touch.
package enum Sandbox: String, Hashable, Sendable, CaseIterable {
    /// The working directory, the task directory and temporary files; no network.
    case workspaceWrite = "workspace-write"
    /// Everything, the network included.
    case dangerFullAccess = "danger-full-access"
}

/// The arguments that make `codex` carry out one session; the prompt goes through standard input.
///
/// Source: `codex exec --help` and trials with Codex CLI 0.163.0. All options stand before `resume`,
/// which takes only some of them (not `-p`, `-s`, `-C`, `--add-dir`, `--color`, `--oss`) and goes by
/// those before it. No model is named unless somebody named one.
package struct CodexCommand: Hashable, Sendable {
    /// What the agent may touch.
    package var sandbox: Sandbox
    /// Directories it may write to besides the working directory.
    package var directories: [String]
    /// The model; `nil` for Codex's own choice.
    package var model: String?
    /// Passed through as they are.
    package var extra: [String]
    /// The thread to go on in; `nil`, or what is no thread's id, for a fresh one.
    package var resumes: String?

    /// Makes a command; see the properties.
    package init(
        sandbox: Sandbox = .workspaceWrite,
        directories: [String] = [],
        model: String? = nil,
        extra: [String] = [],
        resumes: String? = nil
    ) {
        self.sandbox = sandbox
        self.directories = directories
        self.model = model
        self.extra = extra
        self.resumes = resumes
    }

    /// The arguments after the program's name.
    package var arguments: [String] {
        var arguments = [
            "exec", "-c", "approval_policy=\"never\"", "-c", "sandbox_mode=\"\(sandbox.rawValue)\"",
            "--skip-git-repo-check", "--json",
        ]
        if let model { arguments += ["--model", model] }
        // The last word on a setting counts, and that is the user's.
        arguments += extra
        // After what is passed through: an option of that with any number of values (`--image`) would
        // take `resume` for one of them.
        for directory in directories { arguments += ["--add-dir", directory] }
        if let thread = resumes.flatMap(ThreadID.checked) { arguments += ["resume", thread] }
        arguments.append("-")
        return arguments
    }
}
