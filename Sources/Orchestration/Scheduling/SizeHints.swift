import Glibc

/// What a manifest says of the sizes of tasks, taken as seriously as it has turned out to be.
///
/// Hints and sizes are taken as lognormal; a hint is drawn towards the middle of all hints by how
/// far hints have been off (the posterior mean of a normal with known variances).
struct SizeHints: Hashable, Sendable {
    /// Tasks that the first guess of how far hints are off counts as.
    private static let priorWeight = 4.0

    /// What tasks that are complete have taught.
    struct Lessons: Hashable, Sendable, Codable {
        /// The sum of the squares of how far hints were off, on the logarithmic scale: the first
        /// guess is a factor of e.
        fileprivate var errors = priorWeight
        fileprivate var count = priorWeight
    }

    /// The natural logarithm of each task's hint in sessions; `nil` without one.
    private let logarithms: [Double?]
    private let mean: Double
    private let variance: Double
    var lessons = Lessons()

    init(plan: RunPlan) {
        let hints = plan.tasks.map { task in task.size.map { log(min(max($0, 0.01), 1e6)) } }
        // Empty rather than full of nothing: there may be a million tasks.
        logarithms = hints.contains { $0 != nil } ? hints : []
        let known = logarithms.compactMap(\.self)
        let number = Double(max(1, known.count))
        let mean = known.reduce(0, +) / number
        self.mean = mean
        variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / number
    }

    /// The rank of a task that has a hint and nothing else; `nil` without one.
    func rank(_ task: Int, _ estimates: Estimates) -> Double? {
        guard let hint = hint(task) else { return nil }
        let noise = lessons.errors / lessons.count
        let spread = max(0.05, variance - noise)
        let trust = spread / (spread + noise)
        let expected = mean + trust * (hint - mean) + spread * (1 - trust) / 2
        return exp(min(expected, 50)) * estimates.meanSession
    }

    /// Takes the size of a task that is complete.
    mutating func learn(_ task: Int, attained: Double, _ estimates: Estimates) {
        guard let hint = hint(task), attained > 0 else { return }
        let error = log(attained / estimates.meanSession) - hint
        lessons.errors += error * error
        lessons.count += 1
    }

    private func hint(_ task: Int) -> Double? {
        logarithms.isEmpty ? nil : logarithms[task]
    }
}
