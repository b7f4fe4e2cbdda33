import Foundation
import TestSupport
import Testing

@Suite struct `The agent is looked up in the PATH of its session` {
    private static let places: [(own: Bool, tasks: [String: Bool], status: Int32, words: String)] =
        [
            (true, ["t": true, "u": true], 0, ""),
            // None is needed where each task has its own.
            (false, ["t": true, "u": true], 0, ""),
            (true, ["t": true], 0, ""),
            (false, ["t": true], 69, "the agent \"codex\" was not found in PATH;"),
            (true, ["t": false], 69, "was not found in the PATH of the task \"t\" (env);"),
        ]

    /// Writes an agent that notes by which of its names it was found.
    private func writeAgent(_ run: QuireRun, in directory: String) throws {
        let path = run.root + "/\(directory)/codex"
        try put(
            """
            #!/bin/sh
            [ "$1" = exec ] && echo \(directory) >> '\(run.root)/found'
            exec '\(Program.built("codex-sim"))' "$@"
            """,
            path
        )
        chmod(path, 0o755)
    }

    @Test(arguments: places)
    func `which a task may set for itself`(
        own: Bool,
        tasks: [String: Bool],
        status: Int32,
        words: String
    ) throws {
        try withRun { run in
            try writeAgent(run, in: "own")
            try writeAgent(run, in: "theirs")
            var manifest = "version: 1\nrun: {admission: \(QuireRun.unbounded)}\ntasks:\n"
            for name in ["t", "u"] {
                manifest += "  - {name: \(name), prompt: \"sim: entries=1\""
                if let isThere = tasks[name] {
                    let directory = isThere ? run.root + "/theirs" : "/nowhere"
                    manifest += ", env: {PATH: \"\(directory):/usr/bin:/bin\"}"
                }
                manifest += "}\n"
            }
            try put(manifest, run.root + "/m.yaml")
            let path = (own ? run.root + "/own:" : "") + "/usr/bin:/bin"
            let outcome = try run.quire(["run", "m.yaml"], environment: ["PATH": path])
            #expect(outcome.status == status, "\(outcome)")
            #expect(words.isEmpty || outcome.error.contains(words), "\(outcome)")
            let found = text(run.root + "/found").split(separator: "\n")
            // Each task has an initializer and an executor.
            let expected = status == 0 ? 2 * tasks.count : 0
            #expect(found.count { $0 == "theirs" } == expected, "\(outcome)")
            #expect(found.count { $0 == "own" } == (status == 0 ? 4 - expected : 0), "\(outcome)")
        }
    }
}
