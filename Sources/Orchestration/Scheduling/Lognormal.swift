/// Estimates of lognormal sizes from noisy signs of them.
enum Lognormal {
    /// Returns the logarithm of the mean size to expect from a sign, given the sign's
    /// logarithm, the mean and the variance of all signs' logarithms, and the variance of the noise.
    ///
    /// The posterior mean of a normal with known variances: a sign is drawn towards the mean of all,
    /// the more the noisier signs are.
    static func expected(
        _ sign: Double,
        _ mean: Double,
        variance: Double,
        noise: Double
    ) -> Double {
        let spread = max(0.05, variance - noise)
        let trust = spread / (spread + noise)
        return min(50, mean + trust * (sign - mean) + spread * (1 - trust) / 2)
    }
}
