package import Agent
import EventLoop
import FileAccess
import Orchestration

/// The check-up of the agents that a leg's sessions run, made before the first session starts.
///
/// Checks run on worker threads while directories are opened: one for each program, sandbox and settings
/// that sessions have, on each machine that a launcher leads to by the number of a slot. The simulated agent
/// is not checked, nor is a command whose program is not called `codex…`: to be asked may be work for
/// somebody's own agent. Both are asked for their abilities alone where sessions depend on them: for checks within
/// them, and for statements.
struct Preflight: Sendable {
    /// The most checks of a machine: with more combinations the first ones stand for all.
    private static let mostCases = 8
    /// The most checks on all machines, of which each takes seconds of a worker's time.
    private static let mostLaunchedCases = 16

    /// One check: the needs that some tasks' sessions share.
    struct Case: Sendable {
        let agent: AgentCommand
        let needs: CheckUpNeeds
        var variables: [String: String]
        /// The account of the run's several; `nil` if the tasks have one of their own.
        var account: String?
        /// True if the program is asked for everything, false for its abilities alone.
        let isWhole: Bool
        /// True if checks are to run in the sessions.
        let wantsTurnChecks: Bool
        /// True if what sessions are started with depends on what another agent than Codex can do.
        var wantsAbilities: Bool { wantsTurnChecks || needs.settings.states }
        /// The place of the sessions; `nil` for this machine.
        var place: LaunchedPlace?
        /// The place in the abilities that are known; see `KnownAbilities`.
        var key: KnownAbilities.Key
    }

    /// The checks of a leg, in the order of its tasks.
    let cases: [Case]
    /// The questions for the limits of accounts, of the run's own agent.
    let limits: (questions: LimitQuestions, accounts: [(path: String, name: String?)])
    /// The accounts that sessions share; empty for the run's own alone.
    let pool: [String]
    private let inherited: InheritedEnvironment

    /// Chooses the checks for the tasks that a leg opens.
    init(_ request: RunRequest, of names: [String]) {
        inherited = request.environment
        pool = request.plan.accounts ?? []
        let isAsked = request.launcher == nil && request.agent.isCodex
        limits = (
            LimitQuestions(request.agent, inherited: inherited),
            isAsked ? Array(request.accounts.prefix(Self.mostCases)) : []
        )
        var cases: [Case] = []
        var known: Set<[String]> = []
        var first: [String] = []
        for name in names where cases.count < Self.mostCases {
            guard let work = request.work[name] else { continue }
            let agent = work.agent ?? request.agent
            let records = agent.kind.records(inheriting: inherited.text)
            let isPooled = request.launcher == nil && !pool.isEmpty && work.account == nil
            for account in isPooled ? pool.map(Optional.some) : [nil] {
                var found = Case(agent, work, of: request)
                guard found.isWhole || found.wantsAbilities else { continue }
                found.account = account
                found.variables.merge(account.map(records.variables) ?? [:]) { $1 }
                guard known.insert(found.identity).inserted else { continue }
                cases.append(found)
                first.append(name)
            }
        }
        guard let launcher = request.launcher else {
            self.cases = cases
            return
        }
        let slots = launcher.slots(of: min(request.plan.concurrency, names.count))
        let launched = slots.flatMap { slot in
            zip(cases, first).map { one, task in
                var one = one
                one.place = LaunchedPlace(launcher, slot: slot, for: task, of: request)
                one.key.place = launcher.words(of: slot)
                return one
            }
        }
        self.cases = Array(launched.prefix(Self.mostLaunchedCases))
    }

    /// Checks the agents of a whole request; blocks.
    static func checkUps(of request: RunRequest) -> [CheckUp] {
        let preflight = Preflight(request, of: request.plan.selected.map(\.name))
        return preflight.cases.map(preflight.check)
    }

    /// Makes one check; blocks.
    func check(_ one: Case) -> CheckUp {
        var questions = AgentQuestions(
            one.agent,
            inherited: inherited,
            adding: one.variables,
            in: one.needs.directory
        )
        questions.launched = one.place
        var checkUp = one.isWhole ? questions.checkUp(one.needs) : CheckUp()
        if one.wantsAbilities, checkUp.abilities == .unknown, checkUp.refusals.isEmpty {
            checkUp.abilities = questions.abilities()
        }
        if one.needs.settings.states, !checkUp.abilities.states {
            checkUp.warnings.append(
                "verdict has no effect with \(one.agent.executable), whose \"exec --help\" doesn't name "
                    + "--output-schema"
            )
        }
        if one.wantsTurnChecks, !checkUp.abilities.checksTurns {
            checkUp.warnings.append(
                "verify_in_session has no effect with \(one.agent.executable), whose features "
                    + "(\"features list\") don't name \"hooks\" as stable and on; checks run after "
                    + "sessions alone"
            )
        }
        if let place = one.place { checkUp.name(launcher: place.name) }
        return checkUp
    }
}

extension Launcher {
    /// The slots that lead to different places, as far as the words tell.
    fileprivate func slots(of count: Int) -> [Int] {
        words(of: 0) == words(of: 1) ? [0] : Array(0..<max(1, count))
    }
}

extension Preflight.Case {
    init(_ agent: AgentCommand, _ work: TaskWork, of request: RunRequest) {
        self.agent = agent
        var isNamed = false
        if case .command = agent.kind.program { isNamed = true }
        needs = CheckUpNeeds(
            program: agent.executable,
            isNamed: isNamed,
            directory: work.directory,
            sandbox: work.sandbox,
            settings: work.settings,
            extra: work.arguments
        )
        variables = work.environment
        isWhole = agent.isCodex
        wantsTurnChecks = request.turnHook != nil && work.check?.inSession != nil
        key = KnownAbilities.Key(agent, work.environment)
    }

    /// All that makes two checks different; the directory does not.
    fileprivate var identity: [String] {
        let flags = [needs.settings.isHermetic, needs.settings.states, wantsTurnChecks]
        return key.words + ["", account ?? "", needs.sandbox.rawValue] + flags.map { "\($0)" }
            + needs.settings.features + [""] + needs.extra + [""] + key.variables
    }
}

extension RunRequest {
    /// Checks the agents that the run's sessions would run; blocks.
    ///
    /// Returns nothing for the simulated agent.
    package func checkUps() -> [CheckUp] { Preflight.checkUps(of: self) }
}

extension AgentCommand {
    /// True if the program is a Codex by its name, and not the simulated one.
    fileprivate var isCodex: Bool {
        switch kind.program {
        case .own: false
        case .named: true
        case .command: executable.split(separator: "/").last?.hasPrefix("codex") ?? false
        }
    }
}
