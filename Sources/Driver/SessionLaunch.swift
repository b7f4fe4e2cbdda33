import Agent
import Autonomous
import Descendants
import EventLoop
import Orchestration

/// The data that a session is started from.
struct SessionLaunch: Sendable {
    var start: SessionStarted
    var work: TaskWork
    var directory: TaskDirectory
    var agent: AgentCommand
    /// The launcher of the agent; `nil` for this machine.
    var launcher: Launcher?
    /// The file that Quire keeps locked while it lives.
    var owner: String?
    /// The time between a polite termination and a kill.
    var grace: Duration
    var prompts: PromptTemplates
    /// The forbidden changes of the list by a session before; `nil` for none.
    var incident: ListIncident?
    /// The number of entries that the list may have afterwards; `nil` for any.
    var mostEntries: Int?
    /// The failures of the task's check since it last passed; `nil` for none.
    var checkTrouble: TaskState.CheckTrouble?
    /// The words of people for the session, which are taken before it starts.
    var givenWords: GivenWords
    var environment: SessionEnvironment
    /// The check at the ends of the session's turns; `nil` for none.
    var turnCheck: TurnCheck?
    var redactor = Redactor()
    /// The abilities of the leg's agents; `nil` if they are unknown.
    var abilities: KnownAbilities?
    /// Called before the start of a session that is to end with a statement; see `stating`.
    var onStatement: (@Sendable () -> Void)?

    /// Returns the launch with a call before the start of a session that is to end with a statement.
    func stating(_ call: @escaping @Sendable () -> Void) -> SessionLaunch {
        var launch = self
        launch.onStatement = call
        return launch
    }

    /// The label that the session's processes carry.
    var label: SessionLabel {
        SessionLabel(place: environment.places.path(of: start.task), session: start.session)
    }

    /// The model: the rung of the task's ladder, if it has one; `nil` for the agent's own choice.
    var model: String? { start.model ?? work.model }

    /// True if the agent runs commands in a sandbox, as far as the manifest tells.
    var isSandboxed: Bool {
        if case .own = agent.kind.program { return false }
        return work.sandbox != .dangerFullAccess
    }

    /// Returns the result of a session, without evidence of work that tells nothing of a sandbox.
    func told(_ result: SessionResult) -> SessionResult {
        guard !isSandboxed else { return result }
        var result = result
        result.deeds = nil
        return result
    }

    /// Starts the session as a process of its own; `first` runs before that, on the same worker thread.
    func start(
        on loop: Loop,
        leakLimit: Duration,
        callbacks: ChildProcess.Callbacks,
        first: @escaping @Sendable () -> Void
    ) -> any SessionHandle {
        ChildProcess(loop: loop, leakLimit: leakLimit, callbacks: callbacks) {
            first()
            return try make()
        }
    }

    /// Makes the launch.
    ///
    /// - Throws: `FileError` if the file that a task's launched sessions lock, or the copy of the list that
    ///   its check needs, can't be written.
    private func make() throws -> ChildProcess.Launch {
        if launcher != nil { try directory.prepareTurn() }
        if work.check != nil { try directory.noteTicks() }
        let abilities = knownAbilities
        var work = work
        // Nobody reads what the hook would.
        if !abilities.checksTurns { work.environment[SessionCheck.variable] = nil }
        let words = words(abilities, statementSchema: try statementSchema(abilities))
        let call = call(words)
        return ChildProcess.Launch(
            executable: call?.executable ?? agent.executable,
            arguments: call?.arguments ?? words,
            inherited: environment.inherited(beside: work.environment),
            environment: environment.variables(of: start.key, adding: work.environment),
            directory: work.directory,
            input: Array(((call?.preamble ?? "") + prompt).utf8),
            label: label.value
        )
    }

    /// The abilities of the agent where the session runs; waits where they must be asked for again.
    private var knownAbilities: AgentAbilities {
        var key = KnownAbilities.Key(agent, work.environment)
        key.place = launcher?.words(of: start.slot) ?? []
        return abilities?.abilities(of: key) ?? .unknown
    }

    /// Returns the agent's program and all its arguments.
    private func words(_ abilities: AgentAbilities, statementSchema: String?) -> [String] {
        var session = AgentSession(
            sandbox: work.sandbox,
            directories: [directory.path],
            model: model,
            extra: work.arguments,
            turnCheck: abilities.checksTurns ? turnCheck : nil,
            resumes: start.resumes
        )
        (session.settings, session.statementSchema) = (work.settings, statementSchema)
        session.abilities = abilities
        return [agent.executable] + agent.arguments + agent.kind.arguments(for: session)
    }

    /// Writes the schema of the session's statement, and returns its path; `nil` for none.
    private func statementSchema(_ abilities: AgentAbilities) throws -> String? {
        guard work.settings.states, abilities.states, let text = agent.kind.statementSchema else {
            return nil
        }
        let path = try directory.prepareStatement(text)
        onStatement?()
        return path
    }

    private func call(_ words: [String]) -> LauncherCall? {
        launcher.map {
            LauncherCall(
                of: words,
                through: $0,
                for: start,
                work,
                marks: environment.marks(of: start.key),
                owner: owner,
                turn: directory.turnPath,
                grace: grace
            )
        }
    }

    private var prompt: String {
        prompts.prompt(
            for: SessionBrief(
                role: start.role,
                description: work.description,
                name: start.task,
                directory: directory.path,
                progress: start.progress,
                incident: incident,
                mostEntries: mostEntries,
                checkTrouble: checkTrouble,
                company: work.company,
                words: givenWords.text
            )
        )
    }
}
