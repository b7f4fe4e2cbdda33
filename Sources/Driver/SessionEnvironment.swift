import Autonomous
import Descendants
import EventLoop
import FileAccess
import Orchestration

/// The environment of a run's sessions, and the marks by which their processes are recognized.
struct SessionEnvironment: Sendable {
    private let run: String
    private let runner: String
    private let inherited: InheritedEnvironment
    /// The paths of the tasks' directories.
    let places: TaskPlaces

    init(run: String, inherited: InheritedEnvironment, places: TaskPlaces) {
        self.run = run
        self.places = places
        runner = RunnerMark.own.text
        self.inherited = inherited.without(SessionMark.variables + HookInput.variables)
    }

    /// Returns the variables that a session inherits unchanged: all but those in its task's `own`.
    func inherited(beside own: [String: String]) -> InheritedEnvironment {
        own.isEmpty ? inherited : inherited.without(own.keys)
    }

    /// Returns `NAME=value` for each variable that a session gets besides.
    func variables(of session: SessionKey, adding own: [String: String]) -> [String] {
        unmarked(own) + marks(of: session)
    }

    /// Returns `NAME=value` for each variable that a hook of the run gets.
    func variables(ofRun own: [String: String]) -> [String] {
        unmarked(own) + ["\(SessionMark.runVariable)=\(run)"]
    }

    private func unmarked(_ own: [String: String]) -> [String] {
        own.filter { !SessionMark.variables.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    }

    /// Returns `NAME=value` for each variable that marks a session's processes.
    func marks(of session: SessionKey) -> [String] {
        SessionMark.variables(
            run: run,
            session: session,
            directory: places.path(of: session.task),
            runner: runner
        )
    }
}

/// The paths of the tasks' directories, the same in every run: absolute and without links.
struct TaskPlaces: Sendable {
    private let root: String

    init(_ workspace: Workspace) {
        root = workspace.autonomousDirectory.resolved(in: "/")
    }

    /// Returns the path of a task's directory; that of no task, `""`, stands for the run's own hooks.
    func path(of task: String) -> String { root + "/" + task }

    /// Returns the paths of some tasks' directories, by the tasks' names.
    func paths(of tasks: [String]) -> [String: String] {
        Dictionary(tasks.map { ($0, path(of: $0)) }) { $1 }
    }
}
