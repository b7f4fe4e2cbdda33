import Application
import ArgumentParser
import Autonomous
import Manual
import Orchestration
import Reporting
import RunStore
import Simulation

/// `quire completions`.
struct CompletionsCommand: ParsableCommand, PlacelessCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print the completion script for a shell.",
        discussion: """
            Put it where the shell looks for it, once, and again after an update:

              quire completions bash > ~/.local/share/bash-completion/completions/quire
              quire completions zsh > ~/.zsh/completions/_quire
              quire completions fish > ~/.config/fish/completions/quire.fish
            """
    )

    /// A shell with completion.
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish

        fileprivate var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell.")
    var shell: Shell

    @OptionGroup var colors: ColorOption

    func run() {
        StandardStream.output.write(raw: Array((Self.script(for: shell) + "\n").utf8))
    }

    /// Returns the script without the function of the parser's own `help`, which would replace that of Quire's.
    private static func script(for shell: Shell) -> String {
        let script = Quire.completionScript(for: shell.kind)
        let beginning = "\n_quire_help() {"
        guard let own = script.firstRange(of: beginning),
            let other = script[own.upperBound...].firstRange(of: beginning),
            let end = script[other.upperBound...].firstRange(of: "\n}\n")
        else { return script }
        return String(script[..<other.lowerBound] + script[end.upperBound...])
    }
}

/// The tasks that the state knows, for shells that complete a name.
enum KnownTasks {
    /// Returns the names of all tasks in the state directory that a command line names, or in the usual one; none
    /// where there is no state that can be read.
    @Sendable
    static func names(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        var options = StateOptions()
        options.stateDir = value(of: "--state-dir", in: words)
        let around = value(of: "--workspace", in: words) ?? "."
        let workspace = WorkspacePlace(options).workspace(around: around.resolvedPath)
        // A shell that completes a word has no place for an error.
        guard let reader = try? StoreReader.open(directory: options.directory(in: workspace)),
            let names = try? reader.taskNames()
        else { return [] }
        reader.close()
        return names
    }

    private static func value(of option: String, in words: [String]) -> String? {
        if let joined = words.last(where: { $0.hasPrefix(option + "=") }) {
            return String(joined.dropFirst(option.count + 1))
        }
        guard let place = words.lastIndex(of: option), place + 1 < words.count else { return nil }
        return words[place + 1]
    }
}

extension CompletionKind {
    /// The names of tasks.
    static var task: CompletionKind { .custom(KnownTasks.names) }

    /// A manifest.
    static var manifest: CompletionKind { .file(extensions: ["yaml", "yml", "json"]) }

    /// A branch of the repository.
    static var branch: CompletionKind {
        .shellCommand("git for-each-ref '--format=%(refname:short)' refs/heads 2>/dev/null")
    }

    /// A subject of `quire help`.
    static var subject: CompletionKind {
        .custom { _, _, prefix in
            guard prefix.hasPrefix("manifest.") else {
                return Quire.commandNames + Topic.all.map(\.name)
            }
            return (Topic.named("manifest")?.keys ?? []).map { "manifest." + $0 }
        }
    }

    /// The names of schedulers, and all of them.
    static var policies: CompletionKind { .list(["all"] + Policy.allCases.map(\.rawValue)) }

    /// The names of synthetic workloads.
    static var workloads: CompletionKind { .list(WorkloadName.allCases.map(\.rawValue)) }
}
