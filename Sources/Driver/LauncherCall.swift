import Orchestration

/// The call that brings a program to where a task's sessions run.
struct LauncherCall {
    /// The launcher's path.
    let executable: String
    /// The launcher's words, its name first, with the program's among them or behind them.
    let arguments: [String]
    /// The text before the program's own standard input; empty unless the launcher takes one text.
    let preamble: String

    /// Makes the call for the words of a program.
    ///
    /// `work` is that of the task, with the program's directory and all variables that are added to the
    /// environment; `marks` are those of `SessionEnvironment`, and `turn` is the file that a task's
    /// programs lock there one after another.
    init(
        of words: [String],
        through launcher: Launcher,
        for start: SessionStarted,
        _ work: TaskWork,
        marks: [String],
        owner: String?,
        turn: String,
        grace: Duration
    ) {
        let remote = RemoteCommand(
            directory: work.directory,
            marks: marks,
            environment: work.environment,
            words: words,
            owner: owner ?? "",
            turn: turn,
            grace: max(1, grace.components.seconds)
        )
        let mebibytes = work.memory.map { $0.addingClamped((1 << 20) - 1) >> 20 }
        let all = launcher.words([
            .command: launcher.joinsWords ? remote.text : "", .slot: "\(start.slot)",
            .task: start.task,
            .session: "\(start.session)", .memory: mebibytes.map { "\($0)M" } ?? "",
        ])
        executable = launcher.executable
        arguments = [executable] + all + (launcher.joinsWords ? [] : words)
        preamble = launcher.joinsWords ? remote.preamble : ""
    }
}
