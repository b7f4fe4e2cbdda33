import Autonomous
import CodexEvents
import EventLoop
import Orchestration

/// All that a session's process is made of; turned into one on a worker thread.
struct SessionLaunch: Sendable {
    var start: SessionStarted
    var work: TaskWork
    var directory: TaskDirectory
    var agent: AgentCommand
    var prompts: PromptTemplates
    var environment: SessionEnvironment

    func make() -> ChildProcess.Launch {
        let command = CodexCommand(
            sandbox: work.sandbox,
            directories: [directory.path],
            model: work.model,
            extra: work.arguments,
            resumes: start.resumes
        )
        return ChildProcess.Launch(
            executable: agent.executable,
            arguments: [agent.executable] + agent.arguments + command.arguments,
            environment: environment.variables(of: start, adding: work.environment),
            directory: work.directory,
            input: Array(prompt.utf8)
        )
    }

    private var prompt: String {
        prompts.prompt(
            for: SessionBrief(
                role: start.role,
                description: work.description,
                name: start.task,
                directory: directory.path,
                progress: start.progress
            )
        )
    }
}

/// What the sessions of a run inherit, written out once for all of them.
struct SessionEnvironment: Sendable {
    private let run: String
    private let inherited: [String: String]
    private let written: [String]

    init(run: String, inherited: [String: String]) {
        self.run = run
        self.inherited = inherited
        written = Self.write(inherited)
    }

    /// `NAME=value` for each variable of a session; `own` ones, the task's, win over inherited ones.
    func variables(of start: SessionStarted, adding own: [String: String]) -> [String] {
        let others =
            own.isEmpty ? written : Self.write(inherited.merging(own) { $1 })
        return others + [
            "QUIRE_RUN=\(run)", "QUIRE_TASK=\(start.task)", "QUIRE_SESSION=\(start.session)",
        ]
    }

    private static func write(_ variables: [String: String]) -> [String] {
        let quires = ["QUIRE_RUN", "QUIRE_TASK", "QUIRE_SESSION"]
        return variables.filter { !quires.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    }
}
