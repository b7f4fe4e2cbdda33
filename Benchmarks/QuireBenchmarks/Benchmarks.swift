import Benchmark

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput],
        warmupIterations: 1,
        maxDuration: .seconds(5),
        maxIterations: 20
    )
    decoderBenchmarks()
    schedulerBenchmarks()
    journalBenchmarks()
    sessionBenchmarks()
}

extension BenchmarkMetric {
    /// Millions of bytes a second.
    static let megabytesPerSecond = custom("MB/s", polarity: .prefersLarger)
    /// What one task takes in memory.
    static let bytesPerTask = custom("bytes a task", polarity: .prefersSmaller)
    /// Things done a second; the benchmark's name says which.
    static let ratePerSecond = custom("per second", polarity: .prefersLarger)
}

/// Does a piece of work in a benchmark's clock, and notes how fast it went.
func measure(
    _ benchmark: Benchmark,
    _ metric: BenchmarkMetric,
    amount: Double,
    _ work: () throws -> Void
) rethrows {
    let clock = ContinuousClock()
    benchmark.startMeasurement()
    let time = try clock.measure(work)
    benchmark.stopMeasurement()
    benchmark.measurement(metric, Int(amount / (time / .seconds(1))))
}
