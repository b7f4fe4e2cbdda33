/// Something that happened outside and that a decision may follow from.
///
/// Whoever runs the loop collects events and hands them over once per turn, in the order in which
/// they happened.
package enum Event: Hashable, Sendable {
    /// A leg of the run begins: first of all, once.
    indirect case runBegan(RunBegan)
    /// A task's directory is open, locked for this run, and was looked at.
    case taskInspected(TaskInspected)
    /// A task's directory can't be opened yet, since another process owns it or the disk takes
    /// nothing; the words say who or why. It may be inspected later.
    case taskHeld(task: String, reason: String)
    /// A task's directory can't be used; the words say why and what to do. Ends the task.
    case taskUnavailable(task: String, reason: String)
    /// A session's process is alive.
    case sessionSpawned(SessionSpawned)
    /// A running session has used so much by now.
    case sessionUsed(SessionUsed)
    /// Codex named a session's thread.
    case threadStarted(ThreadStarted)
    /// A session showed signs of life since the last turn; at most one a turn and session.
    case sessionActive(SessionKey)
    /// The model answered a session: for the first time, or after it waited for the network.
    case sessionAnswered(SessionKey)
    /// A session said that it waits for the network; this is no sign of life.
    case sessionWaitsForNetwork(SessionKey)
    /// A session's process and its output have ended, and the checklist was looked at since.
    case sessionEnded(SessionKey, SessionResult, ChecklistState)
    /// The user or the system asked for an end.
    case shutdownRequested(ShutdownSignal)
    /// The journal, or a file of a task, can't be written; the words say why and what to do. What
    /// is to be written waits.
    case storeFailed(String)
    /// Nothing can be journalled any more, whatever is waited for.
    case storeLost(String)
    /// All that waited is written.
    case storeRecovered
    /// What the machine has left, asked for with `readMachine`.
    case machineRead(MachineReading)
    /// Something a person should know, noticed while acting on a command.
    case warned(Warned)
}

/// What is to be done now, in order.
package enum Command: Hashable, Sendable {
    /// Put the fact into the journal, then report it. Everything of one batch goes into one
    /// transaction.
    case record(RunEvent)
    /// Start the session once everything recorded so far is durable.
    case startSession(SessionStarted)
    /// End the session politely; nothing happens when it has ended already.
    case terminateSession(SessionKey)
    /// End the session; nothing happens when it has ended already.
    case killSession(SessionKey)
    /// Look at what the machine has left and tell it with `machineRead`. Nothing waits for it for
    /// more than a few seconds.
    case readMachine
    /// Close the task's directory: nothing of this leg touches it any more.
    case releaseTask(String)
    /// Leave: nothing runs and nothing more will start. Last of all, once.
    case endRun(Ending)
}
