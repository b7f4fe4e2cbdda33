import Application
import ArgumentParser
import Manifest
import Orchestration
import Reporting
import RunStore

/// Returns the words for what starts a run again.
private func again(_ run: LegRecord, _ option: String = "") -> SafeText {
    "to go on: quire run \([RunName.manifest(of: run.run)].shellCommand)\(option)"
}

/// `quire pause`.
struct PauseCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let a run that lives start nothing more, until \"quire resume\".",
        discussion: """
            The sessions that run are ended politely, at nobody's charge, and go on with their threads \
            after the pause; with --after-sessions they finish first. A pause ends with its leg: a run \
            that is started again is not paused.
            """
    )

    @Flag(help: "Let the sessions that run finish.")
    var afterSessions = false

    @OptionGroup var live: SteeringOptions

    func run() throws {
        try live.send(.pause(afterSessions: afterSessions)) {
            "nothing runs that could be paused; \(again($0))"
        }
    }
}

/// `quire resume`.
struct ResumeCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "End the pause or the drain of a run that lives."
    )

    @OptionGroup var live: SteeringOptions

    func run() throws { try live.send(.resume) { again($0) } }
}

/// `quire drain`.
struct DrainCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let a run that lives start nothing more, and end with its sessions.",
        discussion: "The run exits with status 101 if work is left. \"quire resume\" undoes it."
    )

    @OptionGroup var live: SteeringOptions

    func run() throws { try live.send(.drain) { "nothing is left to drain; \(again($0))" } }
}

/// `quire stop`.
struct StopCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract:
            "End tasks of a run that lives: their sessions end politely, and they are cancelled.",
        discussion: """
            Later starts leave a cancelled task alone, until "quire retry" or "quire run --retry-failed" \
            takes it up again. Its list and its files stay as they are.
            """
    )

    @Argument(help: "The tasks, or patterns such as 'port-*'.", completion: .task)
    var tasks: [String]

    @OptionGroup var live: SteeringOptions

    func run() throws {
        try live.send(.stop(tasks)) {
            "nothing runs that could be stopped; to leave tasks out of the next start: "
                + "quire run \([RunName.manifest(of: $0.run), "--skip", tasks.first ?? ""].shellCommand)"
        }
    }
}

/// `quire skip`.
struct SkipCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip",
        abstract: "Leave waiting tasks, and those that need them, out of the leg that runs."
    )

    @Argument(help: "The tasks, or patterns such as 'port-*'.", completion: .task)
    var tasks: [String]

    @OptionGroup var live: SteeringOptions

    func run() throws {
        try live.send(.skip(tasks)) {
            "to leave tasks out of the next start: "
                + "quire run \([RunName.manifest(of: $0.run), "--skip", tasks.first ?? ""].shellCommand)"
        }
    }
}

/// `quire retry`.
struct RetryCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Take tasks of a run that lives up again, with fresh retries and caps.",
        discussion: """
            Tasks that failed, stalled, were damaged, capped, cancelled or blocked; those that wait for \
            a retry, or are parked; and those that "quire skip" left out. Tasks that were blocked by one \
            of them come back with it.
            """
    )

    @Argument(help: "The tasks, or patterns such as 'port-*'.", completion: .task)
    var tasks: [String]

    @OptionGroup var live: SteeringOptions

    func run() throws {
        try live.send(.retry(tasks)) { again($0, " --retry-failed") }
    }
}

/// `quire set`.
struct SetCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change settings of a run that lives: all of them, or none.",
        discussion: """
              quire set concurrency=8 budget.tokens=60M
              quire set priority 'port-*=5' urgent=9

            concurrency=N, budget.tokens=N, budget.cost=N, budget.wall=TIME, and after the word priority \
            TASK=N for each task or pattern. What was set holds until the manifest says something else than \
            it said then, also when the run is started again.
            """
    )

    @Argument(help: "The settings: NAME=VALUE, and priority TASK=N.")
    var settings: [String]

    @OptionGroup var live: SteeringOptions

    func run() throws {
        let settings = try SettingWords.settings(settings)
        try live.send(.set(settings)) {
            "to start it with other settings, change them in the manifest; \(again($0))"
        }
    }
}

/// `quire add`.
struct AddCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Take the new tasks of a manifest into its run that lives.",
        discussion: """
            Tasks that the run has already stay as they are; everything else that changed in the \
            manifest counts from the next start.
            """
    )

    @Argument(
        help: "The manifest, which has grown.",
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String

    @OptionGroup var live: SteeringOptions

    func run() throws {
        try live.send(.add(manifest: manifest.resolvedPath), of: manifest) {
            "its next start takes new tasks by itself; \(again($0))"
        }
    }
}
