package import Agent
import EventLoop
import FileAccess
import Orchestration
import Synchronization

/// The check-up of the agents that a leg's sessions run, made before the first session starts.
///
/// Checks run on worker threads while directories are opened: one for each program, sandbox and settings
/// that sessions have. The simulated agent and agents behind a launcher are not checked, nor is a command
/// whose program is not called `codex…`: to be asked may be work for somebody's own agent.
struct Preflight: Sendable {
    /// The most checks of a leg: with more combinations the first ones stand for all.
    private static let mostCases = 8

    /// One check: the needs that some tasks' sessions share.
    struct Case: Sendable {
        let agent: AgentCommand
        let needs: CheckUpNeeds
        let variables: [String: String]
        /// The account of the run's several; `nil` if the tasks have one of their own.
        var account: String?
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
        guard request.launcher == nil else {
            cases = []
            return
        }
        var cases: [Case] = []
        var known: Set<[String]> = []
        let own = Dictionary(
            request.plan.tasks.lazy.filter { $0.account != nil }.map { ($0.name, $0.account) }
        ) { first, _ in first }
        for name in names where cases.count < Self.mostCases {
            guard let work = request.work[name] else { continue }
            let agent = work.agent ?? request.agent
            guard agent.isCodex else { continue }
            let records = agent.kind.records(inheriting: inherited.text)
            let isPooled = !pool.isEmpty && own[name] == nil
            for account in isPooled ? pool.map(Optional.some) : [nil] {
                var found = Case(agent, work, account.map(records.variables) ?? [:])
                found.account = account
                if known.insert(found.identity).inserted { cases.append(found) }
            }
        }
        self.cases = cases
    }

    /// Checks the agents of a whole request; blocks.
    static func checkUps(of request: RunRequest) -> [CheckUp] {
        let preflight = Preflight(request, of: request.plan.selected.map(\.name))
        return preflight.cases.map { preflight.check($0).1 }
    }

    /// Makes one check; blocks.
    func check(_ one: Case) -> (Case, CheckUp) {
        let questions = AgentQuestions(
            one.agent,
            inherited: inherited,
            adding: one.variables,
            in: one.needs.directory
        )
        return (one, questions.checkUp(one.needs))
    }
}

extension Preflight.Case {
    /// The variables on which an agent's answers depend, as far as tasks set them.
    private static let telling = ["PATH", "HOME", "CODEX_HOME", "CODEX_API_KEY", "OPENAI_API_KEY"]

    init(_ agent: AgentCommand, _ work: TaskWork, _ own: [String: String]) {
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
        variables = work.environment.merging(own) { $1 }
    }

    /// All that makes two checks different; the directory does not.
    fileprivate var identity: [String] {
        agent.words + ["", needs.sandbox.rawValue, "\(needs.settings.isHermetic)"]
            + needs.settings.features + [""] + needs.extra + [""]
            + Self.telling.map { variables[$0] ?? "" }
    }
}

extension RunRequest {
    /// Checks the agents that the run's sessions would run; blocks.
    ///
    /// Returns nothing for the simulated agent, and for agents behind a launcher.
    package func checkUps() -> [CheckUp] { Preflight.checkUps(of: self) }
}

extension AgentCommand {
    /// The program and its first arguments.
    fileprivate var words: [String] { [executable] + arguments }

    /// True if the program is a Codex by its name, and not the simulated one.
    fileprivate var isCodex: Bool {
        switch kind.program {
        case .own: false
        case .named: true
        case .command: executable.split(separator: "/").last?.hasPrefix("codex") ?? false
        }
    }

    /// The identity of the program's file; another one once the program was replaced.
    fileprivate var file: FileIdentity? { FileIdentity(executable.resolved(in: "/")) }
}

/// The abilities of a leg's agents, which a program loses when it is replaced by another version.
final class KnownAbilities: Sendable {
    private struct Entry: Sendable {
        var file: FileIdentity?
        var abilities: AgentAbilities
        var one: Preflight.Case
    }

    private let entries = Mutex<[[String]: Entry]>([:])
    private let preflight: Preflight

    init(_ preflight: Preflight) { self.preflight = preflight }

    /// Notes the abilities that a check found.
    func note(_ abilities: AgentAbilities, of one: Preflight.Case) {
        let entry = Entry(file: one.agent.file, abilities: abilities, one: one)
        entries.withLock { $0[one.agent.words] = entry }
    }

    /// Returns the abilities of a program, and asks one that was replaced since again; blocks then.
    func abilities(of agent: AgentCommand) -> AgentAbilities {
        guard let entry = entries.withLock({ $0[agent.words] }) else { return .unknown }
        if agent.file == entry.file { return entry.abilities }
        let (one, checkUp) = preflight.check(entry.one)
        note(checkUp.abilities, of: one)
        return checkUp.abilities
    }
}
