import Application
import Driver
import EventLoop
import FileAccess
import Foundation
import Glibc
import Manifest
import Reporting

/// Finds the program that stands behind the sessions.
enum AgentLookup {
    /// The command for a manifest's agent.
    ///
    /// One that runs elsewhere is looked up there, by the name that the manifest has for it.
    ///
    /// - Throws: `Trouble` with status 69 when there is no such program, or it can't be run.
    static func command(
        for agent: Manifest.Agent,
        in directory: String,
        isElsewhere: Bool = false,
        searching path: SearchPath = .own
    ) throws -> AgentCommand {
        switch agent {
        case .simulated:
            return AgentCommand(executable: try ownPath, arguments: ["codex-sim"])
        case .codex where isElsewhere:
            return AgentCommand(executable: "codex")
        case .command(let words) where isElsewhere:
            return AgentCommand(
                executable: words[0].contains("/") ? words[0].absolute(in: directory) : words[0],
                arguments: Array(words.dropFirst())
            )
        case .codex:
            guard let program = try inPath("codex", path) else {
                throw Trouble(
                    "the agent \"codex\" was not found in \(path.name); install the Codex CLI "
                        + "(https://github.com/openai/codex), or try \"agent: simulated\"",
                    status: ExitStatus.missing
                )
            }
            return AgentCommand(executable: program)
        case .command(let words):
            return AgentCommand(
                executable: try program(
                    words[0],
                    directory,
                    "the agent",
                    "run.agent.command",
                    path
                ),
                arguments: Array(words.dropFirst())
            )
        }
    }

    /// What a manifest's launcher is; `nil` for none.
    ///
    /// - Throws: `Trouble` with status 69 when there is no such program, or it can't be run.
    static func launcher(_ words: [String], in directory: String) throws -> Launcher? {
        guard let name = words.first else { return nil }
        return Launcher(
            executable: try program(name, directory, "the launcher", "run.launcher"),
            words: Array(words.dropFirst())
        )
    }

    /// This program's own path; without `/proc`, what its caller must have found.
    static var ownPath: String {
        get throws {
            let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            // The link itself leads to a program whose name is no UTF-8, also from a child of it.
            if let own { return own.contains("\u{FFFD}") ? "/proc/self/exe" : own }
            let word = ProgramArguments.all.first ?? "quire"
            return word.contains("/") ? word.absolutePath : try inPath(word) ?? word
        }
    }

    /// A program's absolute path in `PATH`; `nil` when it is not there.
    ///
    /// - Throws: `Trouble` with status 69 when the path is not UTF-8.
    static func inPath(_ name: String, _ path: SearchPath = .own) throws -> String? {
        for directory in path.directories {
            let path = directory + Array("/\(name)".utf8)
            guard isExecutable(path) else { continue }
            guard let text = Names.text(path) else {
                throw Trouble(
                    "\"\(name)\" was found at \(Names.escaped(path)), whose name is not UTF-8; rename "
                        + "the directory, or put another one before it in PATH",
                    status: ExitStatus.missing
                )
            }
            return text
        }
        return nil
    }

    /// A program's path; `what` it is, and the `key` that names it, are for people.
    private static func program(
        _ word: String,
        _ directory: String,
        _ what: String,
        _ key: String,
        _ searchPath: SearchPath = .own
    ) throws -> String {
        func refuse(_ words: SafeText) -> Trouble { Trouble(words, status: ExitStatus.missing) }
        guard word.contains("/") else {
            guard let path = try inPath(word, searchPath) else {
                throw refuse(
                    "\(what) \"\(word)\" was not found in \(searchPath.name); correct \(key)"
                )
            }
            return path
        }
        let path = word.absolute(in: directory)
        guard FileManager.default.fileExists(atPath: path) else {
            throw refuse("\(what) \"\(path)\" does not exist; correct \(key)")
        }
        guard !isDirectory(path) else {
            throw refuse("\(what) \"\(path)\" is a directory; name a program in \(key)")
        }
        guard isExecutable(path) else {
            throw refuse(
                "\(what) \"\(path)\" can't be executed; make it executable: chmod +x '\(path)'"
            )
        }
        return path
    }

    private static func isExecutable(_ path: String) -> Bool { isExecutable(Array(path.utf8)) }

    private static func isExecutable(_ path: [UInt8]) -> Bool {
        let name = path.map { CChar(bitPattern: $0) } + [0]
        var status = stat()
        return access(name, X_OK) == 0 && stat(name, &status) == 0
            && status.st_mode & S_IFMT != S_IFDIR
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            && isDirectory.boolValue
    }
}
