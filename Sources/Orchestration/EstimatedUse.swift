/// The tokens of this leg that no session told: what was assumed for those that told no usage.
///
/// For the words of a budget that is used up; a new leg begins without it.
struct EstimatedUse {
    private var run = 0.0
    private var tasks: [String: Double] = [:]
    private var groups: [String: Double] = [:]

    /// Takes the end of a session, of a task of this group.
    mutating func note(_ fact: SessionEnded, group: String?) {
        guard fact.isUsageEstimated == true, let usage = fact.usage else { return }
        let tokens = Double(max(0, usage.total))
        run += tokens
        tasks[fact.task, default: 0] += tokens
        if let group { groups[group, default: 0] += tokens }
    }

    /// Words that follow what was spent in all.
    var wordsOfRun: String { Self.words(run) }

    /// Words that follow what a task's sessions spent.
    func words(ofTask name: String) -> String { Self.words(tasks[name] ?? 0) }

    /// Words that follow what a group's sessions spent.
    func words(ofGroup name: String) -> String { Self.words(groups[name] ?? 0) }

    private static func words(_ tokens: Double) -> String {
        guard tokens > 0 else { return "" }
        return
            " (by an estimate: \(Format.tokensInWords(tokens)) are assumed for sessions that told "
            + "no usage)"
    }
}
