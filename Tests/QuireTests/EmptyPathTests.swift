import TestSupport
import Testing

@Suite struct `Paths` {
    /// Command lines with an empty path, whose words are separated by `|`.
    private static let calls = [
        "run|", "plan|", "status|", "simulate|", "explain|a|", "merge-runs|",
        "run|m.yaml|--state-dir|", "run|m.yaml|--state-dir=", "run|m.yaml|--junit|",
        "run|m.yaml|--markdown|", "run|m.yaml|--events|", "run|m.yaml|--events=",
        "plan|m.yaml|--shard|1/2|--history|", "list|--workspace|", "status|--workspace=",
        "export|--into|", "simulate|--workload-file|", "simulate|m.yaml|--html|",
        "simulate|m.yaml|--dispatches|", "doctor|--agent|", "answer|a|--file|", "tell|a|--file|",
        "answer|a|x|--manifest|", "prune|--state-dir|", "diff|a|--|",
    ]

    @Test(arguments: calls)
    func `that are empty are told as that, wherever a path stands`(call: String) throws {
        try withRun { run in
            try run.write([("a", "entries=1")])
            let words = call.split(separator: "|", omittingEmptySubsequences: false).map(
                String.init
            )
            let outcome = try run.quire(words)
            #expect(outcome.status == 64, "\(outcome.output)\(outcome.error)")
            // Of an option that ends with its equals sign the parser itself misses the value.
            let told = call.hasSuffix("=") ? "Missing value for '" : "the path is empty"
            #expect(outcome.error.contains(told), "\(outcome.error)")
        }
    }

    @Test func `that are empty in the environment are not set`() throws {
        try withRun { run in
            try run.write([("a", "entries=1")])
            let outcome = try run.quire(["run", "m.yaml"], environment: ["QUIRE_STATE_DIR": ""])
            #expect(outcome.status == 0, "\(outcome.error)")
        }
    }
}
