import Agent
import CodexEvents
import Dates
import Orchestration

/// The reader of a session of Codex: its events, folded into a transcript, and their signs.
struct CodexReader: SessionReader {
    private var decoder = EventDecoder(steps: .untilWork)
    private var transcript: SessionTranscript

    init(resuming report: ThreadReport?) { transcript = SessionTranscript(resuming: report) }

    mutating func read(_ bytes: Span<UInt8>, _ emit: (SessionSign) -> Void) {
        decoder.decode(bytes) { transcript.observe($0, emit) }
    }

    mutating func finish(_ emit: (SessionSign) -> Void) {
        decoder.finish { transcript.observe($0, emit) }
    }

    mutating func learn(resuming report: ThreadReport) { transcript.learn(resuming: report) }

    mutating func expectStatement() {
        // Messages are items, which are passed over otherwise.
        decoder = EventDecoder()
        transcript.isToState = true
    }

    var isCompleted: Bool { transcript.isCompleted }

    var passed: Int { decoder.passed }

    var newestStep: SessionStep? { decoder.newestStep.map(SessionStep.init) }

    mutating func takePassedAnswer() -> Bool { decoder.takePassedAnswer() }

    func result(_ ending: SessionEnding, now: WallTime) -> SessionResult {
        transcript.result(ending, passed: passed, now: now, offset: LocalTime.offset)
    }
}

extension SessionTranscript {
    /// Folds an event, and emits its signs.
    fileprivate mutating func observe(_ event: CodexEvent, _ emit: (SessionSign) -> Void) {
        let before = self
        observe(event)
        if deeds == .some, before.deeds != .some { emit(.worked) }
        if let name = refusedThread, name != before.refusedThread { emit(.refusedThread(name)) }
        if let oddUsage, before.oddUsage == nil { emit(.oddUsage(oddUsage)) }
        if let thread, thread != before.thread { emit(.thread(thread)) }
        switch event {
        case .undecodable: emit(.noise)
        case .turnStarted: emit(.turnBegan)
        case .threadStarted, .turnCompleted, .turnFailed, .error, .item, .unknown: break
        }
        emit(event.isNetworkWaiting ? .waitsForNetwork : .step(SessionStep(event)))
    }
}

extension SessionStep {
    fileprivate init(_ event: CodexEvent) {
        self.init(summary: event.summary, isAnswer: event.isAnswer)
    }
}
