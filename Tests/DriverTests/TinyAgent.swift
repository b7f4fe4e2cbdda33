import Agent
import Orchestration

/// An agent that shares nothing with Codex: a shell script that says one thing a line, in two words.
struct TinyAgent: Agent {
    /// `thread ID`, `did WORD`, `done TOKENS` and `failed WORD`, as its third argument says.
    static let script = """
        cat >/dev/null
        [ "$1" = fresh ] && echo "thread t1" || echo "thread $1"
        case $3 in
        work) echo "did build"; printf "## Tasks\\n- [x] Task 1: one\\n" >"$2/task_list.md"; echo "done 52" ;;
        limit) echo "did build"; echo "failed limit"; exit 3 ;;
        torn) echo "did build"; echo "that is all" >&2 ;;
        noise) echo "good morning to you"; echo "done 52" ;;
        crash) kill -s KILL $$ ;;
        hang) echo "did wait"; exec sleep 600 ;;
        esac
        """

    let program = AgentProgram.command(["tiny"])
    let format = "two words a line"

    func arguments(for session: AgentSession) -> [String] {
        [session.resumes ?? "fresh"] + session.directories + session.extra
    }

    func reader(resuming report: ThreadReport?) -> any SessionReader { TinyReader(resumed: report) }

    func logReader() -> any LogReader { TinyLogReader() }

    func records(inheriting variable: (String) -> String?) -> any AgentRecords { TinyRecords() }

    func checkUp(_ needs: CheckUpNeeds, at place: AgentPlace) -> CheckUp { CheckUp() }
}

/// The reader of a session: all that another agent needs for its output.
struct TinyReader: SessionReader {
    private var resumed: ThreadReport?
    private(set) var isCompleted = false
    private var lines = TwoWords()
    private var thread: String?
    private var total: TokenUsage?
    private var reason: String?

    init(resumed: ThreadReport?) { self.resumed = resumed }

    mutating func read(_ bytes: Span<UInt8>, _ emit: (SessionSign) -> Void) {
        for words in lines.read(bytes) { take(words, emit) }
    }

    mutating func finish(_ emit: (SessionSign) -> Void) {
        for words in lines.finish() { take(words, emit) }
    }

    private mutating func take(_ words: [String], _ emit: (SessionSign) -> Void) {
        let last = words.last ?? ""
        switch words.first {
        case "thread":
            thread = last
            [.thread(last), .turnBegan].forEach(emit)
        case "did": emit(.step(SessionStep(summary: last, isAnswer: true)))
        case "done": (isCompleted, total) = (true, TokenUsage(input: Int64(last) ?? 0, output: 0))
        case "failed": reason = last
        default: emit(.noise)
        }
    }

    mutating func learn(resuming report: ThreadReport) { resumed = report }

    func result(_ ending: SessionEnding, now: WallTime) -> SessionResult {
        let own = reason.map { Failure($0 == "limit" ? .usageLimit : .turnFailed, $0) }
        let unexplained = isCompleted ? nil : Failure(.incomplete, ending.exitWords)
        return SessionResult(
            termination: ending.termination,
            failure: ending.startFailure ?? own ?? ending.outsideFailure ?? unexplained,
            thread: thread,
            threadUsage: total,
            usage: total?.part(since: resumed?.usage ?? .zero),
            outputLeaked: ending.outputLeaked
        )
    }
}

/// Lines cut into words.
struct TwoWords {
    private var line: [UInt8] = []

    mutating func read(_ bytes: Span<UInt8>) -> [[String]] {
        var lines: [[String]] = []
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "\n") {
                lines += finish()
            } else {
                line.append(bytes[index])
            }
        }
        return lines
    }

    mutating func finish() -> [[String]] {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
        line = []
        return words.isEmpty ? [] : [words]
    }
}

struct TinyLogReader: LogReader {
    private var lines = TwoWords()

    mutating func read(_ bytes: Span<UInt8>, _ emit: (LogEntry) -> Void) {
        for words in lines.read(bytes) { emit(Self.entry(words)) }
    }

    mutating func finish(_ emit: (LogEntry) -> Void) {
        for words in lines.finish() { emit(Self.entry(words)) }
    }

    private static func entry(_ words: [String]) -> LogEntry {
        words.first == "thread"
            ? .thread(words[1]) : .step("  \(words[0]) ", [.line(words.dropFirst().joined())])
    }
}

/// Records in which the thread `t1` has used 40 tokens.
struct TinyRecords: AgentRecords {
    static let used = TokenUsage(input: 40, output: 0)

    func account(of own: [String: String], in directory: String) -> String { "tiny" }

    func usage(
        of thread: String,
        with own: [String: String],
        in directory: String
    ) -> RecordedUsage {
        thread == "t1" ? .total(Self.used) : .unknown
    }
}
