import Glibc

/// A stand-in for `codex`: the same arguments and JSON Lines, scripted behaviour.
///
/// The simulator needs no account and no network, and works on the task directory as an agent would. It
/// shares no code with the rest of the project, so that neither can hide the other's mistakes.
package enum CodexSim {
    /// Runs as `codex` with these arguments, without the program's name; returns the exit status.
    package static func main(arguments words: [String]) -> Int32 {
        do {
            let arguments = try Arguments(words)
            switch arguments.command {
            case .exec(let resumes): return try exec(arguments, resumes)
            case .version: Output.write("codex-cli 0.163.0 (simulated)\n")
            case .features: Output.write(Self.features)
            case .loginStatus: Output.write("Logged in using a simulation\n")
            case .help:
                Output.write("A simulated codex. Directives, on a prompt's line \"sim: …\":\n\n")
                Output.write(Directives.help)
                Output.write("\nOptions of exec: --json --output-schema FILE -c KEY=VALUE\n")
            }
            return 0
        } catch let refusal as Arguments.Refusal {
            Output.write(refusal.message, to: 2)
            return 2
        } catch let unknown as Directives.Unknown {
            Output.write("codex-sim: unknown directive \"\(unknown.word)\"; see --help\n", to: 2)
            return 2
        } catch {
            Output.write("codex-sim: \(error)\n", to: 2)
            return 1
        }
    }

    /// Lines of `codex features list`; `CODEX_SIM_HOOKS=off` plays a version that knows no hooks.
    private static var features: String {
        let hooks =
            getenv("CODEX_SIM_HOOKS").map { String(cString: $0) } == "off"
            ? "codex_hooks          under development  false"
            : "hooks                stable             true"
        return "goals                stable             true\n\(hooks)\n"
    }

    private static func exec(_ arguments: Arguments, _ resumes: String?) throws -> Int32 {
        let prompt = readPrompt(arguments.prompt)
        guard prompt.contains(where: { !$0.isWhitespace }) else {
            Output.write("No prompt provided via stdin.\n", to: 2)
            return 1
        }
        let work = TaskWork(prompt: prompt)
        let session = work.session
        var directives = try directives(prompt, work, session)
        if !directives.failOn.isEmpty, !directives.failOn.contains(session) {
            directives.spareFaults()
        }
        if !arguments.skipsRepositoryCheck || directives.faults.fail == "refuse" {
            Output.write(
                "Not inside a trusted directory and --skip-git-repo-check was not specified.\n",
                to: 2
            )
            return 1
        }
        if let schema = arguments.schema, Files.read(schema)?.contains("\"status\"") != true {
            Output.write("Failed to read output schema file \(schema)\n", to: 2)
            return 1
        }
        if arguments.schema != nil, directives.show.message == nil {
            directives.show.message = #"{"status":"progress","question":null,"evidence":null}"#
        }
        let threads = Threads(taskDirectory: work.directory)
        var usage = 0
        if let resumes {
            guard let known = threads.usage(of: resumes) else { return refuseResume(resumes) }
            usage = known
        }
        return Session(
            thread: resumes ?? Threads.fresh(),
            threads: threads,
            usageBefore: usage,
            directives: directives,
            work: work,
            number: session,
            evidence: Evidence(directives, task: work.name, session: session),
            hook: StopHook(arguments.settings)
        ).run()
    }

    private static func readPrompt(_ argument: String?) -> String {
        if let argument, argument != "-" { return argument }
        Output.write("Reading additional input from stdin...\n", to: 2)
        return Files.readInput()
    }

    private static func directives(
        _ prompt: String,
        _ work: TaskWork,
        _ session: Int
    ) throws -> Directives {
        var directives = Directives()
        if let words = getenv("CODEX_SIM") { try directives.apply(String(cString: words)) }
        for line in prompt.split(separator: "\n") {
            // The task's description may begin with the directives.
            let text = line.hasPrefix("Task: ") ? line.dropFirst(6) : line
            if text.hasPrefix("sim:") { try directives.apply(text.dropFirst(4)) }
        }
        if let path = getenv("CODEX_SIM_SCRIPT"), let script = Files.read(String(cString: path)) {
            for line in script.split(separator: "\n") where !line.hasPrefix("#") {
                let words = line.split(separator: " ", maxSplits: 2)
                guard words.count == 3, ["*", work.name].contains(String(words[0])),
                    ["*", String(session)].contains(String(words[1]))
                else { continue }
                try directives.apply(words[2])
            }
        }
        return directives
    }

    private static func refuseResume(_ thread: String) -> Int32 {
        Output.write(
            "Error: thread/resume: thread/resume failed: no rollout found for thread id \(thread) "
                + "(code -32600)\n",
            to: 2
        )
        return 1
    }
}
