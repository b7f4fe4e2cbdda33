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
        program.environment = environment.merging(scripted) { told, _ in told }
        return try program.run(watching: watching)
    }

    /// The simulated agent as a manifest has one of somebody's own.
    static let simulator = "{command: ['\(Program.built("codex-sim"))']}"

    /// A run that lets sessions start whatever the machine has left.
    static let unbounded = "{min_free_memory: 0, min_free_disk: 0}"

    /// Writes a manifest: each task's name and the directives of its simulated agent.
    ///
    /// Without an `admission` it is the usual one.
    func write(
        _ tasks: [(name: String, directives: String)],
        concurrency: Int = 4,
        defaults: String = "{retries: {delay: 10ms, max_delay: 20ms}}",
        agent: String = "simulated",
        admission: String? = Self.unbounded,
        run: String = ""
    ) throws {
        var text = "version: 1\nrun:\n  concurrency: \(concurrency)\n  agent: \(agent)\n"
        if let admission { text += "  admission: \(admission)\n" }
        if !run.isEmpty { text += "  \(run)\n" }
        text += "defaults: \(defaults)\ntasks:\n"
        for task in tasks {
            text += "  - {name: \(task.name), prompt: \"sim: \(task.directives)\"}\n"
        }
        try put(text, root + "/m.yaml")
    }

    /// The variable that makes simulated agents follow `direct`.
    var scripted: [String: String] { ["CODEX_SIM_SCRIPT": root + "/script"] }

    /// Tells the simulated agents what to do in a session of a task, `*` for any: lines of
    /// `TASK SESSION words…`.
    func direct(_ script: String) throws { try put(script + "\n", root + "/script") }

    /// Writes a simulated agent that kills Quire with SIGKILL as soon as so many sessions have begun,
    /// and returns what a manifest has for it.
    ///
    /// What is killed by the test itself may be at its end by then.
    func writeKiller(at sessions: Int) throws -> String {
        try writeAgent(
            """
            echo >> begun
            if [ $(wc -l < begun) -ge \(sessions) ] && mkdir killed 2> /dev/null; then
              kill -KILL $PPID
              exec sleep 600
            fi
            """
        )
    }

    /// Writes a simulated agent that runs these lines of the shell before it is one, and returns
    /// what a manifest has for it.
    func writeAgent(_ lines: String) throws -> String {
        try script(lines + "\nexec '\(Program.built("codex-sim"))' \"$@\"", root + "/agent")
        return "{command: [./agent]}"
    }

    func task(_ name: String) -> String { root + "/.autonomous/\(name)" }

    func list(_ name: String) -> String { text(task(name) + "/task_list.md") }
}

/// Runs a command line to its end.
func shell(_ command: String, in directory: String) throws -> Outcome {
    try Program("/bin/sh", ["-c", command], in: directory).run()
}

/// The answer to whether file systems can be mounted here, which takes a privilege.
let canMount: Bool = {
    let mounted = try? withWorkspace { directory in
        let outcome = try shell("mount -t tmpfs -o size=64k tmpfs \(directory)", in: directory)
        guard outcome.status == 0 else { return false }
        umount2(directory, Int32(MNT_DETACH))
        return true
    }
    return mounted ?? false
}()

/// A run in a workspace of its own, removed afterwards.
func withRun<Result>(_ body: (QuireRun) throws -> Result) throws -> Result {
    try withWorkspace { try body(QuireRun(root: $0)) }
}
