import Glibc
package import Orchestration

extension SplitMix64 {
    /// A uniform number, at least 0 and below 1.
    package mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A uniform number between two bounds.
    mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * uniform()
    }

    /// A standard normal number (Box and Muller, 1958).
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// A lognormal number: e to the power of a normal one.
    mutating func lognormal(_ mean: Double, _ spread: Double) -> Double {
        exp(mean + spread * normal())
    }

    /// Draws the time to the next random event; there are `rate` per unit of time on average.
    mutating func exponential(rate: Double) -> Double {
        -log(1 - uniform()) / rate
    }

    /// The number of random events in a time in which `mean` are expected (Knuth's method; the mean
    /// is small here).
    mutating func poisson(_ mean: Double) -> Int {
        let limit = exp(-min(mean, 500))
        var (count, product) = (0, uniform())
        while product > limit {
            count += 1
            product *= uniform()
        }
        return count
    }
}
