import Agent
import Autonomous
import Descendants
import EventLoop
import Orchestration

/// A session that has not ended.
protocol RunningSession: AnyObject {
    /// The label that the session's processes carry.
    var label: SessionLabel { get }
    /// The query for the session's usage; `nil` while it can't be read.
    var usageQuery: UsageReader.Query? { get }
    /// Returns the agent's activity in a few words; `nil` if it has shown none yet.
    func activity() -> String?
    /// Ends the session politely.
    func terminate()
    /// Ends the session by force.
    func kill()
    /// Goes on to the decision on the session, now that nothing of what it started lives.
    func descendantsGone(_ end: SessionEnd)
}

/// The maker of sessions.
protocol SessionStarter {
    /// Starts a session, which reports to `observer`; returns `nil` if nothing is known of its task.
    ///
    /// `directory` is where the agent works; `nil` for the directory of the task's work.
    func start(
        _ start: PendingStart,
        in task: OpenTask,
        at directory: String?,
        observer: any SessionObserver
    ) -> (any RunningSession)?
}

extension SessionRunner: RunningSession {}

/// The maker of a leg's sessions as processes.
struct ProcessStarter: SessionStarter {
    let request: RunRequest
    let environment: SessionEnvironment
    let usageReader: UsageReader
    let abilities: KnownAbilities
    let loop: Loop

    func start(
        _ start: PendingStart,
        in task: OpenTask,
        at directory: String?,
        observer: any SessionObserver
    ) -> (any RunningSession)? {
        guard var work = request.work[start.fact.task] else { return nil }
        if let directory { work.directory = directory }
        if let account = start.fact.account {
            let own = usageReader.variables(of: account)
            work.environment.merge(own) { $1 }
        }
        let turnCheck = turnCheck(start.fact, &work)
        let launch = SessionLaunch(
            start: start.fact,
            work: work,
            directory: task.directory,
            agent: work.agent ?? request.agent,
            launcher: request.launcher,
            owner: request.owner?.path,
            grace: request.plan.grace,
            prompts: request.prompts,
            incident: start.incident,
            mostEntries: start.mostEntries,
            checkTrouble: start.checkTrouble,
            givenWords: GivenWords(in: task.directory),
            environment: environment,
            turnCheck: turnCheck,
            redactor: request.redactor,
            abilities: abilities
        )
        return SessionRunner(
            start.fact,
            launch: launch,
            look: task.look,
            resumedUsage: start.resumedUsage,
            usageReader: usageReader,
            leakLimit: request.leakLimit,
            loop: loop,
            observer: observer
        )
    }
    /// Returns the check at the ends of a session's turns, and hands it on by a variable; `nil` for none.
    private func turnCheck(_ start: SessionStarted, _ work: inout TaskWork) -> TurnCheck? {
        guard let hook = request.turnHook, let command = work.check,
            let check = SessionCheck(
                start,
                command,
                in: work.directory,
                workspace: request.workspace.root,
                path: work.environment["PATH"] ?? environment.inherited(beside: [:]).text("PATH"),
                secrets: hook.secrets
            ), let json = check.json
        else { return nil }
        work.environment[SessionCheck.variable] = json
        return check.turnCheck(by: hook.path)
    }
}
