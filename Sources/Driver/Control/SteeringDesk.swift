import Autonomous
import EventLoop
import Orchestration

/// The requests of people on their way to the decisions and back.
final class SteeringDesk {
    private let loop: any DriverLoop
    private let keeper: any DirectoryKeeper
    private let inbox: Inbox
    /// The growth of the run by its manifest; `nil` for a run without one.
    private let growth: RunGrowth?
    /// The most sessions at once that there are descriptors for; `nil` if that is unknown.
    private let mostSessions: Int?
    private var waiting: [Int: (SteeringAnswer) -> Void] = [:]
    private var newest = 0
    /// True if a request came since `noteTurn`.
    private var hasNews = false

    init(
        loop: any DriverLoop,
        keeper: any DirectoryKeeper,
        inbox: Inbox,
        growth: RunGrowth?,
        mostSessions: Int?
    ) {
        (self.loop, self.keeper, self.inbox) = (loop, keeper, inbox)
        (self.growth, self.mostSessions) = (growth, mostSessions)
    }

    /// Hands a request to the decisions; `then` gets the answer once the journal has what was decided.
    func take(
        _ request: SteeringRequest,
        by person: Steerer,
        then: @escaping (SteeringAnswer) -> Void
    ) {
        newest += 1
        var person = person
        person.client = inbox.redactor.redact(person.client)
        waiting[newest] = then
        hasNews = true
        inbox.add(.steered(Steering(id: newest, request, by: person, mostSessions: mostSessions)))
    }

    /// Returns true if the turn that begins has requests in it.
    func takesTurn() -> Bool {
        defer { hasNews = false }
        return hasNews
    }

    /// Hands answers back.
    func answer(_ answers: [(id: Int, answer: SteeringAnswer)]) {
        for (id, answer) in answers { waiting.removeValue(forKey: id)?(answer) }
    }

    /// Writes a person's words for the next sessions of tasks.
    func passWords(of call: Steering, to names: [String]) {
        guard let (text, isAnswer) = call.request.words else { return }
        loop.perform { [keeper] in
            var (passed, troubles): ([String], [String]) = ([], [])
            do {
                let text = try PlainText.checked(Array(text.utf8))
                for name in names {
                    do {
                        try keeper.pass(text, to: name, isAnswer: isAnswer)
                        passed.append(name)
                    } catch {
                        troubles.append("\(name): \(error)")
                    }
                }
            } catch {
                troubles = ["\(error)"]
            }
            return (passed, troubles)
        } then: { [weak self] passed, troubles in
            self?.inbox.add(.wordsPassed(call, to: passed, troubles: troubles))
        }
    }

    /// Reads the manifest that a request names.
    func readManifest(of call: Steering) {
        guard case .add(let path) = call.request else { return }
        guard let growth else {
            let words = "the run has no manifest: begin another task beside it, with quire task"
            return inbox.add(.manifestRead(call, .refused(words)))
        }
        loop.perform {
            growth.read(path)
        } then: { [weak self] grown in
            self?.inbox.add(.manifestRead(call, grown))
        }
    }

    /// Forgets who waits; nobody is answered any more.
    func close() { waiting = [:] }
}

extension SteeringRequest {
    /// The words for agents; `nil` for a request without any.
    fileprivate var words: (text: String, isAnswer: Bool)? {
        switch self {
        case .tell(_, let text): (text, false)
        case .answer(_, let text): (text, true)
        case .pause, .resume, .drain, .stop, .skip, .retry, .set, .add: nil
        }
    }
}
