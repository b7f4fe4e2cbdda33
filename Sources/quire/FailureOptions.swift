import ArgumentParser

/// The options that bound a run's failures.
struct FailureOptions: ParsableArguments {
    @Flag(help: "Start nothing more once a task has failed; what runs may finish.")
    var failFast = false

    @Option(
        help: ArgumentHelp(
            "Start nothing more once so many tasks have failed, stalled or been damaged.",
            valueName: "n"
        )
    )
    var maxFailures: Int?

    func validate() throws {
        if failFast, maxFailures != nil {
            throw ValidationError("--fail-fast is --max-failures 1; give one of them")
        }
        if let maxFailures, maxFailures < 1 {
            throw ValidationError("--max-failures is \(maxFailures), but must be at least 1")
        }
    }

    /// The number of failures after which nothing more starts; `nil` for no limit.
    var most: Int? { failFast ? 1 : maxFailures }
}
