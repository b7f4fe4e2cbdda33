import Application
import ArgumentParser
import Autonomous

/// Where Quire keeps what is its own.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the run database lies (default: .autonomous/.quire in the workspace).",
            valueName: "dir"
        )
    )
    var stateDir: String?

    private var given: String? {
        let given = stateDir ?? Terminal.environment["QUIRE_STATE_DIR"]
        return given.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a person named the state directory.
    var isGiven: Bool { given != nil }

    /// The state directory: the option, then `QUIRE_STATE_DIR`, then the workspace's own.
    func directory(in workspace: Workspace) -> String {
        given?.resolvedPath ?? workspace.stateDirectory
    }
}

/// What the journal survives.
struct DurabilityOption: ParsableArguments {
    @Flag(help: "Let what was recorded survive a power failure, too; starts are slower.")
    var durable = false
}
