import Glibc

/// The sessions that tasks took until they were complete, before they began anew: so much a later
/// run expects of them.
///
/// Sizes are modelled as lognormal, and so is the factor between two runs of a task, whose spread
/// is learned.
struct EarlierWork: Hashable, Sendable {
    struct Task: Hashable, Sendable, Codable {
        var seconds: Double
        var sessions: Double
    }

    /// The knowledge of all such tasks together.
    struct Lessons: Hashable, Sendable, Codable {
        /// Number of tasks, and sums of the logarithms of their seconds and of the squares of these.
        fileprivate var (count, sum, squares) = (0.0, 0.0, 0.0)
        /// Squared logarithms of the factors between two runs, and the number of factors; the first
        /// guess is a spread of a half.
        fileprivate var (errors, factors) = (1.0, 4.0)
    }

    /// Sessions that are no work on a list: most of the first one, and half of the last.
    private static let overhead = 1.1
    /// The least part of a session that is work on a list.
    private static let leastWork = 0.4

    private(set) var tasks: [Int: Task] = [:]
    private(set) var lessons = Lessons()

    /// Variance of the logarithm of the factor between two runs.
    var noise: Double { lessons.errors / lessons.factors }

    /// Adopts the knowledge of all tasks together, but of no single task.
    init(lessons: Lessons = Lessons()) { self.lessons = lessons }

    /// Adds a task, or replaces what is known of it.
    mutating func remember(_ index: Int, _ task: Task) {
        guard task.seconds > 0, task.sessions > 0 else { return }
        if let before = tasks[index] { count(before, times: -1) }
        count(task, times: 1)
        tasks[index] = task
    }

    private mutating func count(_ task: Task, times sign: Double) {
        let logarithm = log(task.seconds)
        lessons.count += sign
        lessons.sum += sign * logarithm
        lessons.squares += sign * logarithm * logarithm
    }

    /// Adopts the earlier work of a task that had another index.
    mutating func keep(_ task: Task, at index: Int) { tasks[index] = task }

    /// Learns from a task that is complete once more.
    mutating func learn(_ index: Int, seconds: Double) {
        guard let before = tasks[index], seconds > 0 else { return }
        let error = log(seconds / before.seconds)
        lessons.errors += error * error
        lessons.factors += 1
    }

    /// Returns the expected work of a task, in seconds; `nil` if the task took none before.
    func expected(_ index: Int) -> Double? {
        guard let task = tasks[index], lessons.count > 0 else { return nil }
        let mean = lessons.sum / lessons.count
        let variance = max(0, lessons.squares / lessons.count - mean * mean)
        let size = Lognormal.expected(log(task.seconds), mean, variance: variance, noise: noise)
        return exp(size)
    }

    /// Returns the seconds that all entries of a task's list took; `nil` if the task took none before.
    func listSeconds(_ index: Int) -> Double? {
        tasks[index].map { task in
            task.seconds * max(Self.leastWork, task.sessions - Self.overhead) / task.sessions
        }
    }
}
