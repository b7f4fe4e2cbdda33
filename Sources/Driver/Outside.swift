import Autonomous
import Descendants
import EventLoop
import Orchestration
import RunStore

/// The outside of a leg: the loop, the store, the directories, the agents and the readers.
///
/// Unit tests have fakes of all.
struct Outside {
    var loop: any DriverLoop
    var store: any JournalStore
    var directories: any DirectoryKeeper
    var starter: any SessionStarter
    var leftovers: any LeftoverEnder
    var trees: any TreeMaker
    var checks: any CheckRunner
    var hooks: any HookRunner
    var reports: [any Report]
    var usageReader: UsageReader
    var machine: MachineReader
    /// The check-up of the agents before the first session; `nil` for none.
    var agents: AgentChecks?
    /// The place where people come in who steer the run; `nil` for none.
    var control: (any ControlDoor)?
    /// Ends the processes that earlier legs left behind; called on a worker thread.
    var examine: @Sendable () -> LegBeginning.Findings
}

extension Outside {
    /// Makes the outside of a leg that works in a workspace, with processes, on a loop.
    init(
        of beginning: LegBeginning,
        after state: RunState,
        loop: Loop,
        store: RunStore,
        reports: [any Report]
    ) throws(LoopError) {
        let request = beginning.request
        let (run, grace, inherited) = (request.run, request.plan.grace, request.environment)
        let places = TaskPlaces(request.workspace)
        let reader = UsageReader(request)
        let machine = MachineReader(places: request.places(with: store.directory))
        let survivors = Survivors(
            of: state,
            run: run,
            directories: places.paths(of: beginning.names + state.running.keys.map(\.task) + [""]),
            grace: grace
        )
        let environment = SessionEnvironment(run: run, inherited: inherited, places: places)
        let leftovers = try LeftoverWatch(loop: loop, run: run, grace: grace)
        let commands = UserCommands(loop, request, environment, leftovers)
        let keeper = TreeKeeper(loop: loop, request: request, setups: TreeSetups(commands))
        let checked = CheckedTrees(loop, request)
        let hooks = ProcessHooks(loop, request, commands)
        let agents = AgentChecks(Preflight(request, of: beginning.names))
        self.init(
            loop: loop,
            store: MailedStore(store, on: loop),
            directories: beginning.opening,
            starter: ProcessStarter(
                request: request,
                environment: environment,
                usageReader: reader,
                abilities: agents.abilities,
                loop: loop
            ),
            leftovers: leftovers,
            trees: BaseChecks(request, commands, keeper, checked).hooked(request, hooks),
            checks: ProcessChecks(loop, request, commands, keeper, checked),
            hooks: hooks,
            reports: reports,
            usageReader: reader,
            machine: machine,
            agents: agents,
            examine: { [lost = state.lostSessions, directories = request.directoriesWithTrees] in
                LegBeginning.Findings(
                    warnings: survivors.end(),
                    used: reader.look(lost),
                    kills: machine.outOfMemoryKills(),
                    bases: request.git.map { TreeKeeper.bases(of: directories, $0) } ?? [:]
                )
            }
        )
    }
}

extension RunRequest {
    /// The directories that a run writes to.
    fileprivate func places(with store: String) -> [String] {
        [workspace.root, store] + [worktrees?.path].compactMap(\.self)
    }
}

extension RunState {
    /// The sessions that an earlier Quire left when it died, as far as their threads are known.
    fileprivate var lostSessions: [UsageReader.Query] {
        running.values.compactMap { session in
            let start = session.start
            guard let thread = task(start.task)?.thread,
                start.resumes == nil || session.resumedUsage != nil
            else { return nil }
            let before = start.resumes == thread ? session.resumedUsage : nil
            return UsageReader.Query(start, thread: thread, before: before)
        }
    }
}
