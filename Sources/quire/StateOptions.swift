import Application
import ArgumentParser
import Autonomous

/// The options for Quire's own state.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the run database lies (default: .autonomous/.quire in the workspace).",
            valueName: "dir"
        ),
        completion: .directory,
        transform: Names.path(given:)
    )
    var stateDir: String?

    @OptionGroup var colors: ColorOption

    private var given: String? {
        let given = stateDir ?? Terminal.environment["QUIRE_STATE_DIR"]
        return given.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// True if a person named the state directory.
    var isGiven: Bool { given != nil }

    /// Returns the state directory: the option, then `QUIRE_STATE_DIR`, then the workspace's own.
    func directory(in workspace: Workspace) -> String {
        given?.resolvedPath ?? workspace.stateDirectory
    }
}

/// The option for a journal that survives a power failure.
struct DurabilityOption: ParsableArguments {
    @Flag(help: "Let what was recorded survive a power failure, too; starts are slower.")
    var durable = false
}

extension Terminal.ColorChoice: ExpressibleByArgument {}

/// The option for colours.
struct ColorOption: ParsableArguments {
    @Option(help: "Whether output is coloured; auto: on a terminal.")
    var color: Terminal.ColorChoice = .auto

    func validate() { Terminal.choose(color) }
}
