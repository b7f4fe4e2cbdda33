import Autonomous
import Orchestration

/// A place that a launcher leads to, which may be another machine for each slot.
struct LaunchedPlace: Sendable {
    private let launcher: Launcher
    private let slot: Int
    private let task: String
    private let memory: Int64?
    private let owner: String?
    private let grace: Duration

    /// Makes the place of a slot, which is asked as the sessions of a task would be started there.
    init(_ launcher: Launcher, slot: Int, for task: String, of request: RunRequest) {
        (self.launcher, self.slot, self.task) = (launcher, slot, task)
        memory = request.work[task]?.memory
        (owner, grace) = (request.owner?.path, request.plan.grace)
    }

    /// The words for people.
    var name: String { launcher.words(of: slot).joined(separator: " ") }

    /// Returns the call that runs words there, with variables in their environment.
    func call(
        of words: [String],
        in directory: String,
        adding variables: [String: String]
    ) -> LauncherCall {
        var work = TaskWork(description: "", directory: directory, environment: variables)
        work.memory = memory
        return LauncherCall(
            of: words,
            through: launcher,
            // No session has the number 0.
            for: SessionStarted(task: task, session: 0, slot: slot, role: .executor),
            work,
            marks: [],
            owner: owner,
            // A question waits for no session of the task.
            turn: "",
            grace: grace
        )
    }
}

extension Launcher {
    /// The program and its words for a slot, in which everything else is left as it is: one machine, as far as
    /// the words tell.
    func words(of slot: Int) -> [String] { [executable] + words([.slot: "\(slot)"]) }
}
