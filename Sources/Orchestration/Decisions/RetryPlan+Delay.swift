// The delay before a retry.
extension RetryPlan {
    /// Returns the delay before a retry; `attempt` counts retries in a row, from 1.
    ///
    /// The delay doubles with each retry up to `maxDelay`, then is randomized within its upper
    /// half, so that tasks that failed together do not come back together.
    func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let full = min(delay.inSeconds * Double(1 << doublings), maxDelay.inSeconds)
        return .seconds(full * Double.random(in: 0.5...1, using: &generator))
    }
}
