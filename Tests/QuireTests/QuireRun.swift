import Foundation
import TestSupport

/// A workspace with a manifest of simulated tasks, and the program at work in it.
struct QuireRun {
    let root: String

    /// Runs `quire` in the workspace.
    func quire(
        _ arguments: [String],
        environment: [String: String] = [:],
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        var program = Program(Program.built("quire"), arguments, in: root)
        program.environment = environment
        return try program.run(watching: watching)
    }

    /// Writes a manifest: each task's name and the directives of its simulated agent.
    func write(
        _ tasks: [(name: String, directives: String)],
        concurrency: Int = 4,
        defaults: String = "{retries: {delay: 10ms, max_delay: 20ms}}",
        run: String = ""
    ) throws {
        var text = "version: 1\nrun:\n  concurrency: \(concurrency)\n  agent: simulated\n"
        if !run.isEmpty { text += "  \(run)\n" }
        text += "defaults: \(defaults)\ntasks:\n"
        for task in tasks {
            text += "  - {name: \(task.name), prompt: \"sim: \(task.directives)\"}\n"
        }
        try put(text, root + "/m.yaml")
    }

    func task(_ name: String) -> String { root + "/.autonomous/\(name)" }

    func list(_ name: String) -> String { text(task(name) + "/task_list.md") }
}

/// Runs a command line to its end.
func shell(_ command: String, in directory: String) throws -> Outcome {
    try Program("/bin/sh", ["-c", command], in: directory).run()
}

/// A run in a workspace of its own, removed afterwards.
func withRun<Result>(_ body: (QuireRun) throws -> Result) throws -> Result {
    try withWorkspace { try body(QuireRun(root: $0)) }
}
