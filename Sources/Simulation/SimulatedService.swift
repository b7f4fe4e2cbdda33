import Orchestration

/// The simulated service behind the agents, with its limits.
///
/// Sessions use their tokens evenly over their time, and are cut short when their account is
/// exhausted. As with Codex, a session learns of a limit with its next request, some seconds later,
/// and of the usage's reset to the minute; a session that starts meanwhile learns it at once.
struct SimulatedService: Sendable {
    /// A running session.
    struct Running: Hashable, Sendable {
        var session: Int
        var began: Duration
        var ends: Duration
        var account: Int
        /// Tokens per second.
        var rate: Double
        /// Failure that answers the session's first request; `nil` for a real answer.
        var refusal: Failure?

        /// Returns the tokens used by a time.
        func tokens(at now: Duration) -> Double { rate * (now - began).inSeconds }
    }

    /// An event at the service that the orchestrator learns of.
    enum Finding: Hashable, Sendable {
        case answered(task: Int, session: Int)
        /// The session ended; without a failure its work is done.
        case ended(task: Int, Running, Failure?)
    }

    private enum Kind: Hashable, Sendable {
        case answer, finish, limit
    }

    private struct Happening: Hashable, Comparable, Sendable {
        var at: Duration
        var sequence: Int
        var task: Int
        var session: Int
        var kind: Kind

        static func < (left: Happening, right: Happening) -> Bool {
            (left.at, left.sequence) < (right.at, right.sequence)
        }
    }

    /// Delay of the model's first answer, and of the refusal of a session without usage left.
    private static let firstAnswer = (comes: Duration.seconds(3), refused: Duration.seconds(2))
    /// Seconds that a session works until its next request.
    private static let nextRequest = 1.0...20.0

    private var accounts: [AccountUsage]
    private var running: [Int: Running] = [:]
    private var queue = BinaryHeap<Happening>()
    private var sequence = 0
    private var random: SplitMix64

    init(_ limits: ServiceLimits, accounts: Int, seed: UInt64) {
        self.accounts = Array(repeating: AccountUsage(limits), count: accounts)
        random = SplitMix64(seed: seed ^ 0x4C49_4D49_5453)
    }

    /// Time of the service's next event; `nil` for never.
    var next: Duration? {
        var next = queue.first?.at
        for account in accounts {
            if let time = account.next { next = next.map { min($0, time) } ?? time }
        }
        return next
    }

    /// Starts a task's session of the given length and tokens.
    mutating func begin(
        task: Int,
        session: Int,
        account: Int,
        takes length: Duration,
        tokens: Double,
        at now: Duration
    ) {
        accounts[account].settle(at: now)
        var begun = Running(
            session: session,
            began: now,
            ends: now + length,
            account: account,
            rate: tokens / length.inSeconds
        )
        begun.refusal = accounts[account].failure
        if begun.refusal != nil {
            begun.rate = 0
            add(at: now + Self.firstAnswer.refused, task, session, .limit)
        } else {
            if length > Self.firstAnswer.comes {
                add(at: now + Self.firstAnswer.comes, task, session, .answer)
            }
            add(at: begun.ends, task, session, .finish)
        }
        accounts[account].begin(rate: begun.rate, at: now)
        running[task] = begun
    }

    /// Returns the windows of the accounts, as the service tells them in numbers.
    func readings(_ names: [String?], at now: Duration) -> [LimitRead] {
        zip(names, accounts).compactMap { name, account in
            account.reading(at: now).map { LimitRead(account: name, windows: [$0]) }
        }
    }

    /// Removes and returns the events until a time, in order.
    mutating func take(until now: Duration) -> [Finding] {
        var findings: [Finding] = []
        while let next, next <= now {
            if let first = queue.first, first.at <= next {
                _ = queue.pop()
                if let finding = find(first) { findings.append(finding) }
            } else {
                for account in accounts.indices where accounts[account].next == next {
                    check(account, at: next)
                }
            }
        }
        return findings
    }

    private mutating func add(at time: Duration, _ task: Int, _ session: Int, _ kind: Kind) {
        sequence += 1
        queue.push(
            Happening(at: time, sequence: sequence, task: task, session: session, kind: kind)
        )
    }

    private mutating func find(_ happening: Happening) -> Finding? {
        guard let session = running[happening.task], session.session == happening.session else {
            return nil
        }
        switch happening.kind {
        case .answer: return .answered(task: happening.task, session: happening.session)
        case .finish: return end(happening.task, at: happening.at, nil)
        case .limit:
            accounts[session.account].settle(at: happening.at)
            guard let failure = session.refusal ?? accounts[session.account].failure else {
                return nil
            }
            return end(happening.task, at: happening.at, failure)
        }
    }

    private mutating func check(_ account: Int, at now: Duration) {
        accounts[account].settle(at: now)
        guard accounts[account].refuses(at: now) else { return }
        // Sorted by task, as a dictionary has no order.
        let members = running.filter { $0.value.account == account && $0.value.refusal == nil }
        for (task, session) in members.sorted(by: { $0.key < $1.key }) {
            let wait = random.uniform(Self.nextRequest.lowerBound, Self.nextRequest.upperBound)
            add(at: now + .upToMillisecond(wait), task, session.session, .limit)
        }
    }

