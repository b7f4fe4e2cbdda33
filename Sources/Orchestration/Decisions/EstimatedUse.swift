/// Tokens that this leg assumed for sessions that reported no usage.
///
/// For messages about a used-up budget; a new leg begins without them.
struct EstimatedUse {
    private var run = 0.0
    private var tasks: [String: Double] = [:]
    private var groups: [String: Double] = [:]

    /// Counts the end of a session whose usage is an estimate; `group` is the group of its task.
    mutating func note(_ fact: SessionEnded, group: String?) {
        guard let usage = fact.usage else { return }
        let tokens = Double(max(0, usage.total))
        run += tokens
        tasks[fact.task, default: 0] += tokens
        if let group { groups[group, default: 0] += tokens }
    }

    /// A remark to append to the run's spending in a message; empty if nothing was assumed.
    var wordsOfRun: String { Self.words(run) }

    /// Returns the remark to append to a task's spending.
    func words(ofTask name: String) -> String { Self.words(tasks[name] ?? 0) }

    /// Returns the remark to append to a group's spending.
    func words(ofGroup name: String) -> String { Self.words(groups[name] ?? 0) }

    private static func words(_ tokens: Double) -> String {
        guard tokens > 0 else { return "" }
        return
            " (by an estimate: \(Format.tokensInWords(tokens)) are assumed for sessions that "
            + "reported no usage)"
    }
}
