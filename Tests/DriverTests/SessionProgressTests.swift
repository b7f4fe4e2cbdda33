import Agent
import Testing

@testable import Driver

@Suite struct `The progress of a session` {
    private static let quiet = SessionSign.step(SessionStep(summary: nil, isAnswer: false))
    private static let answer = SessionSign.step(SessionStep(summary: "says", isAnswer: true))

    private static let news: [([SessionSign], [SessionProgress.Report])] = [
        ([], []), ([quiet], [.active]), ([.turnBegan, quiet], [.active]),
        // One answer is enough, until the network is lost.
        ([answer, answer], [.answered, .active, .active]),
        (
            [answer, .waitsForNetwork, answer],
            [.answered, .active, .waitsForNetwork, .answered, .active]
        ),
        ([.thread("a"), quiet], [.namedThread("a"), .active]), ([.noise, quiet], [.active]),
        (
            [.refusedThread("-c")],
            [
                .warning(
                    "the agent named a thread \"-c\", which is no thread's id: it is not saved, and "
                        + "no session will resume it"
                )
            ]
        ),
        (
            [.oddUsage("x is -1")],
            [
                .warning(
                    "session 7 reported an impossible usage (x is -1): it is limited, or left out"
                )
            ]
        ),
    ]

    @Test(arguments: news)
    func `is reported in the order of its signs`(
        signs: [SessionSign],
        reports: [SessionProgress.Report]
    ) {
        var progress = SessionProgress(session: 7)
        #expect(progress.fold(SessionDecoder.News(signs: signs)) { nil } == reports)
    }

    @Test func `takes a step that was only counted for an answer, once the turn has begun`() {
        var progress = SessionProgress(session: 1)
        let step = SessionStep(summary: "says", isAnswer: true)
        var news = SessionDecoder.News(passed: 1)
        #expect(progress.fold(news) { step } == [.active])
        news.signs = [.turnBegan]
        #expect(progress.fold(news) { step } == [.answered])
        news.signs = [.waitsForNetwork]
        news.isAnswered = true
        // That answer came before the network was lost.
        #expect(progress.fold(news) { nil } == [.waitsForNetwork])
        news.signs = []
        #expect(progress.fold(news) { nil } == [.answered])
    }

    @Test func `remembers the last activity`() {
        var progress = SessionProgress(session: 1)
        #expect(progress.activity(newestStep: nil) == nil)
        _ = progress.fold(SessionDecoder.News(signs: [Self.answer, Self.quiet])) { nil }
        #expect(progress.activity(newestStep: nil) == "says")
        let step = SessionStep(summary: "runs", isAnswer: true)
        #expect(progress.activity(newestStep: step) == "runs")
        #expect(progress.activity(newestStep: nil) == "runs")
    }
}
