import Orchestration

/// The hooks of a leg's decisions, from their beginning until their ends are reported.
final class LegHooks {
    private let runner: any HookRunner
    private let request: RunRequest
    private let inbox: Inbox
    /// The hooks that are to end, of those whose records are awaited.
    private var ended: Set<HookKey> = []

    init(_ outside: Outside, _ request: RunRequest, inbox: Inbox) {
        (runner, self.request, self.inbox) = (outside.hooks, request, inbox)
    }

    /// Returns a hook with its data, as the run stands.
    func pending(_ hook: HookBegan, _ state: RunState) -> PendingHook {
        PendingHook(fact: hook, input: HookInput(hook, request, state))
    }

    /// Runs a hook, and reports its end.
    func start(_ hook: PendingHook) {
        let fact = hook.fact
        guard ended.remove(fact.key) == nil else {
            return inbox.add(.hookEnded(HookEnded(fact, .stopped)))
        }
        runner.run(fact, hook.input, at: nil) { [inbox] ended, events in
            inbox.add(events + [.hookEnded(ended)])
        }
    }

    /// Hands a message over, and reports that.
    func notify(_ message: Notification, _ state: RunState) {
        let words = HookMessage(message, of: request.name, state)
        var input = HookInput(.notify, request)
        (input.title, input.body, input.ending) = (words.title, words.body, message.ending)
        input.news = message.news.map {
            HookInput.News(topic: $0.topic.rawValue, task: $0.task, words: $0.words)
        }
        start(PendingHook(fact: HookBegan(.notify), input: input))
    }

    /// Ends a hook politely; one whose record is awaited does not begin.
    func terminate(_ key: HookKey) {
        if key.task != nil { ended.insert(key) }
        runner.terminate(key)
    }

    /// Ends a hook by force; one whose record is awaited does not begin.
    func kill(_ key: HookKey) {
        if key.task != nil { ended.insert(key) }
        runner.kill(key)
    }
}