    private mutating func end(_ task: Int, at now: Duration, _ failure: Failure?) -> Finding? {
        guard var session = running.removeValue(forKey: task) else { return nil }
        session.ends = now
        accounts[session.account].settle(at: now)
        accounts[session.account].end(rate: session.rate)
        return .ended(task: task, session, failure)
    }
}

/// An account's use, brought up to date at each event.
private struct AccountUsage: Hashable, Sendable {
    /// Tokens that count as none left, as sums of times and rates are not exact.
    private static let crumb = 0.5

    private let limits: ServiceLimits
    private var settled = Duration.zero
    private var sessions = 0
    /// Tokens per second of all sessions.
    private var rate = 0.0
    private var windowBegan: Duration?
    private var used = 0.0
    /// True if the window is used up.
    private var isExhausted = false
    /// Tokens left of the minute's; negative after use beyond the limit, before any refusal.
    private var level: Double
    /// True if the minute is used up.
    private var isEmpty = false

    init(_ limits: ServiceLimits) {
        self.limits = limits
        level = limits.tokensPerMinute ?? 0
    }

    /// Time of the next change by itself; `nil` for never.
    var next: Duration? {
        [windowEnd, exhaustion, emptiness].compactMap(\.self).min()
    }

    private var windowEnd: Duration? {
        guard let window = limits.window, let windowBegan else { return nil }
        return windowBegan + window.length
    }

    private var exhaustion: Duration? {
        guard let window = limits.window, !isExhausted, rate > 0 else { return nil }
        return settled + .upToMillisecond((window.tokens - used) / rate)
    }

    private var emptiness: Duration? {
        guard let perMinute = limits.tokensPerMinute, !isEmpty, rate > perMinute / 60 else {
            return nil
        }
        return settled + .upToMillisecond(level / (rate - perMinute / 60))
    }

    /// Counts the tokens used until now.
    mutating func settle(at now: Duration) {
        let seconds = (now - settled).inSeconds
        settled = now
        used += rate * seconds
        guard let perMinute = limits.tokensPerMinute else { return }
        level = min(perMinute, level + (perMinute / 60 - rate) * seconds)
        if level > Self.crumb { isEmpty = false }
    }

    /// Returns the window in numbers; `nil` before the first use.
    func reading(at now: Duration) -> UsageWindow? {
        guard limits.tellsNumbers, let window = limits.window, let windowEnd else { return nil }
        let isOver = windowEnd <= now
        return UsageWindow(
            percent: isOver
                ? 0 : min(100, 100 * (used + rate * (now - settled).inSeconds) / window.tokens),
            minutes: window.length.inSeconds / 60,
            resetsAt: WallTime(millisecondsSinceEpoch: windowEnd.wholeMilliseconds),
            at: WallTime(millisecondsSinceEpoch: now.wholeMilliseconds)
        )
    }

    mutating func begin(rate more: Double, at now: Duration) {
        sessions += 1
        rate += more
        if windowBegan == nil, more > 0 { windowBegan = now }
    }

    mutating func end(rate less: Double) {
        sessions -= 1
        rate = sessions == 0 ? 0 : max(0, rate - less)
    }

    /// Starts a new window if due; returns whether the account begins to refuse requests now.
    mutating func refuses(at now: Duration) -> Bool {
        if let windowEnd, windowEnd <= now {
            (used, isExhausted) = (0, false)
            windowBegan = rate > 0 ? windowEnd : nil
        }
        let was = isExhausted || isEmpty
        if let window = limits.window, used >= window.tokens - Self.crumb { isExhausted = true }
        if limits.tokensPerMinute != nil, level <= Self.crumb { isEmpty = true }
        return (isExhausted || isEmpty) && !was
    }

    /// The failure of a refused request, with UTC as local time; `nil` if requests are accepted.
    var failure: Failure? {
        guard isExhausted, let windowEnd else {
            let words = "exceeded retry limit, last status: 429 Too Many Requests"
            return isEmpty ? Failure(.rateLimit, words) : nil
        }
        let minute = windowEnd.wholeMilliseconds / 60_000
        let (hour, past) = (minute / 60 % 24, minute % 60)
        return Failure(
            .usageLimit,
            "You’ve hit your usage limit. Try again at \(hour):\(past < 10 ? "0" : "")\(past).",
            // Codex truncates the time to the minute, so its readers assume the minute's end.
            resetsAt: WallTime(millisecondsSinceEpoch: (minute + 1) * 60_000)
        )
    }
}

extension Duration {
    /// Rounds seconds up to whole milliseconds, at least one.
    fileprivate static func upToMillisecond(_ seconds: Double) -> Duration {
        .milliseconds(max(1, Int64((min(seconds, 1e12) * 1000).rounded(.up))))
    }
}
