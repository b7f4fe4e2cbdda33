import Glibc

/// The size hints of a manifest, weighted by how right hints have been so far.
///
/// A hint is drawn towards the mean of all hints, the more the farther hints have been off.
struct SizeHints: Hashable, Sendable {
    /// Weight of the first guess of the error of hints, in tasks.
    private static let priorWeight = 4.0

    /// The lessons from complete tasks.
    struct Lessons: Hashable, Sendable, Codable {
        /// Sum of the squared errors of hints on the logarithmic scale; the first guess is a factor of e.
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
        // Empty rather than full of `nil`: there may be a million tasks.
        logarithms = hints.contains { $0 != nil } ? hints : []
        let known = logarithms.compactMap(\.self)
        let number = Double(max(1, known.count))
        let mean = known.reduce(0, +) / number
        self.mean = mean
        variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / number
    }

    /// Returns the rank of a task of which only a hint is known; `nil` without a hint.
    func rank(_ task: Int, _ estimates: Estimates) -> Double? {
        guard let hint = hint(task) else { return nil }
        let noise = lessons.errors / lessons.count
        let expected = Lognormal.expected(hint, mean, variance: variance, noise: noise)
        return exp(expected) * estimates.meanSession
    }

    /// Learns from the size of a complete task.
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
