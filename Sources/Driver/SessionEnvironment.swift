import Autonomous
import EventLoop
import Foundation
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
        [
            "\(SessionMark.runVariable)=\(run)", "\(SessionMark.taskVariable)=\(start.task)",
            "\(SessionMark.sessionVariable)=\(start.session)",
            "\(SessionMark.runnerVariable)=\(runner)",
            "\(SessionMark.directoryVariable)=\(places.path(of: start.task))",
        ]
    }
}

/// What a process's environment tells of the session that it belongs to.
struct SessionMark {
    static let runVariable = "QUIRE_RUN"
    static let taskVariable = "QUIRE_TASK"
    static let sessionVariable = "QUIRE_SESSION"
    static let runnerVariable = "QUIRE_RUNNER"
    static let directoryVariable = "QUIRE_DIRECTORY"
    static let variables = [
        runVariable, taskVariable, sessionVariable, runnerVariable, directoryVariable,
    ]

    let run: String
    let session: SessionKey
    /// The Quire that started the session; `nil` where it does not say.
    let runner: RunnerMark?
    /// The task's directory, whatever run works on it; `nil` where it does not say.
    let directory: String?

    /// Reads a process's mark; `nil` for one that is of no session.
    init?(of process: SeenProcess) {
        guard let run = process.value(Self.runVariable),
            let task = process.value(Self.taskVariable),
            let number = process.value(Self.sessionVariable).flatMap(Int.init)
        else { return nil }
        self.run = run
        session = SessionKey(task: task, number: number)
        runner = process.value(Self.runnerVariable).flatMap(RunnerMark.init)
        directory = process.value(Self.directoryVariable)
    }
}

/// The tasks' directories by names that every run has for them: absolute and without links.
struct TaskPlaces: Sendable {
    private let root: String

    init(_ workspace: Workspace) {
        let path = workspace.autonomousDirectory
        let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        // A link to a name that is no UTF-8 is the only way to it that text can tell.
        let isText = path.contains("\u{FFFD}") || !resolved.contains("\u{FFFD}")
        root = isText ? resolved : path
    }

    func path(of task: String) -> String { root + "/" + task }
}

/// A Quire by its process, and by whose numbers that is told.
struct RunnerMark {
    let process: ProcessName
    /// Containers number their processes each for itself.
    let namespace: String

    /// This Quire.
    static var own: RunnerMark {
        RunnerMark(process: .own, namespace: ProcessTable.namespace)
    }

    private init(process: ProcessName, namespace: String) {
        (self.process, self.namespace) = (process, namespace)
    }

    /// Reads what `text` wrote; `nil` for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else {
            return nil
        }
        self.init(process: ProcessName(pid: pid, start: start), namespace: String(parts[2]))
    }

    /// Its form in an environment: the process, its start, and its numbers' namespace.
    var text: String { "\(process.pid)/\(process.start)/\(namespace)" }

    /// Whether it is known to be dead: it is not where its number can't be looked up from here.
    var isDead: Bool { namespace == ProcessTable.namespace && !process.isAlive }
}
