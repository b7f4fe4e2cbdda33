import Testing

@testable import Manifest

@Suite struct `Arguments for the agent` {
    /// What `codex_args` may not hold, and a part of the reason.
    private static let refused = [
        ("--", "takes Quire's own options for its prompt"), ("-", "reads its prompt"),
        ("", "takes for its prompt"), ("\\0", "holds a NUL"), ("a\\0b", "holds a NUL"),
    ]

    /// Manifests with an argument in the place of X.
    private static let places = [
        "tasks: [{name: a, prompt: p, codex_args: [X]}]",
        "tasks: [{name: a, prompt: p, codex_args: [-c, X, --oss]}]",
        "defaults: {codex_args: [X]}\ntasks: [{name: a, prompt: p}]",
        "tasks: [{name: 'a{i}', matrix: {i: [1], k: [X]}, prompt: p, codex_args: ['{k}']}]",
    ]

    @Test(arguments: refused, places)
    func `are refused where the agent would take them for something else`(
        argument: (text: String, reason: String),
        place: String
    ) {
        let text = "version: 1\n" + place.replacing("X", with: "\"\(argument.text)\"")
        let told = messages(text)
        #expect(told.contains { $0.contains(argument.reason) }, "\(told)")
        // A matrix that has lost its value is told of, too.
        #expect(told.count == 1 || argument.reason.contains("NUL"), "\(told)")
        #expect(told.first?.hasPrefix("m.yaml:2:") == true, "\(told)")
    }

    @Test(arguments: ["---", "-c", "--oss", " ", "a=", "-- ", "é"])
    func `may be anything else`(argument: String) throws {
        for place in Self.places {
            let text = "version: 1\n" + place.replacing("X", with: "\"\(argument)\"")
            #expect(try parse(text).tasks[0].codexArguments.contains(argument))
        }
    }
}
