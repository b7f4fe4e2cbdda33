import Agent
import Application
import Driver
import EventLoop
import FileAccess
import Foundation
import Glibc
import Manifest
import Orchestration
import Reporting

/// Finds the program that sessions run.
enum AgentLookup {
    /// Returns the command for a manifest's agent.
    ///
    /// With a launcher (`isElsewhere`), the agent is looked up where it runs, by the manifest's name for it.
    ///
    /// - Throws: `Trouble` with status 69 if the program is missing or can't be run.
    static func command(
        for agent: Manifest.Agent,
        in directory: String,
        isElsewhere: Bool = false,
        searching path: SearchPath = .own
    ) throws -> AgentCommand {
        let (kind, program) = (agent.kind, agent.kind.program)
        switch program {
        case .own(let words):
            return AgentCommand(executable: try ownPath, arguments: words, kind: kind)
        case .named(let name, _) where isElsewhere:
            return AgentCommand(executable: name, kind: kind)
        case .named(let name, let advice):
            guard let program = try inPath(name, path) else {
                throw Trouble(
                    "the agent \"\(name)\" was not found in \(path.name); \(advice)",
                    status: ExitStatus.missing
                )
            }
            return AgentCommand(executable: program, kind: kind)
        case .command(let words):
            let found =
                isElsewhere
                ? words[0].contains("/") ? words[0].absolute(in: directory) : words[0]
                : try Self.program(words[0], directory, "the agent", "run.agent.command", path)
            return AgentCommand(executable: found, arguments: Array(words.dropFirst()), kind: kind)
        }
    }

    /// Returns a manifest's launcher; `nil` for none.
    ///
    /// - Throws: `Trouble` with status 69 if the program is missing or can't be run.
    static func launcher(_ words: [String], in directory: String) throws -> Launcher? {
        guard let name = words.first else { return nil }
        return Launcher(
            executable: try program(name, directory, "the launcher", "run.launcher"),
            words: Array(words.dropFirst())
        )
    }

    /// Returns the reason why messages to a person will reach nobody; `nil` where nothing is known against it.
    static func refusal(of notify: NotifyCommand?, in directory: String) -> String? {
        guard let word = notify?.program else { return nil }
        do {
            _ = try program(word, directory, "the command of messages to you", "run.notify")
            return nil
        } catch {
            return (error as? Trouble).map { "\($0.message)" } ?? "\(error)"
        }
    }

    /// The path of this program; without `/proc`, the path that the caller found.
    static var ownPath: String {
        get throws {
            let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            // If the program's name is not UTF-8, the link itself leads to it, even from a child.
            if let own { return own.contains("\u{FFFD}") ? "/proc/self/exe" : own }
            let word = ProgramArguments.all.first ?? "quire"
            return word.contains("/") ? word.absolutePath : try inPath(word) ?? word
        }
    }

    /// Returns a program's absolute path in `PATH`; `nil` if it is not there.
    ///
    /// - Throws: `Trouble` with status 69 if the path is not UTF-8.
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

    /// Returns a program's path; `what` and the manifest's `key` describe it in messages.
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
