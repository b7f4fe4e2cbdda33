import Orchestration

/// The limits of an agent's access.
package enum Sandbox: String, Hashable, Sendable, CaseIterable {
    /// The working directory, the task directory and temporary files; no network.
    case workspaceWrite = "workspace-write"
    /// Everything, the network included.
    case dangerFullAccess = "danger-full-access"
}

/// The arguments with which `codex` carries out one session; the prompt goes through standard input.
///
/// Source: `codex exec --help` and trials with Codex CLI 0.163.0. All options precede `resume`, which
/// accepts only some (not `-p`, `-s`, `-C`, `--add-dir`, `--color`, `--oss`) and follows those before
/// it. No model is named unless the user named one.
package struct CodexCommand: Hashable, Sendable {
    /// The agent's sandbox.
    package var sandbox: Sandbox
    /// Directories that the agent may write to besides the working directory.
    package var directories: [String]
    /// The model; `nil` for Codex's own choice.
    package var model: String?
    /// Arguments passed through as they are.
    package var extra: [String]
    /// Thread to resume; `nil`, or anything but a thread's id, for a fresh one.
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
        // The last setting of an option counts, and that is the user's.
        arguments += extra
        // After the user's arguments: an option among them with any number of values (`--image`) would
        // swallow `resume`.
        for directory in directories { arguments += ["--add-dir", directory] }
        if let thread = resumes.flatMap(ThreadID.checked) { arguments += ["resume", thread] }
        arguments.append("-")
        return arguments
    }
}
