import Agent
import Orchestration

/// The progress of a session, folded from the news of its output.
struct SessionProgress {
    /// A report of the news, in their order.
    enum Report: Hashable {
        case active
        case answered
        case waitsForNetwork
        case worked
        case namedThread(String)
        case warning(String)
    }

    /// The session's thread, once it is known.
    private(set) var thread: String?
    private(set) var outputBytes: Int64 = 0
    /// The number of lines in another format than the agent's.
    private(set) var noise = 0
    private let number: Int
    private var passed = 0
    private var hasTurn = false
    private var hasAnswer = false
    private var lastActivity: String?

    init(session number: Int) { self.number = number }

    /// Folds the news; `newestStep` is the step after them that was only counted, if there is one.
    mutating func fold(
        _ news: SessionDecoder.News,
        newestStep: () -> SessionStep?
    ) -> [Report] {
        var reports: [Report] = news.passed > passed ? [.active] : []
        passed = news.passed
        outputBytes = news.bytes
        for sign in news.signs { fold(sign, &reports) }
        guard hasTurn, !hasAnswer else { return reports }
        // An answer from before the network was lost no longer counts.
        let isAnswered = news.isAnswered && !news.signs.contains(.waitsForNetwork)
        if isAnswered || newestStep()?.isAnswer ?? false { noteAnswer(&reports) }
        return reports
    }

    private mutating func fold(_ sign: SessionSign, _ reports: inout [Report]) {
        switch sign {
        case .thread(let id):
            thread = id
            reports.append(.namedThread(id))
        case .refusedThread(let name):
            let shown = name.prefix(ThreadID.longest).debugDescription
            reports.append(
                .warning(
                    "the agent named a thread \(shown), which is no thread's id: it is not saved, and no "
                        + "session will resume it"
                )
            )
        case .oddUsage(let count):
            reports.append(
                .warning(
                    "session \(number) reported an impossible usage (\(count)): it is limited, or left out"
                )
            )
        case .turnBegan: hasTurn = true
        case .noise: noise += 1
        case .worked: reports.append(.worked)
        case .waitsForNetwork:
            hasAnswer = false
            reports.append(.waitsForNetwork)
        case .step(let step):
            if !hasAnswer, step.isAnswer { noteAnswer(&reports) }
            lastActivity = step.summary ?? lastActivity
            reports.append(.active)
        }
    }

    private mutating func noteAnswer(_ reports: inout [Report]) {
        hasAnswer = true
        reports.append(.answered)
    }

    /// Returns the agent's activity in a few words; `nil` if it has shown none yet.
    mutating func activity(newestStep: SessionStep?) -> String? {
        lastActivity = newestStep?.summary ?? lastActivity
        return lastActivity
    }
}
