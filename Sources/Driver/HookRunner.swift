import Autonomous
import EventLoop
import FileAccess
import Orchestration
import Trees

/// The directory that a hook runs in, and the tree that it is in, if there is one.
struct HookPlace: Hashable, Sendable {
    var directory: String
    var tree: String?
}

/// The runner of the users' hooks.
protocol HookRunner: AnyObject {
    /// Runs a hook; `then` gets its end, and other events, once nothing of what it started lives.
    ///
    /// `place` is where a session works; without it, the task's tree is looked up, if it has one.
    func run(
        _ hook: HookBegan,
        _ input: HookInput,
        at place: HookPlace?,
        then: @escaping (HookEnded, [Event]) -> Void
    )
    /// Ends a hook politely, and by force after the grace.
    func terminate(_ key: HookKey)
    /// Ends a hook by force.
    func kill(_ key: HookKey)
}

/// The hooks of a leg as processes.
final class ProcessHooks: HookRunner {
    private let loop: Loop
    private let request: RunRequest
    private let commands: UserCommands
    /// The keys of the running commands; true for those that were asked to end.
    private var running: [HookKey: (key: SessionKey, isToEnd: Bool)] = [:]
    /// Number of hooks of the run so far.
    private var count = 0

    init(_ loop: Loop, _ request: RunRequest, _ commands: UserCommands) {
        (self.loop, self.request, self.commands) = (loop, request, commands)
    }

    func run(
        _ hook: HookBegan,
        _ input: HookInput,
        at place: HookPlace?,
        then: @escaping (HookEnded, [Event]) -> Void
    ) {
        if hook.task == nil { count += 1 }
        let key = SessionKey(task: hook.task ?? "", number: hook.session ?? count)
        running[hook.key] = (key, false)
        let began = loop.now
        let end: (HookEnded, [Event]) -> Void = { [self] in
            running[hook.key] = nil
            var ended = $0
            ended.seconds = (loop.now - began).inSeconds
            then(ended, $1)
        }
        guard let command = command(of: hook) else {
            let words = "is not in the manifest [this is a bug]"
            return end(HookEnded(hook, .couldNotRun, message: words), [])
        }
        find(place, of: hook) { [self] place in
            guard running[hook.key]?.isToEnd == false else {
                return end(HookEnded(hook, .stopped), [])
            }
            var input = input
            input.tree = place.tree
            let directory = command.directory.map { $0.resolved(in: place.directory) }
            run(hook, command, input, in: directory ?? place.directory, key, then: end)
        }
    }

    func terminate(_ key: HookKey) {
        guard let session = running[key]?.key else { return }
        running[key]?.isToEnd = true
        _ = commands.terminate(session)
    }

    func kill(_ key: HookKey) {
        guard let session = running[key]?.key else { return }
        running[key]?.isToEnd = true
        commands.kill(session)
    }

    private func command(of hook: HookBegan) -> HookCommand? {
        guard let task = hook.task else {
            return hook.hook == .notify ? request.notify?.command : request.hooks[hook.hook]
        }
        return request.work[task]?.hooks[hook.hook]
    }

    /// Finds the directory that a hook runs in.
    private func find(
        _ place: HookPlace?,
        of hook: HookBegan,
        then: @escaping (HookPlace) -> Void
    ) {
        if let place { return then(place) }
        guard let task = hook.task, let work = request.work[task] else {
            return then(HookPlace(directory: request.manifestDirectory))
        }
        let usual = HookPlace(directory: work.directory)
        guard work.tree != nil, let git = request.git else { return then(usual) }
        let request = request
        loop.perform {
            // A record that can't be read is told where the tree is needed.
            try? TreeKeeper.trees(request, git).record(of: task)
        } then: { record in
            then(record?.place(of: work) ?? usual)
        }
    }

    private func run(
        _ hook: HookBegan,
        _ command: HookCommand,
        _ input: HookInput,
        in directory: String,
        _ key: SessionKey,
        then: @escaping (HookEnded, [Event]) -> Void
    ) {
        do {
            let log = try commands.hookLog(of: hook.task)
            var input = input
            input.taskDir = try hook.task.map { try commands.task($0).path }
            var call = UserCommands.Call(command.command, in: directory)
            (call.variables, call.input) = (input.environment, try input.json)
            call.arguments = [input.title, input.body].compactMap(\.self)
            try commands.run(call, of: hook.task, as: key, log: log) { [self] end, warnings in
                let isStopped = running[hook.key]?.isToEnd ?? false
                let ended = HookEnded(hook, end, command.command, log: log.path, isStopped)
                then(ended, warnings.map { .warned(Warned(task: hook.task, message: $0)) })
            }
        } catch {
            let words = "could not be started: \(error)"
            then(HookEnded(hook, .couldNotRun, message: words), [])
        }
    }
}

extension HookEnded {
    /// Makes the fact of a hook whose process has ended so.
    init(
        _ hook: HookBegan,
        _ end: CommandEnd,
        _ command: UserCommand,
        log: String,
        _ isStopped: Bool
    ) {
        let termination = Termination(end.said.termination)
        let result = CheckResult(termination, isLate: end.said.isLate, isStopped: isStopped)
        self.init(hook, HookResult(result))
        self.termination = termination
        guard result != .passed else { return }
        message = end.trouble(command, setting: "hooks: timeout", log: log)
    }
}

extension TreeRecord {
    /// Returns the place of a task's work in the tree; `nil` if the tree is not there.
    fileprivate func place(of work: TaskWork) -> HookPlace? {
        guard isPruned != true, FileKind(path) == .directory else { return nil }
        let inner =
            work.directory.hasPrefix(topLevel) ? work.directory.dropFirst(topLevel.count) : ""
        return HookPlace(directory: path + inner, tree: path)
    }
}
