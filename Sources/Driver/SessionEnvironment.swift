import Autonomous
import Descendants
import EventLoop
import FileAccess
import Orchestration

/// What the sessions of a run inherit, and what tells whose they are.
struct SessionEnvironment: Sendable {
    private let run: String
    private let runner: String
    private let inherited: InheritedEnvironment
    /// Where the tasks lie.
    let places: TaskPlaces

    init(run: String, inherited: InheritedEnvironment, places: TaskPlaces) {
        self.run = run
        self.places = places
        runner = RunnerMark.own.text
        self.inherited = inherited.without(SessionMark.variables)
    }

    /// What a session is handed on as it is: all but the variables that its task has of its `own`.
    func inherited(beside own: [String: String]) -> InheritedEnvironment {
        own.isEmpty ? inherited : inherited.without(own.keys)
    }

    /// `NAME=value` for each variable that a session has besides.
    func variables(of start: SessionStarted, adding own: [String: String]) -> [String] {
        own.filter { !SessionMark.variables.contains($0.key) }.map { "\($0.key)=\($0.value)" }
            + marks(of: start)
    }

    /// `NAME=value` for each variable that tells whose a session is.
    func marks(of start: SessionStarted) -> [String] {
        SessionMark.variables(
            run: run,
            session: start.key,
            directory: places.path(of: start.task),
            runner: runner
        )
    }
}

/// The tasks' directories by names that every run has for them: absolute and without links.
struct TaskPlaces: Sendable {
    private let root: String

    init(_ workspace: Workspace) {
        root = workspace.autonomousDirectory.resolved(in: "/")
    }

    func path(of task: String) -> String { root + "/" + task }

    /// The directories of some tasks, by the tasks' names.
    func paths(of tasks: [String]) -> [String: String] {
        Dictionary(tasks.map { ($0, path(of: $0)) }) { $1 }
    }
}
