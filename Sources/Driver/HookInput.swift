import Autonomous
import class Foundation.JSONEncoder
import Orchestration
import Reporting

/// The data that a hook's command gets: as JSON on standard input, and the most important as variables.
struct HookInput: Hashable, Encodable, Sendable {
    /// A task at the end of a leg.
    struct EndedTask: Hashable, Encodable, Sendable {
        var task: String
        var outcome: Outcome?
        var reason: String?
        var sessions: Int
        var progress: Progress?
    }

    /// A fact of a message.
    struct News: Hashable, Encodable, Sendable {
        var topic: String
        var task: String?
        var words: String
    }

    /// The variables that only hooks have; sessions of a Quire that a hook starts don't inherit them.
    static let variables = [
        "QUIRE_HOOK", "QUIRE_TASK_DIR", "QUIRE_TREE", "QUIRE_OUTCOME", "QUIRE_REASON",
    ]
    /// The most bytes of a reason in a variable; the JSON has all of it.
    private static let longest = 4096

    /// The format's version; higher ones only add keys.
    let version = 1
    var hook: Hook
    /// The run's id: the manifest's path.
    var run: String
    /// The run's name.
    var name: String
    var workspace: String
    var task: String?
    /// The task's directory below `.autonomous`.
    var taskDir: String?
    /// The path of the task's tree; `nil` if it has none.
    var tree: String?
    /// The session's number; for a task's end that of the newest, 0 for none.
    var session: Int?
    var role: Role?
    /// The outcome of a task that ended.
    var outcome: Outcome?
    /// The reason of a task's end.
    var reason: String?
    /// The checklist's progress; `nil` if it is missing or damaged.
    var progress: Progress?
    /// The failure of the session that ended.
    var failure: Failure?
    /// The ending of the leg.
    var ending: Ending?
    /// Number of tasks with each outcome, at the end of the leg.
    var outcomes: [String: Int]?
    /// The tasks at the end of the leg, without those that were not selected.
    var tasks: [EndedTask]?
    /// The title of a message.
    var title: String?
    /// The text of a message.
    var body: String?
    /// The facts of a message.
    var news: [News]?

    /// Makes the data that all hooks of a run have.
    init(_ hook: Hook, _ request: RunRequest) {
        self.hook = hook
        (run, name, workspace) = (request.run, request.name, request.workspace.root)
    }

    /// Makes the data of a hook of the run or of a task's end, at a state of the run.
    init(_ fact: HookBegan, _ request: RunRequest, _ state: RunState) {
        self.init(fact.hook, request)
        (task, session, ending) = (fact.task, fact.session, fact.ending)
        if let task = fact.task.flatMap(state.task) {
            (outcome, reason, progress) = (task.outcome, task.reason, task.checklist.progress)
        }
        guard fact.hook == .runEnd else { return }
        let ended = state.tasks.filter { $0.plan.isLeftOut != true }
        tasks = ended.map {
            EndedTask(
                task: $0.plan.name,
                outcome: $0.outcome,
                reason: $0.reason,
                sessions: $0.sessions,
                progress: $0.checklist.progress
            )
        }
        outcomes = ended.reduce(into: [:]) { counts, task in
            counts[task.outcome?.rawValue ?? "unfinished", default: 0] += 1
        }
    }

    /// The JSON object, and a newline.
    var json: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self)) + [10]
        }
    }

    /// The variables, besides those that mark a session's processes.
    var environment: [String: String] {
        var variables = ["QUIRE_HOOK": hook.rawValue]
        variables["QUIRE_TASK_DIR"] = taskDir
        variables["QUIRE_TREE"] = tree
        variables["QUIRE_OUTCOME"] = outcome?.rawValue ?? ending?.rawValue
        // An agent may have written a part of it.
        variables["QUIRE_REASON"] = reason.map { Sanitizer.line($0.oneLine(Self.longest)) }
        return variables
    }
}

/// A hook that waits for its record.
struct PendingHook {
    var fact: HookBegan
    var input: HookInput
}
