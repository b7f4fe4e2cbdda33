import Driver
import Foundation
import Glibc
import Manifest

/// Finds the program that stands behind the sessions.
enum AgentLookup {
    /// The command for a manifest's agent.
    ///
    /// - Throws: `Trouble` with status 69 when there is no such program, or it can't be run.
    static func command(for agent: Manifest.Agent, in directory: String) throws -> AgentCommand {
        switch agent {
        case .simulated:
            return AgentCommand(executable: ownPath, arguments: ["codex-sim"])
        case .codex:
            guard let path = inPath("codex") else {
                throw Trouble(
                    "the agent \"codex\" was not found in PATH; install the Codex CLI "
                        + "(https://github.com/openai/codex), or try \"agent: simulated\"",
                    status: ExitStatus.missing
                )
            }
            return AgentCommand(executable: path)
        case .command(let words):
            return AgentCommand(
                executable: try program(words[0], directory),
                arguments: Array(words.dropFirst())
            )
        }
    }

    /// This program's own path.
    static var ownPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
    }

    /// A program's path in `PATH`; `nil` when it is not there.
    static func inPath(_ name: String) -> String? {
        let directories = (Terminal.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
            .split(separator: ":")
        return directories.map { "\($0)/\(name)" }.first { isExecutable($0) }
    }

    private static func program(_ word: String, _ directory: String) throws -> String {
        guard word.contains("/") else {
            guard let path = inPath(word) else {
                throw Trouble(
                    "the agent \"\(word)\" was not found in PATH; correct run.agent.command",
                    status: ExitStatus.missing
                )
            }
            return path
        }
        let joined = word.hasPrefix("/") ? word : directory + "/" + word
        let path = (joined as NSString).standardizingPath
        guard FileManager.default.fileExists(atPath: path) else {
            throw Trouble(
                "the agent \"\(path)\" does not exist; correct run.agent.command",
                status: ExitStatus.missing
            )
        }
        guard isExecutable(path) else {
            throw Trouble(
                "the agent \"\(path)\" can't be executed; make it executable: chmod +x '\(path)'",
                status: ExitStatus.missing
            )
        }
        return path
    }

    private static func isExecutable(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            && !isDirectory.boolValue && access(path, X_OK) == 0
    }
}
