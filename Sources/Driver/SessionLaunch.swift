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
    var environment: [String: String]
    var run: String

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
            environment: variables,
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

    private var variables: [String] {
        var all = environment.merging(work.environment) { $1 }
        all["QUIRE_RUN"] = run
        all["QUIRE_TASK"] = start.task
        all["QUIRE_SESSION"] = String(start.session)
        return all.map { "\($0.key)=\($0.value)" }
    }
}
