/// An outside occurrence that may lead to a decision.
///
/// The owner of the loop collects events and passes them on once per turn, in the order in which
/// they happened.
package enum Event: Hashable, Sendable {
    /// A leg of the run begins: the first event, exactly once.
    indirect case runBegan(RunBegan)
    /// A task's directory was opened, locked for this run and inspected.
    indirect case taskInspected(TaskInspected)
    /// A person answered the question of a task that ended with one, or withdrew it.
    case taskAnswered(String)
    /// A task's directory can't be opened yet: another process owns it, or the disk is full or
    /// failing. The reason says which. The directory may be inspected later.
    case taskHeld(task: String, reason: String)
    /// A task's directory can't be used; the reason says why and what to do. Ends the task.
    case taskUnavailable(task: String, reason: String)
    /// A session's process is alive.
    case sessionSpawned(SessionSpawned)
    /// The usage of a running session so far became known.
    case sessionUsed(SessionUsed)
    /// Codex named a session's thread.
    case threadStarted(ThreadStarted)
    /// A session showed signs of life since the last turn; at most once per turn and session.
    case sessionActive(SessionKey)
    /// A session's time begins anew: its tree is ready, or waits for a command with a limit of its own.
    case sessionTimeBegins(SessionKey)
    /// The model answered a session: for the first time, or after the session waited for the network.
    case sessionAnswered(SessionKey)
    /// A session reported that it waits for the network, which is no sign of life.
    case sessionWaitsForNetwork(SessionKey)
    /// A session's output shows that its agent can work: at most once a session.
    case sessionWorked(SessionKey)
    /// A session's process and its output have ended, and the checklist was read afterwards.
    indirect case sessionEnded(SessionKey, SessionResult, ChecklistState)
    /// A session's work in its task's tree was committed.
    case checkpointMade(CheckpointMade)
    /// A check of a task's work, or of its base, ended, and the checklist was read afterwards; with the
    /// list's stamp and the files that were kept, as in `TaskEnded`.
    indirect case checkEnded(CheckEnded, ChecklistState, list: String?, Artifacts?)
    /// Nothing of a session's process lives; a command of the user's with a limit of its own follows.
    case sessionIsOver(SessionKey)
    /// A hook ended, or a message was handed over.
    indirect case hookEnded(HookEnded)
    /// The user or the system asked for a shutdown.
    case shutdownRequested(ShutdownSignal)
    /// The journal or a file of a task can't be written; the message says why and what to do. The
    /// pending writes wait.
    case storeFailed(String)
    /// Nothing can be journalled any more, and waiting won't help.
    case storeLost(String)
    /// All pending writes were done.
    case storeRecovered
    /// The windows of an account's limit were read.
    case limitRead(LimitRead)
    /// A login was refused before any session drew on it; the message says why and what to do.
    case accountRefused(account: String?, reason: String)
    /// The reply to `readMachine`: the resources that the machine has left.
    case machineRead(MachineReading)
    /// A person asks for a change of the run.
    indirect case steered(Steering)
    /// The reply to `passWords`: the tasks whose next session gets the words, and why others get none.
    indirect case wordsPassed(Steering, to: [String], troubles: [String])
    /// The reply to `readManifest`.
    indirect case manifestRead(Steering, GrownManifest)
    /// Something a person should know, noticed while acting on a command.
    case warned(Warned)
}

/// An action to carry out now; the actions of a turn are carried out in order.
package enum Command: Hashable, Sendable {
    /// Journal the fact, then report it. All facts of one batch go into one transaction.
    case record(RunEvent)
    /// Start the session once everything recorded so far is durable.
    case startSession(SessionStarted)
    /// End the session politely; does nothing if the session has ended already.
    case terminateSession(SessionKey)
    /// End the session by force; does nothing if the session has ended already.
    case killSession(SessionKey)
    /// Check a task's work now: a check that nobody sees end runs again, so it waits for no record.
    case startCheck(CheckBegan)
    /// End a task's check politely; does nothing if it has ended already.
    case terminateCheck(String)
    /// End a task's check by force; does nothing if it has ended already.
    case killCheck(String)
    /// Run a hook: one of a task's end once everything recorded so far is durable, others now.
    case startHook(HookBegan)
    /// Hand a message for a person over, and reply with `hookEnded`.
    case notify(Notification)
    /// End a hook politely; does nothing if it has ended already.
    case terminateHook(HookKey)
    /// End a hook by force; does nothing if it has ended already.
    case killHook(HookKey)
    /// Read the machine's free resources and reply with `machineRead`. Starts wait for the reply
    /// for ten seconds at most.
    case readMachine
    /// Open the task's directory, once more if it was open in this leg, and reply with `taskInspected`.
    case openTask(String)
    /// Write a person's words for the next sessions of tasks, and reply with `wordsPassed`.
    indirect case passWords(Steering, to: [String])
    /// Read the manifest that a request names, and reply with `manifestRead`.
    indirect case readManifest(Steering)
    /// Answer a person's request, by its number, once everything recorded so far is durable.
    case answer(Int, SteeringAnswer)
    /// Close the task's directory, which this leg no longer uses.
    case releaseTask(String)
    /// End the leg: nothing runs and nothing more will start. The last command, exactly once.
    case endRun(Ending)
}
