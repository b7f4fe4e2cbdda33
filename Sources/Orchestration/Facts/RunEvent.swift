/// A fact of a run: the content of the journal, and the source of all reports and of the run's state.
///
/// A fact says what happened or was decided and never changes afterwards. `RunEvent` is the one
/// vocabulary of the journal, the JSON Lines output and the projections.
///
/// Indirect, since a fact is large, and is handed on many times for each time it is made.
package indirect enum RunEvent: Hashable, Sendable {
    /// A leg of the run began: the leg's first fact, exactly once. Sessions that an earlier leg
    /// left running are recorded as lost right after it.
    case runBegan(RunBegan)
    /// A task that had ended goes on in this leg, is answered in it, or begins anew.
    case taskReopened(TaskReopened)
    /// A task's directory was inspected; once a leg at most, and once more after each answer.
    case taskInspected(TaskInspected)
    /// A session was given a slot; its process starts only after this fact is durable.
    case sessionStarted(SessionStarted)
    /// The session's process is alive; at most once a session.
    case sessionSpawned(SessionSpawned)
    /// The usage of a running session so far became known.
    case sessionUsed(SessionUsed)
    /// Codex named the session's thread; at most once a session.
    case threadStarted(ThreadStarted)
    /// A session is being ended: terminated, then perhaps killed.
    case sessionSignalled(SessionSignalled)
    /// A session ended: exactly once for each that started.
    case sessionEnded(SessionEnded)
    /// A session's work in its task's tree was committed.
    case checkpointMade(CheckpointMade)
    /// A check of a task's work began.
    case checkBegan(CheckBegan)
    /// A check of a task's work, or of the base that it begins from, ended.
    case checkEnded(CheckEnded)
    /// A hook of the run or of a task's end began.
    case hookBegan(HookBegan)
    /// A hook ended.
    case hookEnded(HookEnded)
    /// A task ended; the task's last fact in this leg, unless it asks a person who then answers.
    case taskEnded(TaskEnded)
    /// Starts are held, for a stated reason.
    case gateClosed(GateClosed)
    /// Starts go on.
    case gateOpened(GateOpened)
    /// The windows of an account's limit were read; as often as they change by a percent.
    case limitRead(LimitRead)
    /// The limit of sessions at once changed.
    case concurrencyChanged(ConcurrencyChanged)
    /// The shutdown went one step further.
    case shutdownAdvanced(ShutdownAdvanced)
    /// A person changed the run while it ran; its consequences follow as facts of their own.
    case steered(Steered)
    /// Something a person should know and that changes nothing.
    case warned(Warned)
    /// The leg ended: the leg's last fact, exactly once; missing if Quire was killed.
    case runEnded(RunEnded)
}
