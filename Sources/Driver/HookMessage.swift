import Orchestration
import Reporting

/// A message to a person, in words that steer nothing.
struct HookMessage: Hashable, Sendable {
    /// The most lines of a message, and the most characters of one.
    private static let (mostLines, longestLine) = (20, 300)

    /// The title.
    let title: String
    /// The text: a line for each fact.
    let body: String

    /// Makes the words of a message about a run.
    init(_ message: Notification, of run: String, _ state: RunState) {
        var lines = message.news.map { news in
            let name = news.task.map { "\($0): " } ?? ""
            return Self.safe("\(news.topic.words) \(name)\(news.words)")
        }
        if lines.count > Self.mostLines {
            let more = lines.count - Self.mostLines + 1
            lines = lines.prefix(Self.mostLines - 1) + ["and \(Format.count(more, "more fact"))"]
        }
        var head = Self.safe("Quire: \(run)")
        if let ending = message.ending {
            head += " \(ending.words)"
            lines.insert(state.outcomeWords, at: 0)
        } else if message.news.count == 1 {
            head += ": \(message.news[0].topic.title)"
        } else {
            head += ": \(Format.count(message.news.count, "fact"))"
        }
        (title, body) = (head, lines.joined(separator: "\n"))
    }

    private static func safe(_ text: String) -> String {
        Sanitizer.line(Sanitizer.withoutSequences(text).oneLine(longestLine))
    }
}

extension NotifyTopic {
    /// The words before a fact.
    fileprivate var words: String {
        switch self {
        case .end: "end:"
        case .needsYou: "needs you:"
        case .limit: "limit:"
        case .budget: "used up:"
        case .failed: "failed:"
        }
    }

    /// The words for a message about one fact.
    fileprivate var title: String {
        switch self {
        case .end: "the end"
        case .needsYou: "a task needs you"
        case .limit: "a limit is reached"
        case .budget: "a budget is used up"
        case .failed: "a task failed"
        }
    }
}

extension RunState {
    /// The numbers of tasks with each outcome, in words.
    fileprivate var outcomeWords: String {
        let tasks = tasks.filter { $0.plan.isLeftOut != true }
        let counts = Outcome.allCases.compactMap { outcome in
            let count = tasks.count { $0.outcome == outcome }
            return count > 0 ? "\(count) \(outcome.rawValue)" : nil
        }
        let left = tasks.count { $0.outcome == nil }
        let all = counts + (left > 0 ? ["\(left) unfinished"] : [])
        return Format.count(tasks.count, "task") + ": " + all.joined(separator: ", ")
    }
}
