import Autonomous
import Orchestration

/// The manifest of a run under way, which a person may edit meanwhile: new tasks are offered, and taken only
/// when a person asks for them.
package struct GrowingManifest: Sendable {
    /// The reason why a manifest can't be used as it is now.
    package struct Refusal: Error {
        /// The reason, and what to do.
        package var words: String

        /// Makes a reason.
        package init(_ words: String) { self.words = words }
    }

    /// The manifest's absolute path.
    package var path: String
    /// Returns what changes with the file, and `nil` while there is none; blocks as disks do.
    package var stamp: @Sendable () -> String?
    /// Reads the manifest into the request that a leg would begin with now; blocks.
    package var load: @Sendable () -> Result<RunRequest, Refusal>

    /// Makes the manifest of a run; see the properties.
    package init(
        path: String,
        stamp: @escaping @Sendable () -> String?,
        load: @escaping @Sendable () -> Result<RunRequest, Refusal>
    ) {
        (self.path, self.stamp, self.load) = (path, stamp, load)
    }
}

/// The growth of a run under way: new tasks are read, compared with what the leg has set up, and their work
/// is entered into the leg's table.
struct RunGrowth: Sendable {
    private let request: RunRequest
    private let manifest: GrowingManifest

    /// Makes the growth of a run; `nil` for one without a manifest.
    init?(_ request: RunRequest) {
        guard let manifest = request.manifest else { return nil }
        (self.request, self.manifest) = (request, manifest)
    }

    /// The manifest's path.
    var path: String { manifest.path }

    /// Returns what changes with the manifest's file; blocks.
    func stamp() -> String? { manifest.stamp() }

    /// Returns the names of the tasks that the manifest has and the run lacks; `nil` if it can't be read.
    func news() -> [String]? {
        guard case .success(let grown) = manifest.load() else { return nil }
        return new(in: grown).map(\.name)
    }

    /// Reads the manifest, of this path, and prepares its new tasks; blocks.
    func read(_ path: String) -> GrownManifest {
        guard path == manifest.path else {
            return .refused(
                "the run is that of \(manifest.path): add the tasks to that file, and call "
                    + "quire add \(manifest.path)"
            )
        }
        if request.part != nil {
            return .refused("the tasks of a shard are dealt out when it begins: start it again")
        }
        switch manifest.load() {
        case .failure(let refusal): return .refused(refusal.words)
        case .success(let grown): return prepare(grown)
        }
    }

    private func new(in grown: RunRequest) -> [TaskPlan] {
        grown.plan.selected.filter { request.work[$0.name] == nil }
    }

    private func prepare(_ grown: RunRequest) -> GrownManifest {
        let new = new(in: grown)
        var work: [String: TaskWork] = [:]
        for task in new {
            guard var own = grown.work[task.name] else { continue }
            if let words = objection(to: own, grown) {
                return .refused("\"\(task.name)\" \(words): start the run again to take it up")
            }
            own.needs = task.needs
            work[task.name] = own
        }
        let review = DirectoryReview(
            of: new,
            prompts: { grown.work[$0]?.description },
            in: request.workspace,
            state: RunState(),
            policy: request.promptPolicy
        )
        if let words = review.unreadable.first { return .refused(words) }
        if let task = review.otherPrompts.first, request.promptPolicy == .refuse {
            return .refused(
                "the checklist of \"\(task)\" was written for another prompt: start the run again with "
                    + "--redo \(task) or --keep-lists"
            )
        }
        if let task = review.anew.first {
            return .refused(
                "the directory of \"\(task)\" was deleted: start the run again to begin it anew"
            )
        }
        request.work.add(work, review.prompts)
        return .read(
            groups: grown.plan.groups,
            tasks: grown.plan.tasks.filter { $0.isLeftOut != true }
        )
    }

    /// Returns the reason why a task can't be taken up by this leg, in words that follow its name.
    private func objection(to work: TaskWork, _ grown: RunRequest) -> String? {
        let known = request.work.all.values
        if work.tree != nil || work.commits != nil, request.git == nil {
            return "needs git, which this leg has not looked for"
        }
        if !work.artifacts.isEmpty, !known.contains(where: { !$0.artifacts.isEmpty }) {
            return "has artifacts, which this leg keeps of no task"
        }
        if Hook.ofSessions.contains(where: { work.hooks[$0] != nil }),
            !known.contains(where: { work in Hook.ofSessions.contains { work.hooks[$0] != nil } })
        {
            return "has hooks of sessions, which this leg runs for no task"
        }
        let agent = work.agent ?? grown.agent
        let agents = known.map { $0.agent ?? request.agent } + [request.agent]
        return agents.contains { $0.isSameProgram(as: agent) }
            ? nil : "has another agent, which this leg has not checked"
    }
}

extension AgentCommand {
    fileprivate func isSameProgram(as other: AgentCommand) -> Bool {
        executable == other.executable && arguments == other.arguments
    }
}
